package api

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"emikit/ec2"
	"emikit/sign"
)

// ask sends a form, signed with Version 2, and returns status and body.
func ask(t *testing.T, c *cloud, method string, form url.Values) (int, string) {
	t.Helper()
	u, err := url.Parse(c.URL + path)
	if err != nil {
		t.Fatal(err)
	}
	sign.V2Query(method, u, form, adminKeys, time.Now())
	var body io.Reader
	if method == http.MethodPost {
		body = strings.NewReader(form.Encode())
	} else {
		u.RawQuery = form.Encode()
	}
	req, err := http.NewRequestWithContext(t.Context(), method, u.String(), body)
	if err != nil {
		t.Fatal(err)
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", formContentType)
	}
	return do(t, c, req)
}

func do(t *testing.T, c *cloud, req *http.Request) (int, string) {
	t.Helper()
	resp, err := c.Server.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if got := resp.Header.Get("Content-Type"); got != contentType {
		t.Errorf("content type: got %s, want %s", got, contentType)
	}
	return resp.StatusCode, string(body)
}

func TestGetAndOldVersion(t *testing.T) {
	status, body := ask(t, newCloud(t), http.MethodGet, url.Values{"Operation": {"DescribeKeyPairs"}, "Version": {"2008-05-05"}})
	want := `<?xml version="1.0" encoding="UTF-8"?><DescribeKeyPairsResponse xmlns="http://ec2.amazonaws.com/doc/2008-05-05/"><keySet></keySet></DescribeKeyPairsResponse>`
	if status != http.StatusOK || body != want {
		t.Errorf("got %d\n%s\nwant\n%s", status, body, want)
	}
}

