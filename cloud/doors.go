package cloud

import (
	"context"
	"net/http"
	"os"
	"strings"

	"emikit/cloud/api"
	"emikit/cloud/caller"
	"emikit/cloud/walrus"
	"emikit/metadata"
)

// openDoors puts the protocols in front of the services.
func (c *Cloud) openDoors(context.Context) error {
	allowV2, err := c.config.SignatureV2.allows()
	if err != nil {
		return err
	}
	asked := instanceMetadata{c.instances, func(location string) string {
		bucket, key, _ := strings.Cut(location, "/")
		return objectURL(c.base(s3Path), bucket, key).String()
	}}
	c.doors = doors{
		ec2: api.New(api.Config{
			Identity: c.identity, Images: c.images, Instances: c.instances,
			Network: doorNetwork{c.network, c.instances}, Nodes: c.nodes, Tags: c.tags, Metadata: ownerMetadata(asked), AllowV2: allowV2, Log: c.config.Log,
			CloudCertificate: c.identity.CloudCertificate().Raw,
		}),
		s3: walrus.New(walrus.Config{
			Objects: c.objects, Identity: c.identity, AllowV2: allowV2, Log: c.config.Log, Names: c.names(),
		}),
		names:    c.names(),
		metadata: metadata.NewHandler(asked),
	}
	return nil
}

func ownerMetadata(m instanceMetadata) api.Metadata {
	return func(ctx context.Context, who caller.Caller, id, path string) ([]byte, error) {
		body, found, err := m.ask(ctx, who, id, path)
		if err == nil && !found {
			err = api.ErrNoMetadata
		}
		return body, err
	}
}

// doors sends each request to the door that its path is for. Keys of objects
// may hold empty and dotted segments, so no http.ServeMux, which would clean
// the path, stands before Walrus.
type doors struct {
	ec2, s3, metadata http.Handler
	names             walrus.Names // by which s3 is reached
}

// isMetadata tells the paths that instances ask for: below a version, which looks
// like a date or is one of two names, or the list of them.
func isMetadata(path string) bool {
	rest, ok := strings.CutPrefix(path, "/")
	version, _, _ := strings.Cut(rest, "/")
	zeros := strings.Map(func(r rune) rune {
		if r >= '1' && r <= '9' {
			return '0'
		}
		return r
	}, version)
	return ok && (version == "" || version == "latest" || version == "1.0" || zeros == "0000-00-00")
}

func (d doors) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch path := r.URL.Path; {
	case isEC2(path):
		d.ec2.ServeHTTP(w, r)
	case d.names.Serves(r):
		d.s3.ServeHTTP(w, r)
	case isMetadata(path):
		d.metadata.ServeHTTP(w, r)
	default:
		http.Error(w, "nothing is served here", http.StatusNotFound)
	}
}

// names are those by which clients may reach the cloud: the address of a bucket
// is below one of them. "localhost" and what is below it never leave a machine
// (RFC 6761).
func (c *Cloud) names() walrus.Names {
	names := walrus.Names{c.Host(), "localhost"}
	if own, err := os.Hostname(); err == nil && own != "" {
		names = append(names, own)
	}
	return names
}

// isEC2 accepts the endpoint with and without a slash at its end.
func isEC2(path string) bool {
	path = strings.TrimSuffix(path, "/")
	return path == ec2Path || path == computePath || path == bootstrapPath
}
