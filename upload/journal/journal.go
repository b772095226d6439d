package journal

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	"emikit/lockfile"
	"emikit/manifest"
)

// maxName is the longest file name that file systems take, in bytes.
const maxName = 255

// errFull: there is no room for more in a journal.
var errFull = errors.New("journal has reached its largest size")

// Journal is the journal of one upload, which nobody else has open. It may be used
// from several goroutines at once. A nil Journal holds nothing and notes nothing.
type Journal struct {
	mu       sync.Mutex
	f        *os.File
	size     int64
	failed   bool                       // no more can be written
	receipts map[string]Receipt         // by part
	objects  map[string]manifest.Digest // what was sent, by ETag
	vague    bool                       // the store gives different objects one ETag
}

// Open opens the journal of an upload, whose manifest is at path, or begins it. One
// that cannot be read, or is of another manifest, is begun anew. It fails with
// lockfile.ErrLocked while another run has it open.
func Open(path string, t Target) (*Journal, error) {
	f, err := openHeld(Path(path, t))
	if err != nil {
		return nil, err
	}
	j := &Journal{f: f, receipts: map[string]Receipt{}, objects: map[string]manifest.Digest{}}
	if err := j.load(t); err != nil {
		return nil, errors.Join(fmt.Errorf("journal %s: %w", f.Name(), err), j.Close(true))
	}
	return j, nil
}

// Path is where the journal is: beside the manifest, hidden, and for each place that
// the bundle goes to another one.
func Path(manifest string, t Target) string {
	of := sha256.Sum256([]byte(t.Endpoint + "\n" + t.Bucket + "\n" + t.Prefix))
	suffix := ".upload-" + hex.EncodeToString(of[:4])
	dir, base := filepath.Split(manifest)
	return filepath.Join(dir, "."+base[:min(len(base), maxName-1-len(suffix))]+suffix)
}

// openHeld opens the file for this run alone.
func openHeld(path string) (*os.File, error) {
	for {
		f, err := openFile(path)
		if err != nil {
			return nil, err
		}
		held, err := lockfile.Hold(f)
		if held && err == nil {
			return f, nil
		}
		locked := isAt(f, path)
		f.Close()
		switch {
		case err != nil:
			return nil, err
		case locked:
			return nil, lockfile.ErrLocked
		} // its holder has just removed it; take the next one
	}
}

// isAt says whether path is the file that is open.
func isAt(f *os.File, path string) bool {
	open, err := f.Stat()
	if err != nil {
		return false
	}
	there, err := os.Lstat(path)
	return err == nil && os.SameFile(open, there)
}

// load reads what is there and drops what is of no use.
func (j *Journal) load(t Target) error {
	data, err := io.ReadAll(io.LimitReader(j.f, maxSize+1))
	if err != nil {
		return err
	}
	var receipts []Receipt
	used := 0
	if len(data) <= maxSize {
		receipts, used = parse(data, t)
	}
	for _, r := range receipts {
		j.remember(r)
	}
	j.size = int64(used)
	if err := j.f.Truncate(j.size); err != nil || used > 0 {
		return err
	}
	return j.append(t.header())
}

func (j *Journal) remember(r Receipt) {
	if sent, known := j.objects[r.ETag]; known && sent != r.Digest {
		j.vague = true
	}
	j.receipts[r.Part], j.objects[r.ETag] = r, r.Digest
}

// append writes a line behind the others. One that cannot be written whole is not
// written at all.
func (j *Journal) append(v any) error {
	text, err := line(v)
	if err != nil {
		return err
	}
	if j.size+int64(len(text)) > maxSize {
		return errFull
	}
	if _, err := j.f.WriteAt(text, j.size); err != nil {
		return errors.Join(err, j.f.Truncate(j.size))
	}
	j.size += int64(len(text))
	return nil
}

// Receipt returns the receipt of a part, if there is one that means something: with a
// store that calls different objects by one ETag there is none.
func (j *Journal) Receipt(part string) (Receipt, bool) {
	if j == nil {
		return Receipt{}, false
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	r, ok := j.receipts[part]
	return r, ok && !j.vague
}

// Len is the number of receipts that mean something.
func (j *Journal) Len() int {
	if j == nil {
		return 0
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.vague {
		return 0
	}
	return len(j.receipts)
}

// Add notes a receipt. It is in the system's hands then, and survives the process; no
// more, as what is lost is only sent again. An answer without a usable ETag is not
// noted. After an error nothing more is.
func (j *Journal) Add(r Receipt) error {
	if j == nil || !r.valid() {
		return nil
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.failed {
		return nil
	}
	if err := j.append(r); err != nil {
		j.failed = true
		return fmt.Errorf("journal %s: %w", j.f.Name(), err)
	}
	j.remember(r)
	return nil
}

// Close ends the use of the journal. It is removed when the upload is done, and when
// there is nothing in it.
func (j *Journal) Close(done bool) error {
	if j == nil {
		return nil
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if !done && len(j.receipts) > 0 {
		return j.f.Close()
	}
	err := os.Remove(j.f.Name()) // while nobody else can have it
	cerr := j.f.Close()
	if err != nil {
		err = os.Remove(j.f.Name()) // where an open file cannot be removed
	}
	return errors.Join(err, cerr)
}
