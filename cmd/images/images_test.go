package images

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"emikit/cmd/cli"
	"emikit/cmd/clitest"
)

func TestReplay(t *testing.T) {
	clitest.Replay(t, Commands,
		"register", "register-ebs", "deregister",
		"describe-images", "describe-images-empty-fields", "describe-images-ids", "describe-images-none",
		"register-nothing", "error-500", "error-auth", "error-empty", "error-notfound", "error-notxml", "error-plain",
	)
}

func TestRegisterRefuses(t *testing.T) {
	clitest.Refuse(t, Commands, "register", []clitest.Mistake{
		{Args: nil, Code: 2, Stderr: "either a manifest location or a root device snapshot mapping must be specified"},
		{Args: []string{"a/b", "c/d"}, Code: 2, Stderr: "unexpected argument: c/d\nhint: see "},
		{Args: []string{"justabucket"}, Code: 1, Stderr: "hint: a location is BUCKET[/PREFIX]/NAME.manifest.xml"},
		{Args: []string{"a/b", "-b", "sdb"}, Code: 2, Stderr: "want DEVICE=MAPPED"},
		{Args: []string{"a/b", "-b", "sdb=:big"}, Code: 2, Stderr: "not a number of GiB"},
		{Args: []string{"a/b", "-b", "sdb=snap-1:1:true:io1:2:3"}, Code: 2, Stderr: "more than 5 parts"},
		{Args: []string{"a/b", "--frobnicate"}, Code: 2, Stderr: "unknown flag"},
	})
}

func TestServerErrors(t *testing.T) {
	for name, want := range map[string]string{
		"error-notfound": "InvalidAMIID.NotFound: The image ID [emi-00000000] does not exist",
		"error-auth":     "AuthFailure: AWS was not able to validate the provided access credentials\nhint: ",
		"error-plain":    "403: Forbidden by proxy",
	} {
		tape := clitest.Play(t, clitest.Case(t, name))
		got := clitest.Run(t, Commands, cli.Native, tape.Env, "deregister", "emi-00000000")
		if got.Code != 1 || got.Stdout != "" || !strings.Contains(got.Stderr, want) {
			t.Errorf("%s: got %+v, want code 1 and %q", name, got, want)
		}
	}
}

func TestDescribeImagesJSON(t *testing.T) {
	tape := clitest.Play(t, clitest.Case(t, "describe-images"))
	got := clitest.Run(t, Commands, cli.Native, tape.Env, "describe-images", "--output", "json")
	var answer struct {
		Images []struct {
			ImageID string `json:"ImageId"`
			State   string
		}
	}
	if err := json.Unmarshal([]byte(got.Stdout), &answer); err != nil {
		t.Fatalf("%v in %s", err, got.Stdout)
	}
	if len(answer.Images) != 3 || answer.Images[0].ImageID != "eki-11112222" || answer.Images[0].State != "available" {
		t.Errorf("got %+v, want three images, eki-11112222 first", answer)
	}
}

func TestDescribeImagesTable(t *testing.T) {
	tape := clitest.Play(t, clitest.Case(t, "describe-images"))
	got := clitest.Run(t, Commands, cli.Native, tape.Env, "describe-images", "--output", "table")
	lines := strings.Split(got.Stdout, "\n")
	if len(lines) != 5 || !strings.HasPrefix(lines[0], "IMAGE ") || !strings.HasPrefix(lines[1], "eki-11112222  bucket/vmlinuz.manifest.xml  ") {
		t.Errorf("got\n%s", got.Stdout)
	}
}

// TestProductCodesOfEC2 holds the architecture in the eighth field for scripts
// that cut the output of ec2-describe-images.
func TestProductCodesOfEC2(t *testing.T) {
	tape := clitest.Play(t, clitest.Case(t, "describe-images"))
	got := clitest.Run(t, Commands, cli.EC2, tape.Env, "describe-images")
	if fields := strings.Split(strings.Split(got.Stdout, "\n")[0], "\t"); fields[7] != "x86_64" {
		t.Errorf("got fields %q, want x86_64 as the eighth", fields)
	}
}

// TestEucaErrors holds standard error as euca2ools 3.4.1 wrote it.
func TestEucaErrors(t *testing.T) {
	const name = "error-notfound"
	tape := clitest.Play(t, clitest.Case(t, name))
	got := clitest.Run(t, Commands, cli.Euca, tape.Env, "deregister", "emi-00000000")
	if want := "error (InvalidAMIID.NotFound): The image ID [emi-00000000] does not exist\n"; !strings.HasSuffix(got.Stderr, want) || got.Code != 1 {
		t.Errorf("got %+v, want code 1 and %q", got, want)
	}
}

// TestRegisterPending: a check that is not done yet is told in a line of the native
// command; the old tools ask no more than they did.
func TestRegisterPending(t *testing.T) {
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("Action") == "RegisterImage" {
			io.WriteString(w, "<RegisterImageResponse><imageId>emi-1</imageId></RegisterImageResponse>")
			return
		}
		asked++
		io.WriteString(w, "<DescribeImagesResponse><imagesSet><item><imageId>emi-1</imageId><imageState>pending</imageState></item></imagesSet></DescribeImagesResponse>")
	}))
	defer server.Close()
	env := map[string]string{"EC2_URL": server.URL, "EC2_ACCESS_KEY": "a", "EC2_SECRET_KEY": "s"}
	for family, want := range map[cli.Family]string{cli.Native: "emi-1 is still being checked; see describe-images\n", cli.Euca: "", cli.EC2: ""} {
		asked = 0
		got := clitest.Run(t, Commands, family, env, "register", "b/x.manifest.xml")
		if got.Code != 0 || got.Stdout != "IMAGE\temi-1\n" || got.Stderr != want || asked > 0 != (want != "") {
			t.Errorf("%s: got %+v, asked %d times, want %q", family, got, asked, want)
		}
	}
}
