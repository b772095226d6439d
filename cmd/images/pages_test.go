package images

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"emikit/cmd/cli"
	"emikit/cmd/clitest"
)

func TestDescribeFollowsPages(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, next := "emi-2", "<nextToken>more</nextToken>"
		if r.FormValue("NextToken") == "more" {
			id, next = "emi-1", ""
		}
		fmt.Fprintf(w, "<DescribeImagesResponse><imagesSet><item><imageId>%s</imageId></item></imagesSet>%s</DescribeImagesResponse>", id, next)
	}))
	defer server.Close()
	env := map[string]string{"EC2_URL": server.URL, "AWS_ACCESS_KEY": "A", "AWS_SECRET_KEY": "S"}
	got := clitest.Run(t, Commands, cli.Native, env, "describe-images", "-a", "--output", "text")
	if first, second := strings.Index(got.Stdout, "IMAGE\temi-1\t"), strings.Index(got.Stdout, "IMAGE\temi-2\t"); first < 0 || second < first {
		t.Errorf("got\n%s%s\nwant both pages, sorted", got.Stdout, got.Stderr)
	}
	if got := clitest.Run(t, Commands, cli.Native, env, "describe-images", "-a", "--output", "json"); strings.Contains(got.Stdout, "NextToken") {
		t.Errorf("got %s, want no token: there is no page left", got.Stdout)
	}
}