// TestRefusals names what is wrong, one mistake a request.
func TestRefusals(t *testing.T) {
	cases := []struct{ query, code, message string }{
		{"Action=Frobnicate", "InvalidAction", "Frobnicate"},
		{"Version=2015-10-01", "InvalidAction", ""},
		{"Action=DescribeImages&Version=latest", "NoSuchVersion", "2015-10-01"},
		{"Action=DescribeImages&Version=2015-10-01%22%3E", "NoSuchVersion", ""},
		{"Action=DescribeImages&Bogus.1=x", "UnknownParameter", "Bogus.1"},
		{"Action=DescribeImages&Filter.1.Name=bogus&Filter.1.Value.1=x", "InvalidParameterValue", "bogus"},
		{"Action=DescribeInstances&Filter.1.Name=bogus&Filter.1.Value.1=x", "InvalidParameterValue", "bogus"},
		{"Action=DescribeInstances&NextToken=x", "InvalidParameterValue", "NextToken"},
		{"Action=DescribeInstances&MaxResults=0", "InvalidParameterValue", "between 5 and 1000"},
		{"Action=DescribeInstances&MaxResults=4", "InvalidParameterValue", "Value ( 4 )"},
		{"Action=DescribeInstances&MaxResults=1001", "InvalidParameterValue", "maxResults"},
		{"Action=DescribeInstances&MaxResults=many", "InvalidParameterValue", "MaxResults"},
		{"Action=DescribeInstances&MaxResults=5&InstanceId.1=i-1", "InvalidParameterCombination", "instancesSet"},
		{"Action=DescribeImages&MaxResults=0", "InvalidParameterValue", "between 1 and 1000"},
		{"Action=DescribeImages&MaxResults=1001", "InvalidParameterValue", "maxResults"},
		{"Action=DescribeImages&MaxResults=5&ImageId.1=emi-1", "InvalidParameterCombination", "imagesSet"},
		{"Action=DescribeImages&NextToken=x", "InvalidParameterValue", "NextToken"},
		{"Action=DescribeSecurityGroups&MaxResults=4", "InvalidParameterValue", "between 5 and 1000"},
		{"Action=DescribeSecurityGroups&NextToken=x", "InvalidParameterValue", "NextToken"},
		{"Action=DescribeImages&DryRun=maybe", "InvalidParameterValue", "DryRun"},
		{"Action=DescribeImages&DryRun=True", "DryRunOperation", ""},
		{"Action=RegisterImage", "MissingParameter", "ImageLocation"},
		{"Action=RegisterImage&ImageLocation=b/m&Platform=windows", "UnsupportedOperation", "Platform"},
		{"Action=RegisterImage&ImageLocation=b/m&RootDeviceName=/dev/vda", "UnsupportedOperation", "/dev/vda"},
		{"Action=RegisterImage&BlockDeviceMapping.1.Ebs.SnapshotId=snap-1", "UnsupportedOperation", "BlockDeviceMapping"},
		{"Action=DeregisterImage", "MissingParameter", "ImageId"},
		{"Action=RunInstances&MinCount=1&MaxCount=1", "MissingParameter", "ImageId"},
		{"Action=RunInstances&ImageId=emi-1&MaxCount=1", "MissingParameter", "MinCount"},
		{"Action=RunInstances&ImageId=emi-1&MinCount=1", "MissingParameter", "MaxCount"},
		{"Action=RunInstances&ImageId=emi-1&MinCount=1&MaxCount=1&UserData=%21", "InvalidParameterValue", "UserData"},
		{"Action=RunInstances&ImageId=emi-1&MinCount=1&MaxCount=1&AddressingType=private", "UnsupportedOperation", "AddressingType"},
		{"Action=RunInstances&ImageId=emi-1&MinCount=1&MaxCount=1&SubnetId=s&EbsOptimized=true", "UnsupportedOperation", "EbsOptimized"},
		{"Action=TerminateInstances", "MissingParameter", "InstanceId"},
		{"Action=RebootInstances", "MissingParameter", "InstanceId"},
		{"Action=GetConsoleOutput", "MissingParameter", "InstanceId"},
		{"Action=GetInstanceMetadata", "MissingParameter", "InstanceId"},
		{"Action=CreateKeyPair", "MissingParameter", "KeyName"},
		{"Action=DeleteKeyPair", "MissingParameter", "KeyName"},
		{"Action=ImportKeyPair", "MissingParameter", "KeyName"},
		{"Action=ImportKeyPair&KeyName=k", "MissingParameter", "PublicKeyMaterial"},
		{"Action=ImportKeyPair&KeyName=k&PublicKeyMaterial=%21", "InvalidParameterValue", "PublicKeyMaterial"},
		{"Action=CreateSecurityGroup", "MissingParameter", "GroupName"},
		{"Action=CreateSecurityGroup&GroupName=web", "MissingParameter", "GroupDescription"},
		{"Action=CreateSecurityGroup&GroupName=web&GroupDescription=d&VpcId=vpc-1", "UnsupportedOperation", "VpcId"},
		{"Action=DeleteSecurityGroup", "MissingParameter", "GroupName or GroupId"},
		{"Action=DeleteSecurityGroup&GroupName=web&GroupId=sg-1", "InvalidParameterCombination", "GroupId"},
		{"Action=DescribeSecurityGroups&Filter.1.Name=ip-permission.bogus&Filter.1.Value.1=x", "InvalidParameterValue", "bogus"},
		{"Action=AuthorizeSecurityGroupEgress&GroupId=sg-1", "UnsupportedOperation", "virtual private clouds"},
		{"Action=RevokeSecurityGroupEgress&GroupId=sg-1", "UnsupportedOperation", "virtual private clouds"},
		{"Action=AllocateAddress&Domain=vpc", "UnsupportedOperation", "Domain vpc"},
		{"Action=AllocateAddress&Domain=moon", "InvalidParameterValue", "moon"},
		{"Action=AllocateAddress&Address=192.0.2.1", "UnsupportedOperation", "Address"},
		{"Action=AssociateAddress", "MissingParameter", "PublicIp"},
		{"Action=AssociateAddress&PublicIp=192.0.2.1", "MissingParameter", "InstanceId"},
		{"Action=AssociateAddress&PublicIp=host&InstanceId=i-1", "InvalidParameterValue", "host"},
		{"Action=AssociateAddress&PublicIp=::1&InstanceId=i-1", "InvalidParameterValue", "::1"},
		{"Action=AssociateAddress&AllocationId=eipalloc-1&InstanceId=i-1", "UnsupportedOperation", "AllocationId"},
		{"Action=AssociateAddress&PublicIp=192.0.2.1&NetworkInterfaceId=eni-1", "UnsupportedOperation", "NetworkInterfaceId"},
		{"Action=AssociateAddress&PublicIp=192.0.2.1&InstanceId=i-1&AllowReassociation=false", "UnsupportedOperation", "AllowReassociation"},
		{"Action=DisassociateAddress", "MissingParameter", "PublicIp"},
		{"Action=DisassociateAddress&AssociationId=eipassoc-1", "UnsupportedOperation", "AssociationId"},
		{"Action=ReleaseAddress", "MissingParameter", "PublicIp"},
		{"Action=ReleaseAddress&AllocationId=eipalloc-1", "UnsupportedOperation", "AllocationId"},
		{"Action=DescribeAddresses&AllocationId.1=eipalloc-1", "UnsupportedOperation", "AllocationId"},
		{"Action=DescribeAddresses&PublicIp.1=1.2.3", "InvalidParameterValue", "1.2.3"},
		{"Action=DescribeAddresses&Filter.1.Name=bogus&Filter.1.Value.1=x", "InvalidParameterValue", "bogus"},
		{"Action=DescribeRegions&RegionName.1=mars", "InvalidParameterValue", "mars"},
	}
	c := newCloud(t)
	for _, tc := range cases {
		form, err := url.ParseQuery(tc.query)
		if err != nil {
			t.Fatal(err)
		}
		status, body := ask(t, c, http.MethodPost, form)
		got := ec2.ParseError(status, []byte(body))
		if got.Code != tc.code || !strings.Contains(got.Message, tc.message) || got.RequestID == "" {
			t.Errorf("%s: got %d %v, want %s with %q", tc.query, status, got, tc.code, tc.message)
		}
	}
}

