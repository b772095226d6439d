//go:build ignore

// Command transfer-latency stands before a server and makes it far away: every request
// waits before it is passed on. It listens on a free port of this machine, which it
// prints.
//
//	transfer-latency URL DELAY
package main

import (
	"fmt"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"time"
)

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: transfer-latency URL DELAY")
	}
	target, err := url.Parse(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	delay, err := time.ParseDuration(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(l.Addr().(*net.TCPAddr).Port)
	log.Fatal(http.Serve(l, delayed(target, delay)))
}

// delayed passes requests on as they are: the signature covers the name of the host that
// the client has called.
func delayed(target *url.URL, delay time.Duration) http.Handler {
	transport := &http.Transport{MaxIdleConnsPerHost: 1000, DisableCompression: true, WriteBufferSize: 64 << 10, ReadBufferSize: 64 << 10}
	proxy := &httputil.ReverseProxy{Transport: transport, Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(&url.URL{Scheme: target.Scheme, Host: target.Host})
		r.Out.Host = r.In.Host
	}}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-time.After(delay):
			proxy.ServeHTTP(w, r)
		case <-r.Context().Done():
		}
	})
}
