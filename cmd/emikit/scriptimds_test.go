package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// cmdIMDS starts the metadata service of an instance that has a profile, with keys of
// the cloud's administrator, and names it as AWS's tools do. It takes requests with a
// session's token (version 2) only. It ends with the script.
func cmdIMDS(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, args, 0, false, "imds")
	keys, err := json.Marshal(map[string]string{
		"Code": "Success", "Type": "AWS-HMAC", "Expiration": time.Now().Add(time.Hour).UTC().Format(time.RFC3339),
		"AccessKeyId": ts.Getenv("EC2_ACCESS_KEY"), "SecretAccessKey": ts.Getenv("EC2_SECRET_KEY"), "Token": "the-session",
	})
	ts.Check(err)
	const role = "/latest/meta-data/iam/security-credentials/"
	service := http.NewServeMux()
	service.HandleFunc("PUT /latest/api/token", func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("a-token")) })
	service.HandleFunc("GET "+role+"{$}", func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("packer")) })
	service.HandleFunc("GET "+role+"packer", func(w http.ResponseWriter, _ *http.Request) { w.Write(keys) })
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && r.Header.Get("X-Aws-Ec2-Metadata-Token") != "a-token" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		service.ServeHTTP(w, r)
	}))
	ts.Defer(server.Close)
	ts.Setenv("AWS_EC2_METADATA_DISABLED", "")
	ts.Setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", server.URL)
}
