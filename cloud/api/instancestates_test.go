package api

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"emikit/cloud/instances"
	"emikit/ec2"
)

// answered sends a form and returns the document, which must not be an error.
func answered(t *testing.T, c *cloud, query string) string {
	t.Helper()
	form, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	status, body := ask(t, c, http.MethodPost, form)
	if status != http.StatusOK {
		t.Fatalf("%s: got %d %s", query, status, body)
	}
	return body
}

// refusedWith sends a form and demands an error of a code.
func refusedWith(t *testing.T, c *cloud, query, code string) {
	t.Helper()
	form, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	status, body := ask(t, c, http.MethodPost, form)
	if got := ec2.ParseError(status, []byte(body)); got.Code != code {
		t.Errorf("%s: got %v, want %s", query, got, code)
	}
}

func TestStopAndStart(t *testing.T) {
	c := newCloud(t, func(c *cloud) {
		c.instances.changes = []instances.Change{{ID: "i-3F170798", Previous: instances.StateStopping, Current: instances.StateStopped}}
	})
	client := c.client(t, adminKeys, 4)
	want := ec2.List[ec2.InstanceStateChange]{{InstanceID: "i-3F170798",
		Current: ec2.InstanceState{Code: 80, Name: "stopped"}, Previous: ec2.InstanceState{Code: 64, Name: "stopping"}}}
	stopped, err := client.StopInstances(t.Context(), &ec2.StopInstancesRequest{InstanceIDs: []string{"i-3F170798"}, Force: true})
	if err != nil || !cmp.Equal(stopped.Instances, want) {
		t.Errorf("stop: got %+v, %v, want %+v", stopped, err, want)
	}
	started, err := client.StartInstances(t.Context(), &ec2.StartInstancesRequest{InstanceIDs: []string{"i-3F170798"}})
	if err != nil || !cmp.Equal(started.Instances, want) {
		t.Errorf("start: got %+v, %v, want %+v", started, err, want)
	}
	refusedWith(t, c, "Action=StopInstances&InstanceId.1=i-1&Hibernate=true", "UnsupportedOperation")
	refusedWith(t, c, "Action=StopInstances", "MissingParameter")
	refusedWith(t, c, "Action=StartInstances", "MissingParameter")
	c.instances.err = &instances.StateError{ID: "i-1", State: instances.StateStopping}
	refusedWith(t, c, "Action=StartInstances&InstanceId.1=i-1", "IncorrectInstanceState")
	c.instances.err = fmt.Errorf("i-1: %w", instances.ErrProtected)
	refusedWith(t, c, "Action=TerminateInstances&InstanceId.1=i-1", "OperationNotPermitted")
}

func TestInstanceStatus(t *testing.T) {
	c := newCloud(t)
	client := c.client(t, adminKeys, 4)
	list := func(q ec2.DescribeInstanceStatusRequest) string {
		t.Helper()
		out, err := client.AllInstanceStatus(t.Context(), &q)
		if err != nil {
			t.Fatal(err)
		}
		var lines []string
		for _, i := range out.Instances {
			line := i.InstanceID + " " + i.State.Name + " " + i.Instance.Status + " " + i.System.Status
			for _, d := range append(i.Instance.Details, i.System.Details...) {
				line += " " + d.Status + d.ImpairedSince
			}
			lines = append(lines, line)
		}
		return strings.Join(lines, "; ")
	}
	const running, ended = "i-3F170798 running ok ok passed passed", "i-2ECA052C terminated not-applicable not-applicable"
	by := func(name, value string) []ec2.Filter { return []ec2.Filter{{Name: name, Values: []string{value}}} }
	for _, test := range []struct {
		q    ec2.DescribeInstanceStatusRequest
		want string
	}{
		{ec2.DescribeInstanceStatusRequest{}, running},
		{ec2.DescribeInstanceStatusRequest{IncludeAll: true}, running + "; " + ended},
		{ec2.DescribeInstanceStatusRequest{IncludeAll: true, MaxResults: new(5)}, ended + "; " + running},
		{ec2.DescribeInstanceStatusRequest{IncludeAll: true, Filters: by("instance-state-code", "48")}, ended},
		{ec2.DescribeInstanceStatusRequest{IncludeAll: true, Filters: by("system-status.reachability", "pass*")}, running},
		{ec2.DescribeInstanceStatusRequest{Filters: by("availability-zone", "cluster1")}, running},
		{ec2.DescribeInstanceStatusRequest{Filters: by("event.code", "*")}, ""},
	} {
		if got := list(test.q); got != test.want {
			t.Errorf("%+v: got %s, want %s", test.q, got, test.want)
		}
	}
	c.instances.all[0].Instances[0].Unseen = launched.Add(time.Hour)
	if got, want := list(ec2.DescribeInstanceStatusRequest{}), "i-3F170798 running insufficient-data impaired insufficient-data failed2026-11-20T22:49:53.000Z"; got != want {
		t.Errorf("its node does not answer: got %s, want %s", got, want)
	}
	refusedWith(t, c, "Action=DescribeInstanceStatus&Filter.1.Name=colour&Filter.1.Value.1=x", "InvalidParameterValue")
	refusedWith(t, c, "Action=DescribeInstanceStatus&InstanceId.1=i-3F170798&MaxResults=5", "InvalidParameterCombination")
}

