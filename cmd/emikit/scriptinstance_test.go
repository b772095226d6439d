package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// instanceCommands are those of scripts that run on an instance.
func instanceCommands() map[string]scriptCommand {
	return map[string]scriptCommand{"instanceprofile": cmdInstanceProfile}
}

// cmdInstanceProfile starts a metadata service, version 2 only, whose instance has the
// keys of the cloud's administrator for as long as a duration says, and takes these out
// of the environment.
func cmdInstanceProfile(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, args, 1, false, "instanceprofile DURATION")
	lifetime, err := time.ParseDuration(args[0])
	ts.Check(err)
	document, err := json.Marshal(map[string]string{
		"Code": "Success", "AccessKeyId": ts.Getenv("EC2_ACCESS_KEY"), "SecretAccessKey": ts.Getenv("EC2_SECRET_KEY"),
		"Expiration": time.Now().Add(lifetime).UTC().Format(time.RFC3339),
	})
	ts.Check(err)
	const token, roles = "a-token", "/latest/meta-data/iam/security-credentials/"
	mux := http.NewServeMux()
	mux.HandleFunc("PUT /latest/api/token", func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(token)) })
	mux.HandleFunc("GET "+roles, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Header.Get("X-aws-ec2-metadata-token") != token:
			w.WriteHeader(http.StatusUnauthorized)
		case r.URL.Path == roles:
			w.Write([]byte("builder"))
		default:
			w.Write(document)
		}
	})
	server := httptest.NewServer(mux)
	ts.Defer(server.Close)
	for name, value := range map[string]string{
		"AWS_EC2_METADATA_SERVICE_ENDPOINT": server.URL, "AWS_EC2_METADATA_DISABLED": "",
		"EC2_ACCESS_KEY": "", "EC2_SECRET_KEY": "",
	} {
		ts.Setenv(name, value)
	}
}
