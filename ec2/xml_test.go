package ec2

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
)

// responseTypes holds one of each response.
func responseTypes() []Response {
	return []Response{
		&CreateKeyPairResponse{}, &DescribeAvailabilityZonesResponse{}, &DescribeImagesResponse{},
		&DescribeInstancesResponse{}, &DescribeKeyPairsResponse{}, &DescribeRegionsResponse{},
		&DescribeSecurityGroupsResponse{}, &GetConsoleOutputResponse{}, &GetInstanceMetadataResponse{},
		&RegisterImageResponse{}, &ReturnResponse{}, &RunInstancesResponse{}, &TerminateInstancesResponse{},
	}
}

func newLike(response any) Response {
	return reflect.New(reflect.TypeOf(response).Elem()).Interface().(Response)
}

func TestMarshalResponse(t *testing.T) {
	cases := []struct {
		name     string
		envelope Envelope
		response Response
		want     string
	}{
		{
			"an empty list is sent", Envelope{"DescribeKeyPairs", "2016-11-15"}, &DescribeKeyPairsResponse{},
			`<DescribeKeyPairsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>id</requestId><keySet></keySet></DescribeKeyPairsResponse>`,
		},
		{
			"no request id in old versions", Envelope{"DescribeKeyPairs", "2008-05-05"},
			&DescribeKeyPairsResponse{KeyPairs: List[KeyPair]{{Name: "a<b", Fingerprint: "1f:2e"}}},
			`<DescribeKeyPairsResponse xmlns="http://ec2.amazonaws.com/doc/2008-05-05/"><keySet><item><keyName>a&lt;b</keyName><keyFingerprint>1f:2e</keyFingerprint><tagSet></tagSet></item></keySet></DescribeKeyPairsResponse>`,
		},
		{
			"the client's version by default", Envelope{"RebootInstances", ""}, &ReturnResponse{Return: true},
			`<RebootInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2015-10-01/"><requestId>id</requestId><return>true</return></RebootInstancesResponse>`,
		},
		{
			"console in base64", Envelope{"GetConsoleOutput", "2008-12-01"},
			&GetConsoleOutputResponse{InstanceID: "i-1", Timestamp: FormatTime(time.Unix(0, 5e6)), Output: Base64("\x00\xff")},
			`<GetConsoleOutputResponse xmlns="http://ec2.amazonaws.com/doc/2008-12-01/"><requestId>id</requestId><instanceId>i-1</instanceId><timestamp>1970-01-01T00:00:00.005Z</timestamp><output>AP8=</output></GetConsoleOutputResponse>`,
		},
	}
	for _, c := range cases {
		got, err := MarshalResponse(c.envelope, "id", c.response)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if want := `<?xml version="1.0" encoding="UTF-8"?>` + c.want; string(got) != want {
			t.Errorf("%s:\ngot  %s\nwant %s", c.name, got, want)
		}
	}
}

// TestOldReservation reads what Eucalyptus 1.6 sends: a group id without a
// name, no root device.
func TestOldReservation(t *testing.T) {
	const document = `<RunInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2009-04-04/"><requestId>x</requestId>
<reservationId>r-412F078F</reservationId><ownerId>admin</ownerId><groupSet><item><groupId>default</groupId></item></groupSet>
<instancesSet><item><instanceId>i-3F170798</instanceId><imageId>emi-F4CB118E</imageId><instanceState><code>0</code>
<name>pending</name></instanceState><privateDnsName>0.0.0.0</privateDnsName><dnsName>0.0.0.0</dnsName><amiLaunchIndex/>
<placement>my_cluster</placement></item></instancesSet></RunInstancesResponse>`
	var got RunInstancesResponse
	if err := ParseResponse(ActionRunInstances, []byte(document), &got); err != nil {
		t.Fatal(err)
	}
	if got.ID != "r-412F078F" || got.Groups[0].ID != "default" || got.Instances[0].State.Name != "pending" {
		t.Errorf("got %+v", got)
	}
}

