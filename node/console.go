package node

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"sync"
	"time"
)

// consoleSize is how much of a console's output is kept, in bytes: what
// GetConsoleOutput returns.
const consoleSize = 64 << 10

// consoleFileSize is how long the file of a console grows before it is cut to
// consoleSize, in bytes.
const consoleFileSize = 16 * consoleSize

// console keeps the end of what an instance writes, in memory and in a file
// that outlives the node. It is safe for concurrent use.
type console struct {
	now func() time.Time

	mu   sync.Mutex
	file *os.File // nil when closed
	size int64    // of the file
	last []byte   // at most twice consoleSize: cut when it gets longer
	time time.Time
}

// openConsole opens a console with what an earlier run wrote to its file.
func openConsole(path string, now func() time.Time) (*console, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	c := &console{now: now, file: file}
	if err := c.restore(); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return c, nil
}

// restore reads the end of the file, and goes on from there.
func (c *console) restore() error {
	info, err := c.file.Stat()
	if err != nil {
		return err
	}
	c.size, c.time = info.Size(), info.ModTime()
	c.last = make([]byte, min(c.size, consoleSize))
	if _, err := c.file.ReadAt(c.last, c.size-int64(len(c.last))); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	_, err = c.file.Seek(0, io.SeekEnd)
	return err
}

// Write implements [io.Writer]. Output that cannot be written to the file is
// kept in memory all the same; the error says so.
func (c *console) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.file == nil {
		return 0, fs.ErrClosed
	}
	c.time = c.now()
	c.last = append(c.last, p[max(0, len(p)-consoleSize):]...)
	if len(c.last) > 2*consoleSize {
		c.last = append(c.last[:0], c.end()...)
	}
	n, err := c.file.Write(p)
	c.size += int64(n)
	if err == nil && c.size > consoleFileSize {
		err = c.rewind()
	}
	return n, err
}

// rewind makes the file hold nothing but the end again.
func (c *console) rewind() error {
	if err := c.file.Truncate(0); err != nil {
		return err
	}
	if _, err := c.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	n, err := c.file.Write(c.end())
	c.size = int64(n)
	return err
}

// end is the last consoleSize bytes of output.
func (c *console) end() []byte { return c.last[max(0, len(c.last)-consoleSize):] }

// tail returns a copy of the end of the output.
func (c *console) tail() Console {
	c.mu.Lock()
	defer c.mu.Unlock()
	return Console{Output: append([]byte{}, c.end()...), Time: c.time}
}

// close closes the file. What is kept can still be read.
func (c *console) close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.file == nil {
		return nil
	}
	err := c.file.Close()
	c.file = nil
	return err
}
