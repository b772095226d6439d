//go:build ignore

// Command discard is an object store that keeps nothing: it takes every object and
// says that all is well, the checksum that came with it, too, as stores say it. It stands for a server elsewhere, which takes no processor
// time of this machine but that of receiving. It is a cloud with one image, too. It listens on a free port of this
// machine, which it prints.
package main

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"syscall"
)

const listing = `<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><IsTruncated>false</IsTruncated></ListBucketResult>`
const location = `<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/"/>`

const images = `<DescribeImagesResponse xmlns="http://ec2.amazonaws.com/doc/2015-10-01/"><imagesSet><item>` +
	`<imageId>emi-00000001</imageId><imageLocation>images/disk.img.manifest.xml</imageLocation>` +
	`<imageState>available</imageState></item></imagesSet></DescribeImagesResponse>`

const bodyBuffer = 1 << 20

var buffers = sync.Pool{New: func() any { return new([bodyBuffer]byte) }}

func main() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(l.Addr().(*net.TCPAddr).Port)
	log.Fatal(http.Serve(dropping{l}, http.HandlerFunc(answer)))
}

// dropping listens for connections that drop bodies where they are.
type dropping struct{ net.Listener }

func (l dropping) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return dropper{c.(*net.TCPConn)}, nil
}

// A dropper does not have the system copy what is read into a large buffer, which is
// only ever that of a body (MSG_TRUNC, tcp(7)): a server elsewhere would do that with its
// own processors.
type dropper struct{ *net.TCPConn }

func (c dropper) Read(p []byte) (n int, err error) {
	if len(p) < bodyBuffer/2 {
		return c.TCPConn.Read(p)
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return 0, err
	}
	failed := raw.Read(func(fd uintptr) bool {
		n, _, err = syscall.Recvfrom(int(fd), p, syscall.MSG_TRUNC|syscall.MSG_DONTWAIT)
		return err != syscall.EAGAIN
	})
	if err == nil && n == 0 {
		err = io.EOF
	}
	return max(n, 0), errors.Join(failed, err)
}

func answer(w http.ResponseWriter, r *http.Request) {
	buf := buffers.Get().(*[bodyBuffer]byte)
	defer buffers.Put(buf)
	if _, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, r.Body, buf[:]); err != nil {
		return
	}
	if sum := r.Header.Get("X-Amz-Checksum-Sha1"); sum != "" {
		w.Header().Set("X-Amz-Checksum-Sha1", sum)
	}
	switch {
	case r.Method == http.MethodDelete:
		w.WriteHeader(http.StatusNoContent)
	case r.Method == http.MethodGet && r.URL.Query().Has("location"):
		io.WriteString(w, location)
	case r.Method == http.MethodGet:
		io.WriteString(w, listing)
	case r.Method == http.MethodPost: // of the compute service
		io.WriteString(w, images)
	}
}
