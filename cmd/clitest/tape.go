package clitest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// Tape is a server that plays the recorded answers of a case in order, the last
// one again and again, and keeps the parameters of what it is asked.
type Tape struct {
	// Env is the environment that leads a command to the server, which is at URL.
	Env map[string]string
	URL string

	answers []answer
	mu      sync.Mutex
	forms   []map[string]string
}

type answer struct {
	status      int
	contentType string
	body        []byte
}

// Play starts a server for the case in a folder of recorded exchanges.
func Play(t *testing.T, dir string) *Tape {
	t.Helper()
	tape := &Tape{}
	for n := 1; ; n++ {
		name := filepath.Join(dir, fmt.Sprintf("response%d", n))
		body, err := os.ReadFile(name + ".xml")
		if errors.Is(err, fs.ErrNotExist) && (n > 1 || silent(t, dir)) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		tape.answers = append(tape.answers, readAnswer(t, name+".status", body))
	}
	server := httptest.NewServer(tape)
	t.Cleanup(server.Close)
	tape.Env, tape.URL = environment(server), server.URL+computePath
	return tape
}

// Canned starts a server that gives the answers, with status 200, in order; the last
// one again and again. It is for exchanges that nobody has recorded.
func Canned(t *testing.T, bodies ...string) *Tape {
	t.Helper()
	tape := &Tape{}
	for _, body := range bodies {
		tape.answers = append(tape.answers, answer{http.StatusOK, "application/xml", []byte(body)})
	}
	server := httptest.NewServer(tape)
	t.Cleanup(server.Close)
	tape.Env, tape.URL = environment(server), server.URL+computePath
	return tape
}

// silent reports whether nothing was asked in a case.
func silent(t *testing.T, dir string) bool {
	t.Helper()
	return len(recordedForms(t, dir)) == 0
}

// computePath is where the service is on the server.
const computePath = "/services/compute/"

// environment leads a command to the server.
func environment(server *httptest.Server) map[string]string {
	return map[string]string{
		"EC2_URL":        "eucalyptus::" + server.URL + computePath,
		"AWS_ACCESS_KEY": "AKIAAAAAAAAAAAAAAAAA",
		"AWS_SECRET_KEY": "secret",
	}
}

func readAnswer(t *testing.T, statusFile string, body []byte) answer {
	t.Helper()
	code, contentType, _ := strings.Cut(strings.TrimSpace(read(t, statusFile)), " ")
	status, err := strconv.Atoi(code)
	if err != nil {
		t.Fatalf("%s: %v", statusFile, err)
	}
	return answer{status, contentType, body}
}

// ServeHTTP answers one request.
func (p *Tape) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	form := map[string]string{}
	if err := r.ParseForm(); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	for name := range r.PostForm {
		form[name] = r.PostForm.Get(name)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.forms = append(p.forms, form)
	if len(p.answers) == 0 {
		http.Error(w, "nothing was to be asked", http.StatusTeapot)
		return
	}
	a := p.answers[min(len(p.forms), len(p.answers))-1]
	w.Header().Set("Content-Type", a.contentType)
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // the test will miss it
}

// Forms are the parameters of every request so far.
func (p *Tape) Forms() []map[string]string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.forms
}

// recordedForms are those that euca2ools sent.
func recordedForms(t *testing.T, dir string) []map[string]string {
	t.Helper()
	var requests []struct{ Form map[string]string }
	if err := json.Unmarshal([]byte(read(t, filepath.Join(dir, "requests.json"))), &requests); err != nil {
		t.Fatal(err)
	}
	var forms []map[string]string
	for _, r := range requests {
		forms = append(forms, r.Form)
	}
	return forms
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
