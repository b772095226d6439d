package sample

import (
	"bytes"
	"compress/gzip"
	"fmt"
)

// File is a file of a sample ramdisk or filesystem. Name has no leading slash
// and names no folder.
type File struct {
	Name    string
	Mode    uint32 // permission bits
	Content string
}

// Ramdisk returns a gzip-compressed cpio archive in the "newc" form
// (cpio(5); Documentation/driver-api/early-userspace/buffer-format.rst) with
// the given files.
func Ramdisk(files []File) ([]byte, error) {
	var archive bytes.Buffer
	for i, f := range files {
		const regular = 0o100000
		writeCPIO(&archive, i+1, regular|f.Mode, f.Name, f.Content)
	}
	writeCPIO(&archive, 0, 0, "TRAILER!!!", "")

	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	if _, err := zip.Write(archive.Bytes()); err != nil {
		return nil, fmt.Errorf("compress ramdisk: %w", err)
	}
	if err := zip.Close(); err != nil {
		return nil, fmt.Errorf("compress ramdisk: %w", err)
	}
	return packed.Bytes(), nil
}

// writeCPIO appends one member. Name and content are each padded to four
// bytes, counted from the header.
func writeCPIO(w *bytes.Buffer, inode int, mode uint32, name, content string) {
	fields := []uint32{uint32(inode), mode, 0, 0, 1, 0, uint32(len(content)),
		0, 0, 0, 0, uint32(len(name) + 1), 0}
	w.WriteString("070701")
	for _, v := range fields {
		fmt.Fprintf(w, "%08X", v)
	}
	w.WriteString(name + "\x00")
	pad(w)
	w.WriteString(content)
	pad(w)
}

func pad(w *bytes.Buffer) {
	for w.Len()%4 != 0 {
		w.WriteByte(0)
	}
}
