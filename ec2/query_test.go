package ec2

import (
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// requestTypes holds one of each request.
func requestTypes() []any {
	return []any{
		&CreateKeyPairRequest{}, &DeleteKeyPairRequest{}, &DeregisterImageRequest{},
		&DescribeAvailabilityZonesRequest{}, &DescribeImagesRequest{}, &DescribeInstancesRequest{},
		&DescribeKeyPairsRequest{}, &DescribeRegionsRequest{}, &DescribeSecurityGroupsRequest{},
		&GetConsoleOutputRequest{}, &GetInstanceMetadataRequest{}, &RebootInstancesRequest{},
		&RegisterImageRequest{}, &RunInstancesRequest{}, &TerminateInstancesRequest{},
		&ImportKeyPairRequest{}, &CreateSecurityGroupRequest{}, &DeleteSecurityGroupRequest{}, &SecurityGroupRulesRequest{},
		&AllocateAddressRequest{}, &AssociateAddressRequest{}, &DisassociateAddressRequest{}, &ReleaseAddressRequest{},
		&DescribeAddressesRequest{},
		&DescribeImageAttributeRequest{}, &ModifyImageAttributeRequest{}, &ResetImageAttributeRequest{},
		&StartInstancesRequest{}, &StopInstancesRequest{}, &DescribeInstanceStatusRequest{}, &DescribeInstanceTypesRequest{},
		&CreateTagsRequest{}, &DeleteTagsRequest{}, &DescribeTagsRequest{}, &GetPasswordDataRequest{},
		&ConfirmProductInstanceRequest{}, &CreateImageRequest{},
		&DescribeInstanceAttributeRequest{}, &ModifyInstanceAttributeRequest{},
	}
}

// TestRequestTypes fills every field of every request, so that a field without
// a tag or of a type without a form on the wire shows here.
func TestRequestTypes(t *testing.T) {
	for _, request := range requestTypes() {
		fill(reflect.ValueOf(request).Elem())
		again := reflect.New(reflect.TypeOf(request).Elem()).Interface()
		if err := Decode(Encode(request), again); err != nil {
			t.Errorf("%T: %v", request, err)
		}
		if diff := cmp.Diff(request, again); diff != "" {
			t.Errorf("%T after encoding and decoding (-want +got):\n%s", request, diff)
		}
	}
}

func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i))
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0))
		fill(v.Index(1))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
	case reflect.String:
		v.SetString("a b&c=ä+%")
	case reflect.Int:
		v.SetInt(7)
	case reflect.Uint8:
		v.SetUint(200)
	case reflect.Bool:
		v.SetBool(true)
	}
}

func TestDecode(t *testing.T) {
	form := url.Values{
		"Action": {"DescribeImages"}, "Version": {"2015-10-01"}, "AWSAccessKeyId": {"a"},
		"ImageId.7": {"emi-7"}, "ImageId.2000000000": {"emi-last"}, "ImageId.10": {"emi-10"},
		"Filter.1.Name": {"state"}, "Filter.1.Value.1": {"available"}, "DryRun": {"True"},
	}
	var got DescribeImagesRequest
	if err := Decode(form, &got); err != nil {
		t.Fatal(err)
	}
	want := DescribeImagesRequest{
		ImageIDs: []string{"emi-7", "emi-10", "emi-last"},
		Filters:  []Filter{{"state", []string{"available"}}},
		DryRun:   true,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestDecodeRefuses(t *testing.T) {
	unknown := []string{
		"Bogus=1", "Bogus.1.Name=1", "ImageId=emi-1", "ImageId.0=a", "ImageId.01=a", "ImageId.-1=a", "ImageId.x=a",
		"ImageId.99999999999999999999=a", "ImageId.1.Name=a", "Filter.1=a", "Filter.1.Bogus=a", "Filter..Name=a",
		"DryRun.1=true", "=a", "imageid.1=a", strings.Repeat("a", 1000) + "=1", strings.Repeat("Filter.", 50) + "x=1",
	}
	for _, query := range unknown {
		var want *UnknownParameterError
		if err := decodeQuery(t, query); !errors.As(err, &want) {
			t.Errorf("%.60s: got error %v, want an unknown parameter", query, err)
		} else if len(err.Error()) > 2*maxNameLength {
			t.Errorf("%.60s: the message has %d bytes", query, len(err.Error()))
		}
	}
	invalid := []string{"DryRun=maybe", "DryRun=", "ImageId.1=a&ImageId.1=b", "ImageId.1=", "Filter.1.Name="}
	for _, query := range invalid {
		var want *InvalidParameterError
		if err := decodeQuery(t, query); !errors.As(err, &want) {
			t.Errorf("%.60s: got error %v, want an invalid parameter", query, err)
		}
	}
}

func decodeQuery(t *testing.T, query string) error {
	t.Helper()
	form, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	return Decode(form, &DescribeImagesRequest{})
}

func TestDecodeValues(t *testing.T) {
	for query, wantName := range map[string]string{
		"MinCount=x": "MinCount", "MaxCount=99999999999": "MaxCount", "UserData=%25": "UserData",
		"BlockDeviceMapping.1.Ebs.VolumeSize=big": "BlockDeviceMapping.1.Ebs.VolumeSize",
	} {
		form, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		var invalid *InvalidParameterError
		if err := Decode(form, &RunInstancesRequest{}); !errors.As(err, &invalid) || invalid.Name != wantName {
			t.Errorf("%s: got error %v, want one about %s", query, err, wantName)
		}
	}
}

func TestDecodeTooMany(t *testing.T) {
	form := url.Values{}
	for i := range maxParameters + 1 {
		form.Set(fmt.Sprintf("ImageId.%d", i+1), "emi-1")
	}
	var invalid *InvalidParameterError
	if err := Decode(form, &DescribeImagesRequest{}); !errors.As(err, &invalid) {
		t.Errorf("got error %v, want too many parameters", err)
	}
}

func TestParseEnvelope(t *testing.T) {
	for query, want := range map[string]Envelope{
		"Action=A&Version=2008-12-01": {"A", "2008-12-01"},
		"Operation=B":                 {"B", ""},
		"Action=A&Operation=B":        {"A", ""},
	} {
		form, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		if got := ParseEnvelope(form); got != want {
			t.Errorf("%s: got %v, want %v", query, got, want)
		}
	}
}
