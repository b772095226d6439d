//go:build ignore

// Command discard is an object store that keeps nothing: it takes every object and
// says that all is well. It stands for a server elsewhere, which takes no processor
// time of this machine but that of receiving. It listens on a free port of this
// machine, which it prints.
package main

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
)

const listing = `<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><IsTruncated>false</IsTruncated></ListBucketResult>`
const location = `<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/"/>`

var buffers = sync.Pool{New: func() any { return new([1 << 20]byte) }}

func main() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(l.Addr().(*net.TCPAddr).Port)
	log.Fatal(http.Serve(l, http.HandlerFunc(answer)))
}

func answer(w http.ResponseWriter, r *http.Request) {
	buf := buffers.Get().(*[1 << 20]byte)
	defer buffers.Put(buf)
	if _, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, r.Body, buf[:]); err != nil {
		return
	}
	switch {
	case r.Method == http.MethodDelete:
		w.WriteHeader(http.StatusNoContent)
	case r.Method == http.MethodGet && r.URL.Query().Has("location"):
		io.WriteString(w, location)
	case r.Method == http.MethodGet:
		io.WriteString(w, listing)
	}
}
