package instances

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
		id, next := "i-1", "<nextToken>more</nextToken>"
		if r.FormValue("NextToken") == "more" {
			id, next = "i-2", ""
		}
		fmt.Fprintf(w, "<DescribeInstancesResponse><reservationSet><item><reservationId>r-1</reservationId>"+
			"<instancesSet><item><instanceId>%s</instanceId></item></instancesSet></item></reservationSet>%s</DescribeInstancesResponse>", id, next)
	}))
	defer server.Close()
	env := map[string]string{"EC2_URL": server.URL, "AWS_ACCESS_KEY": "A", "AWS_SECRET_KEY": "S"}
	got := clitest.Run(t, Commands, cli.Native, env, "describe-instances", "--output", "text")
	if strings.Count(got.Stdout, "RESERVATION") != 1 || !strings.Contains(got.Stdout, "i-1") || !strings.Contains(got.Stdout, "i-2") {
		t.Errorf("got\n%s%s\nwant one reservation of two instances", got.Stdout, got.Stderr)
	}
}
