package api

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"emikit/cloud/identity"
	"emikit/cloud/instances"
	"emikit/cloud/tags"
	"emikit/ec2"
)

func sampleTags() []tags.Tagged {
	return []tags.Tagged{
		{Resource: "emi-F4CB118E", Type: tags.Image, Tag: tags.Tag{Key: "Name", Value: "tty"}},
		{Resource: "i-3F170798", Type: tags.Instance, Tag: tags.Tag{Key: "Name", Value: "web"}},
		{Resource: "i-3F170798", Type: tags.Instance, Tag: tags.Tag{Key: "empty", Value: ""}},
		{Resource: "key-1", Type: tags.KeyPair, Tag: tags.Tag{Key: "Name", Value: "mine"}},
		{Resource: "sg-00000001", Type: tags.SecurityGroup, Tag: tags.Tag{Key: "Name", Value: "all"}},
	}
}

func TestChangeTags(t *testing.T) {
	c := newCloud(t)
	client := c.client(t, adminKeys, 4)
	_, err := client.CreateTags(t.Context(), &ec2.CreateTagsRequest{Resources: []string{"i-1", "emi-1"},
		Tags: []ec2.TagRequest{{Key: "Name", Value: new("a=b")}, {Key: "none"}}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.DeleteTags(t.Context(), &ec2.DeleteTagsRequest{Resources: []string{"i-1"},
		Tags: []ec2.TagRequest{{Key: "any"}, {Key: "empty", Value: new("")}}})
	if err != nil {
		t.Fatal(err)
	}
	answered(t, c, "Action=DeleteTags&ResourceId.1=i-1")
	want := []string{"put [{Name a=b} {none }] on [i-1 emi-1]", `remove ["any" "empty="] from [i-1]`, "remove [] from [i-1]"}
	if diff := cmp.Diff(want, c.tags.changes); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	refusedWith(t, c, "Action=CreateTags&Tag.1.Key=x", "MissingParameter")
	refusedWith(t, c, "Action=CreateTags&ResourceId.1=i-1", "MissingParameter")
	for id, code := range map[string]string{
		"i-1": "InvalidInstanceID.NotFound", "emi-1": "InvalidAMIID.NotFound", "sg-1": "InvalidGroup.NotFound",
		"key-1": "InvalidKeyPair.NotFound", "vol-1": "InvalidID",
	} {
		of := map[string]tags.Type{"i-1": tags.Instance, "emi-1": tags.Image, "sg-1": tags.SecurityGroup, "key-1": tags.KeyPair}[id]
		c.tags.err = &tags.NotFoundError{ID: id, Type: of}
		refusedWith(t, c, "Action=CreateTags&Tag.1.Key=x&ResourceId.1="+id, code)
	}
	c.tags.err = fmt.Errorf("%w: 51", tags.ErrTooMany)
	refusedWith(t, c, "Action=CreateTags&Tag.1.Key=x&ResourceId.1=i-1", "TagLimitExceeded")
	c.tags.err = fmt.Errorf("%w: aws:", tags.ErrBadTag)
	refusedWith(t, c, "Action=CreateTags&Tag.1.Key=x&ResourceId.1=i-1", "InvalidParameterValue")
}

func TestDescribeTags(t *testing.T) {
	c := newCloud(t, func(c *cloud) { c.tags.all = sampleTags() })
	list := func(q ec2.DescribeTagsRequest) string {
		t.Helper()
		out, err := c.client(t, adminKeys, 4).AllTags(t.Context(), &q)
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, tag := range out.Tags {
			all = append(all, tag.ResourceType+" "+tag.ResourceID+" "+tag.Key+"="+tag.Value)
		}
		return strings.Join(all, ", ")
	}
	by := func(name, value string) ec2.DescribeTagsRequest {
		return ec2.DescribeTagsRequest{Filters: []ec2.Filter{{Name: name, Values: []string{value}}}}
	}
	const name, empty = "instance i-3F170798 Name=web", "instance i-3F170798 empty="
	for filter, want := range map[[2]string]string{
		{"resource-id", "i-*"}:         name + ", " + empty,
		{"key", "empty"}:               empty,
		{"resource-type", "image"}:     "image emi-F4CB118E Name=tty",
		{"tag:Name", "web"}:            name,
		{"tag:Other", "*"}:             "",
		{"resource-type", "key-pair"}:  "key-pair key-1 Name=mine",
		{"tag-key", "e*"}:              empty,
		{"resource-id", "sg-00000001"}: "security-group sg-00000001 Name=all",
	} {
		if got := list(by(filter[0], filter[1])); got != want {
			t.Errorf("%v: got %s, want %s", filter, got, want)
		}
	}
	for i := range 12 {
		key := strings.Repeat("ü ", i) // also what no token could hold
		c.tags.all = append(c.tags.all, tags.Tagged{Resource: "i-2", Type: tags.Instance, Tag: tags.Tag{Key: key}})
	}
	seen := map[string]bool{}
	for _, tag := range strings.Split(list(ec2.DescribeTagsRequest{MaxResults: new(5)}), ", ") {
		seen[tag] = true
	}
	if len(seen) != len(c.tags.all) {
		t.Errorf("in pages: got %d different tags, want %d", len(seen), len(c.tags.all))
	}
	refusedWith(t, c, "Action=DescribeTags&Filter.1.Name=tag:&Filter.1.Value.1=x", "InvalidParameterValue")
}

// TestTagsOfThings: what is listed has its tags, and is found by them.
func TestTagsOfThings(t *testing.T) {
	c := newCloud(t, func(c *cloud) {
		c.tags.all = sampleTags()
		c.images.all[1].Unverified = true
		c.identity.pairs[adminAccount] = []identity.KeyPair{{Name: "a", ID: "key-1"}, {Name: "b", ID: "key-2"}}
	})
	for query, want := range map[string]string{
		"DescribeInstances&" + filter("tag:Name", "web"):          "<tagSet><item><key>Name</key><value>web</value></item><item><key>empty</key>",
		"DescribeInstances&" + filter("tag-key", "empty"):         "<instanceId>i-3F170798</instanceId>",
		"DescribeInstances&" + filter("tag:Name", "db"):           "<reservationSet></reservationSet>",
		"DescribeImages&" + filter("tag-value", "tty"):            "<imageId>emi-F4CB118E</imageId>",
		"DescribeImages&" + filter("tag:emikit:signature", "un*"): "<imagesSet><item><imageId>eki-38AC43DC</imageId>",
		"DescribeKeyPairs&" + filter("tag:Name", "mine"):          "<keySet><item><keyPairId>key-1</keyPairId><keyName>a</keyName>",
		"DescribeKeyPairs&" + filter("key-pair-id", "key-2"):      "<keySet><item><keyPairId>key-2</keyPairId><keyName>b</keyName>",
	} {
		if got := answered(t, c, "Action="+query); !strings.Contains(got, want) {
			t.Errorf("%s: got %s\nwant %s in it", query, got, want)
		}
	}
}

func TestTagSpecification(t *testing.T) {
	c := newCloud(t)
	const tagged = "&TagSpecification.1.ResourceType=%s&TagSpecification.1.Tag.1.Key=Name&TagSpecification.1.Tag.1.Value=web" +
		"&TagSpecification.2.ResourceType=volume&TagSpecification.2.Tag.1.Key=of&TagSpecification.2.Tag.1.Value=nothing"
	const run = "Action=RunInstances&ImageId=emi-F4CB118E&MinCount=1&MaxCount=1"
	if got := answered(t, c, run+fmt.Sprintf(tagged, "instance")); strings.Count(got, "<tagSet><item><key>Name</key><value>web</value></item></tagSet>") != 2 {
		t.Errorf("run: got %s, want the tag on both instances", got)
	}
	if diff := cmp.Diff([]instances.Tag{{Key: "Name", Value: "web"}}, c.instances.run.Tags); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	answered(t, c, "Action=RegisterImage&ImageLocation=b/m"+fmt.Sprintf(tagged, "image"))
	answered(t, c, "Action=CreateKeyPair&KeyName=k"+fmt.Sprintf(tagged, "key-pair"))
	if want := "put [{Name web}] on [emi-F4CB118E]"; len(c.tags.changes) != 2 || c.tags.changes[0] != want {
		t.Errorf("got %q, want %q first", c.tags.changes, want)
	}
	refusedWith(t, c, run+fmt.Sprintf(tagged, "image"), "InvalidParameterValue")
	refusedWith(t, c, run+"&TagSpecification.1.Tag.1.Key=x", "MissingParameter")
	refusedWith(t, c, run+"&TagSpecification.1.ResourceType=instance&TagSpecification.1.Tag.1.Key=aws:x", "InvalidParameterValue")
}
