package cloud

import (
	"testing"

	"emikit/cloud/instances"
	"emikit/node"
	"emikit/node/nodetest"
)

// herTag is the key of a tag that Alice has on one of everything.
const herTag = secret + "-tag"

// tagAll puts Alice's tag on what she has.
func (r *realm) tagAll(t *testing.T) {
	t.Helper()
	r.alice.must(t, "CreateTags", "Tag.1.Key="+herTag+"&Tag.1.Value="+secret+"-value&ResourceId.1="+r.instance+"&ResourceId.2="+r.private+
		"&ResourceId.3="+r.shared+"&ResourceId.4="+r.public+"&ResourceId.5="+r.group+"&ResourceId.6="+r.keyPair)
}

// What can be stopped and started. Bob tries it on the instance that is needed.
var (
	runningSpare = spare(func(r *realm) string { return r.instance }, (*realm).runningInstance)
	stoppedSpare = spare(func(r *realm) string { return r.instance }, func(r *realm, t *testing.T) string {
		id := r.runningInstance(t)
		r.alice.must(t, "StopInstances", "InstanceId.1="+id)
		r.await(t, id, instances.StateStopped)
		return id
	})
	aKeyPair     = existing(func(r *realm) string { return r.keyPair })
	taggedPublic = existing(func(r *realm) string { return r.public })
	taggedShared = existing(func(r *realm) string { return r.shared })
)

const noKeyPairID = "key-0000000000000000"

// runningInstance is one of Alice's that runs.
func (r *realm) runningInstance(t *testing.T) string {
	t.Helper()
	id := r.newInstance(t, "")
	nodetest.AwaitState(t, r.node, id, node.StateRunning)
	r.await(t, id, instances.StateRunning)
	return id
}

// await waits until the cloud has recorded that an instance is in a state, which its
// node is in.
func (r *realm) await(t *testing.T, id string, want instances.State) {
	t.Helper()
	for {
		in, err := r.Cloud.instances.Details(t.Context(), r.alice.caller(), id)
		if err != nil {
			t.Fatal(err)
		}
		if in.State == want {
			return
		}
	}
}

func askedOfStates() []asked {
	invalid, notPermitted := refused("InvalidParameterValue"), refused("OperationNotPermitted")
	return []asked{
		{"StopInstances", runningSpare, noInstance, "InstanceId.1=ID!", noSuchInstance, changes, changes},
		{"StartInstances", stoppedSpare, noInstance, "InstanceId.1=ID!", noSuchInstance, changes, changes},
		{"DescribeInstanceStatus", anInstance, noInstance, "InstanceId.1=ID!&IncludeAllInstances=true", noSuchInstance, sees, sees},
		{"DescribeInstanceStatus", anInstance, "", "", blind, sees, sees},
		{"DescribeInstanceStatus", anInstance, "", "IncludeAllInstances=true&MaxResults=1000", blind, sees, sees},
		{"DescribeInstanceStatus", anInstance, "", "Filter.1.Name=instance-state-name&Filter.1.Value.1=*", blind, sees, sees},
		{"DescribeInstanceAttribute", anInstance, noInstance, "InstanceId=ID!&Attribute=userData", noSuchInstance, sees, sees},
		{"DescribeInstanceAttribute", anInstance, noInstance, "InstanceId=ID!&Attribute=groupSet", noSuchInstance, sees, sees},
		{"ModifyInstanceAttribute", anInstance, noInstance, "InstanceId=ID!&DisableApiTermination.Value=true", noSuchInstance, outcome{}, outcome{}},
		{"ModifyInstanceAttribute", anInstance, noInstance, "InstanceId=ID!&DisableApiTermination.Value=false", noSuchInstance, outcome{}, outcome{}},
		{"GetPasswordData", anInstance, noInstance, "InstanceId=ID!", noSuchInstance, notPermitted, notPermitted},
		{"ConfirmProductInstance", anInstance, noInstance, "InstanceId=ID!&ProductCode=C1", noSuchInstance, blind, blind},
		{"CreateImage", anInstance, noInstance, "InstanceId=ID!&Name=web", noSuchInstance, invalid, invalid},
		{"DescribeInstanceTypes", named("m1.small"), "", "", sees, sees, sees},
		{"DescribeInstanceTypes", named("<zoneName>cluster1"), "", "Availability=true", blind, sees, blind},
	}
}

func askedOfTags() []asked {
	noSuchGroup, noSuchKey := refused("InvalidGroup.NotFound"), refused("InvalidKeyPair.NotFound")
	all := []asked{
		{"DescribeTags", anInstance, "", "", blind, sees, sees},
		{"DescribeTags", taggedPublic, "", "Filter.1.Name=resource-id&Filter.1.Value.1=ID!", blind, sees, sees},
		{"DescribeTags", aGroup, "", "Filter.1.Name=resource-type&Filter.1.Value.1=security-group", blind, blind, sees},
		{"DescribeTags", aKeyPair, "", "MaxResults=1000", blind, blind, sees},
		{"DescribeTags", named(herTag), "", "Filter.1.Name=key&Filter.1.Value.1=*", blind, sees, sees},
		{"DescribeInstances", anInstance, "", "Filter.1.Name=tag-key&Filter.1.Value.1=*", blind, sees, sees},
		{"DescribeImages", taggedPublic, "", "Filter.1.Name=tag:" + herTag + "&Filter.1.Value.1=*", blind, sees, sees},
		{"DescribeImages", taggedShared, "", "Filter.1.Name=tag-value&Filter.1.Value.1=*", blind, sees, sees},
		{"DescribeImages", named(herTag), "", "ImageId.1=PUBLIC!", blind, sees, sees},
		{"DescribeSecurityGroups", aGroup, "", "Filter.1.Name=tag-key&Filter.1.Value.1=*", blind, blind, sees},
		{"DescribeKeyPairs", aKeyPair, "", "Filter.1.Name=tag-key&Filter.1.Value.1=*", blind, blind, sees},
	}
	for _, change := range []struct{ action, form string }{
		{"CreateTags", "ResourceId.1=ID!&Tag.1.Key=" + herTag + "&Tag.1.Value=other"},
		{"DeleteTags", "ResourceId.1=ID!&Tag.1.Key=other"},
	} {
		all = append(all,
			asked{change.action, existing(func(r *realm) string { return r.private }), noImage, change.form, noSuchImage, outcome{}, outcome{}},
			asked{change.action, taggedShared, noImage, change.form, noSuchImage, outcome{}, outcome{}},
			asked{change.action, taggedPublic, noImage, change.form, noSuchImage, outcome{}, outcome{}},
			asked{change.action, anInstance, noInstance, change.form, noSuchInstance, outcome{}, outcome{}},
			asked{change.action, aGroup, noGroup, change.form, noSuchGroup, noSuchGroup, outcome{}},
			asked{change.action, aKeyPair, noKeyPairID, change.form, noSuchKey, noSuchKey, outcome{}},
		)
	}
	return all
}
