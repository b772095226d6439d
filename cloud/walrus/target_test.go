package walrus

import "testing"

func TestPlaces(t *testing.T) {
	names := Names{"127.0.0.1", "localhost", "cloud.example.", "node.s3.example"}
	service := place{service: true}
	for host, want := range map[string]place{
		"":                                  {},
		"127.0.0.1":                         {},
		"127.0.0.1:8773":                    {},
		"bucket.127.0.0.1:8773":             {},
		"s3.127.0.0.1":                      {},
		"127.8.0.1":                         {},
		"127.1":                             {},
		"127.0.0.0x1":                       {},
		"[::1]:8773":                        {},
		"[::1]":                             {},
		"2130706433":                        {},
		"localhost":                         {},
		"LOCALHOST:8773":                    {},
		"cloud.example":                     {},
		"cloud.example.:80":                 {},
		"elsewhere.example":                 {},
		"bucket.elsewhere.example":          {},
		"xcloud.example":                    {},
		".cloud.example":                    {},
		"node.s3.example":                   {},
		"bucket.node.s3.example":            {bucket: "bucket"},
		"bucket.localhost:8773":             {bucket: "bucket"},
		"Bucket.LocalHost":                  {bucket: "Bucket"},
		"bucket.cloud.example.":             {bucket: "bucket"},
		"my.bucket.cloud.example":           {bucket: "my.bucket"},
		"bucket.walrus.cloud.example":       {bucket: "bucket"},
		"bucket.s3.cloud.example":           {bucket: "bucket"},
		"bucket.s3.walrus.cloud.example":    {bucket: "bucket.s3"},
		"127.0.0.1.walrus.cloud.example":    {bucket: "127.0.0.1"},
		"walrus.cloud.example:8773":         service,
		"s3.localhost":                      service,
		"walrus":                            service,
		"s3.elsewhere.example":              service,
		"bucket.walrus":                     {bucket: "bucket"},
		"bucket.s3.elsewhere.example":       {bucket: "bucket"},
		"my.bucket.Walrus.elsewhere":        {bucket: "my.bucket"},
		"a.walrus.b.walrus.elsewhere":       {bucket: "a.walrus.b"},
		"bucket.s3s.elsewhere.example":      {},
		"bucket.walrus.192.0.2.1":           {},
		"bucket.s3.us-east-1.amazonaws.com": {bucket: "bucket"},
	} {
		if got := names.place(host); got != want {
			t.Errorf("%q: got %+v, want %+v", host, got, want)
		}
	}
}