func TestParseResponseRefuses(t *testing.T) {
	for _, document := range []string{
		"", "  ", "hello", "<html><body>", "<DescribeRegionsResponse/>", "<?xml version='1.0'?>", "<a", "\xff\xfe<a/>",
	} {
		if err := ParseResponse(ActionDescribeImages, []byte(document), &DescribeImagesResponse{}); !errors.Is(err, ErrNotResponse) {
			t.Errorf("%q: got error %v, want %v", document, err, ErrNotResponse)
		}
	}
	const billionLaughs = `<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><DescribeImagesResponse><imagesSet><item><name>&b;</name></item></imagesSet></DescribeImagesResponse>`
	for _, document := range []string{
		billionLaughs,
		"<DescribeImagesResponse><imagesSet>",
		strings.Repeat("<DescribeImagesResponse>", 20000),
		"<DescribeInstancesResponse><reservationSet><item><instancesSet><item><amiLaunchIndex>x</amiLaunchIndex></item></instancesSet></item></reservationSet></DescribeInstancesResponse>",
	} {
		action := ActionDescribeImages
		var response Response = &DescribeImagesResponse{}
		if strings.HasPrefix(document, "<DescribeInstances") {
			action, response = ActionDescribeInstances, &DescribeInstancesResponse{}
		}
		if err := ParseResponse(action, []byte(document), response); err == nil {
			t.Errorf("%.60q was accepted", document)
		}
	}
}

// TestReturn: what does not say that it failed has succeeded.
func TestReturn(t *testing.T) {
	for document, want := range map[string]ReturnResponse{
		"<RebootInstancesResponse><return>true</return></RebootInstancesResponse>":     {Return: true},
		"<RebootInstancesResponse><return>false</return></RebootInstancesResponse>":    {Return: false},
		"<RebootInstancesResponse><requestId>id</requestId></RebootInstancesResponse>": {ResponseMetadata{"id"}, true},
		"<RebootInstancesResponse xmlns='http://ec2.amazonaws.com/doc/2016-11-15'/>":   {Return: true},
	} {
		var got ReturnResponse
		if err := ParseResponse(ActionRebootInstances, []byte(document), &got); err != nil || got != want {
			t.Errorf("%s: got %+v, %v, want %+v", document, got, err, want)
		}
	}
}

func TestErrorDocument(t *testing.T) {
	document, err := MarshalError(&Error{Code: "InvalidAMIID.NotFound", Message: "no <image>", RequestID: "id"})
	if err != nil {
		t.Fatal(err)
	}
	const want = `<?xml version="1.0"?><Response><Errors><Error><Code>InvalidAMIID.NotFound</Code><Message>no &lt;image&gt;</Message></Error></Errors><RequestID>id</RequestID></Response>`
	if string(document) != want {
		t.Errorf("got  %s\nwant %s", document, want)
	}
	if got, want := *ParseError(400, document), (Error{Code: "InvalidAMIID.NotFound", Message: "no <image>", RequestID: "id", Status: 400}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	for _, body := range []string{
		`<?xml version="1.0"?><ErrorResponse><Errors><Error><Code>C</Code><Message>m</Message><Type>Sender</Type></Error></Errors><RequestID>id</RequestID></ErrorResponse>`,
		`<ErrorResponse xmlns="urn:x"><Error><Type>Sender</Type><Code>C</Code><Message>m</Message></Error><RequestId>id</RequestId></ErrorResponse>`,
	} {
		if got, want := *ParseError(401, []byte(body)), (Error{Code: "C", Message: "m", RequestID: "id", Status: 401}); got != want {
			t.Errorf("%s: got %+v, want %+v", body, got, want)
		}
	}
	for _, body := range []string{
		"", "<html>" + strings.Repeat("x", 1000), "<Response/>", "<Response><Errors><Error/></Errors></Response>",
		"<Page><Error><Code>C</Code></Error></Page>",
	} {
		if got, want := *ParseError(502, []byte(body)), (Error{Code: "502", Message: "Bad Gateway", RequestID: "", Status: 502}); got != want {
			t.Errorf("%.20q: got %+v, want %+v", body, got, want)
		}
	}
	if got := ParseError(500, []byte(strings.Repeat("x", 1<<20))); len(got.Message) > 300 {
		t.Errorf("a plain error keeps %d bytes", len(got.Message))
	}
}

func TestJSON(t *testing.T) {
	got, err := json.Marshal(DescribeKeyPairsResponse{ResponseMetadata: ResponseMetadata{RequestID: "id"}})
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"KeyPairs":[]}`; string(got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
