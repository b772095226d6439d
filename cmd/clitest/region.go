package clitest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
)

// A Region is an EC2 endpoint that lists its own images, and the regions that it knows,
// to everybody.
type Region struct {
	*httptest.Server
	// Images are pairs: id, location. They belong to amazon, and what each is the
	// beginning of its id says: aki or ari.
	Images []string
	// Regions are the endpoints of others, by name.
	Regions map[string]string
}

// NewRegion starts one.
func NewRegion(t *testing.T, images ...string) *Region {
	t.Helper()
	r := &Region{Images: images, Regions: map[string]string{}}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

// NewRegions starts two regions with the same kernel, aki-4f1b0001 in the one returned,
// and the same ramdisk, ari-4f1b0002. That one knows the other as us-west-1.
func NewRegions(t *testing.T) (east *Region) {
	t.Helper()
	east = NewRegion(t, "aki-4f1b0001", "east/k.manifest.xml", "ari-4f1b0002", "east/r.manifest.xml")
	west := NewRegion(t, "aki-99990001", "west/k.manifest.xml", "ari-99990002", "west/r.manifest.xml")
	east.Regions["us-west-1"] = west.URL
	return east
}

// ServeHTTP answers one request.
func (r *Region) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	action := request.PostFormValue("Action")
	fmt.Fprintf(w, `<%sResponse xmlns="http://ec2.amazonaws.com/doc/2015-10-01/">`, action)
	switch action {
	case "DescribeRegions":
		fmt.Fprint(w, "<regionInfo>")
		for name, url := range r.Regions {
			fmt.Fprintf(w, "<item><regionName>%s</regionName><regionEndpoint>%s</regionEndpoint></item>", name, url)
		}
		fmt.Fprint(w, "</regionInfo>")
	case "DescribeImages":
		fmt.Fprint(w, "<imagesSet>")
		for pair := range slices.Chunk(r.Images, 2) {
			if wanted := request.PostForm["ImageId.1"]; wanted == nil || wanted[0] == pair[0] {
				kind := map[string]string{"aki": "kernel", "ari": "ramdisk"}[pair[0][:3]]
				fmt.Fprintf(w, "<item><imageId>%s</imageId><imageLocation>%s</imageLocation><imageOwnerId>amazon</imageOwnerId>"+
					"<imageType>%s</imageType></item>", pair[0], pair[1], kind)
			}
		}
		fmt.Fprint(w, "</imagesSet>")
	}
	fmt.Fprintf(w, "</%sResponse>", action)
}