// TestVersion2Policy asks the policy about each request. Our own client signs
// with Version 4 unless it is told otherwise, so it works everywhere.
func TestVersion2Policy(t *testing.T) {
	c := newCloud(t, func(c *cloud) {
		c.config.AllowV2 = func(r *http.Request) bool { return r.RemoteAddr == "" }
	})
	_, err := c.client(t, adminKeys, 2).DescribeKeyPairs(t.Context(), &ec2.DescribeKeyPairsRequest{})
	wantCode(t, err, "AuthFailure", http.StatusUnauthorized)
	if _, err := c.client(t, adminKeys, 0).DescribeKeyPairs(t.Context(), &ec2.DescribeKeyPairsRequest{}); err != nil {
		t.Errorf("by default: got %v", err)
	}
}

func TestUnfitRequests(t *testing.T) {
	c := newCloud(t)
	request := func(method, query, contentType, body string) *http.Request {
		req, err := http.NewRequestWithContext(t.Context(), method, c.URL+path+query, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", contentType)
		return req
	}
	cases := []struct {
		name   string
		req    *http.Request
		status int
		code   string
	}{
		{"SOAP", request("POST", "", "text/xml", "<Envelope/>"), 400, "InvalidRequest"},
		{"no type", request("POST", "", "", "Action=DescribeImages"), 400, "InvalidRequest"},
		{"method", request("PUT", "", formContentType, ""), 405, "InvalidRequest"},
		{"too long", request("POST", "", formContentType, strings.Repeat("a", maxBody+1)), 413, "InvalidRequest"},
		{"bad query", request("GET", "?a=%zz", formContentType, ""), 400, "MalformedQueryString"},
		{"bad body", request("POST", "", formContentType, "a=%zz"), 400, "MalformedQueryString"},
		{"unsigned", request("POST", "", formContentType, "Action=DescribeImages"), 400, "MissingParameter"},
	}
	for _, tc := range cases {
		status, body := do(t, c, tc.req)
		if got := ec2.ParseError(status, []byte(body)); got.Status != tc.status || got.Code != tc.code {
			t.Errorf("%s: got %d %v, want %d %s", tc.name, status, got, tc.status, tc.code)
		}
	}
}

// TestBrokenIdentity must not look like a wrong key: the client would go and
// change it.
func TestBrokenIdentity(t *testing.T) {
	c := newCloud(t)
	client := c.client(t, sign.Credentials{AccessKey: "AKIBROKEN", SecretKey: "x"}, 2)
	_, err := client.CreateKeyPair(t.Context(), &ec2.CreateKeyPairRequest{KeyName: "k"})
	wantCode(t, err, "InternalError", http.StatusInternalServerError)
}

func TestMatch(t *testing.T) {
	cases := []struct {
		pattern, value string
		want           bool
	}{
		{"", "", true}, {"", "a", false}, {"a", "a", true}, {"a", "b", false}, {"*", "", true}, {"*", "a/b", true},
		{"?", "", false}, {"?", "*", true}, {"a*c", "abbc", true}, {"a*c", "abbd", false}, {"*b*", "abc", true},
		{`\*`, "*", true}, {`\*`, "a", false}, {`a\`, `a\`, true}, {`*\?`, "ab?", true}, {`*\?`, "abc", false},
		{"a*b*c", "aXbYbZc", true}, {strings.Repeat("*a", 100), strings.Repeat("a", 99) + "b", false},
	}
	for _, c := range cases {
		if got := match(c.pattern, c.value); got != c.want {
			t.Errorf("match(%q, %q): got %t, want %t", c.pattern, c.value, got, c.want)
		}
	}
}

func TestFilters(t *testing.T) {
	c := newCloud(t)
	client := c.client(t, adminKeys, 4)
	list := func(name string, values ...string) []ec2.Filter { return []ec2.Filter{{Name: name, Values: values}} }
	found, err := client.DescribeImages(t.Context(), &ec2.DescribeImagesRequest{Filters: list("image-type", "ker*")})
	if err != nil || len(found.Images) != 1 || found.Images[0].ID != "eki-38AC43DC" {
		t.Errorf("got %v, %v, want the kernel", found, err)
	}
	running, err := client.DescribeInstances(t.Context(), &ec2.DescribeInstancesRequest{Filters: list("instance-state-name", "running", "pending")})
	if err != nil || len(running.Reservations) != 1 || len(running.Reservations[0].Instances) != 1 {
		t.Errorf("got %v, %v, want one instance", running, err)
	}
	none, err := client.DescribeInstances(t.Context(), &ec2.DescribeInstancesRequest{Filters: list("reservation-id", "r-0")})
	if err != nil || len(none.Reservations) != 0 {
		t.Errorf("got %v, %v, want nothing", none, err)
	}
	zones, err := client.DescribeAvailabilityZones(t.Context(), &ec2.DescribeAvailabilityZonesRequest{Filters: list("state", "unavailable")})
	if err != nil || len(zones.Zones) != 0 {
		t.Errorf("got %v, %v, want nothing", zones, err)
	}
	_, err = client.DescribeImages(t.Context(), &ec2.DescribeImagesRequest{Filters: list("name", strings.Repeat("*", 300))})
	wantCode(t, err, "InvalidParameterValue", 400)
}