// TestInstanceTypes: one action, and two forms of its answer.
func TestInstanceTypes(t *testing.T) {
	c := newCloud(t)
	of := func(query string) string { return answered(t, c, "Action=DescribeInstanceTypes&"+query) }
	const small = "<item><name>m1.small</name><cpu>1</cpu><disk>2</disk><memory>128</memory><availability>"
	for query, want := range map[string]string{
		"Version=2015-10-01":                                                            small + "</availability></item><item><name>c1.xlarge</name>",
		"Version=2013-08-15&Availability=true":                                          small + "<item><zoneName>cluster1</zoneName><max>8</max><available>4</available></item></availability>",
		"Version=2015-10-01&InstanceType.1=c1.xlarge":                                   "<instanceTypeDetails><item><name>c1.xlarge</name>",
		"Version=2016-11-15":                                                            "<instanceTypeSet><item><instanceType>m1.small</instanceType>",
		"Version=2016-11-15&InstanceType.1=c1.xlarge":                                   "<vCpuInfo><defaultVCpus>4</defaultVCpus>",
		"Version=2015-10-01&MaxResults=5":                                               "<instanceTypeSet><item><instanceType>c1.xlarge</instanceType>",
		"Version=2016-11-15&" + filter("memory-info.size-in-mib", "2048"):               "<instanceTypeSet><item><instanceType>c1.xlarge</instanceType>",
		"Version=2016-11-15&" + filter("bare-metal", "true"):                            "<instanceTypeSet></instanceTypeSet>",
		"Version=2016-11-15&" + filter("processor-info.supported-architecture", "x86*"): "<sizeInMiB>128</sizeInMiB>",
	} {
		got := of(query)
		if !strings.Contains(got, want) || strings.Contains(got, "instanceTypeSet") == strings.Contains(got, "instanceTypeDetails") {
			t.Errorf("%s: got %s\nwant %s in it, and one form", query, got, want)
		}
	}
	refusedWith(t, c, "Action=DescribeInstanceTypes&InstanceType.1=x9.huge", "InvalidInstanceType")
}

func filter(name, value string) string {
	return url.Values{"Filter.1.Name": {name}, "Filter.1.Value.1": {value}}.Encode()
}

func TestProducts(t *testing.T) {
	c := newCloud(t, func(c *cloud) {
		c.instances.all[0].Instances[0].ProductCodes = []string{"PC1"}
		c.instances.all[0].Instances[1].Platform = "windows"
	})
	const linux, windows = "&InstanceId=i-3F170798", "&InstanceId=i-2ECA052C"
	if got := answered(t, c, "Action=ConfirmProductInstance&ProductCode=PC1"+linux); !strings.Contains(got, "<return>true</return><ownerId>"+adminAccount) {
		t.Errorf("product code it has: got %s", got)
	}
	if got := answered(t, c, "Action=ConfirmProductInstance&ProductCode=PC1"+windows); !strings.Contains(got, "<return>false</return></") {
		t.Errorf("product code it has not: got %s", got)
	}
	if got := answered(t, c, "Action=GetPasswordData"+windows); !strings.Contains(got, "<passwordData></passwordData>") {
		t.Errorf("password of Windows: got %s, want none yet", got)
	}
	refusedWith(t, c, "Action=GetPasswordData"+linux, "OperationNotPermitted")
	refusedWith(t, c, "Action=CreateImage&Name=web"+linux, "InvalidParameterValue")
	refusedWith(t, c, "Action=CreateImage"+linux, "MissingParameter")
	refusedWith(t, c, "Action=CreateImage&Name=web&SnapshotLocation=local"+linux, "UnsupportedOperation")
	for _, action := range []string{"GetPasswordData", "ConfirmProductInstance&ProductCode=x", "CreateImage&Name=web"} {
		refusedWith(t, c, "InstanceId=i-00000000&Action="+action, "InvalidInstanceID.NotFound")
	}
}
