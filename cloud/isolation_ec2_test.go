package cloud

import (
	"slices"
	"strings"
	"testing"

	"emikit/cloud/api"
)

// outcome is what somebody gets who asks the EC2 API for something of Alice's.
type outcome struct {
	code  string // of a refusal
	shows bool   // the answer has the id
	keeps bool   // what is Alice's is as before
}

// refused is an outcome that tells nothing.
func refused(code string) outcome { return outcome{code: code, keeps: true} }

// The other outcomes.
var (
	blind   = outcome{keeps: true}              // done, without what is Alice's
	sees    = outcome{shows: true, keeps: true} // done
	changes = outcome{shows: true}              // done, also to what is Alice's
)

// thing finds or makes something of Alice's for somebody to ask for, and returns
// its id.
type thing func(t *testing.T, r *realm, who party) string

func existing(id func(*realm) string) thing {
	return func(_ *testing.T, r *realm, _ party) string { return id(r) }
}

func named(name string) thing { return existing(func(*realm) string { return name }) }

// spare is a thing that those get who may do away with it; others try it on one
// that is needed.
func spare(id func(*realm) string, make func(*realm, *testing.T) string) thing {
	return func(t *testing.T, r *realm, who party) string {
		if who.name == "alice" || who.name == "admin" {
			return make(r, t)
		}
		return id(r)
	}
}

// What can be asked for. Each has an id like it that nothing has.
var (
	privateImage  = spare(func(r *realm) string { return r.private }, (*realm).privateImage)
	sharedImage   = spare(func(r *realm) string { return r.shared }, (*realm).sharedImage)
	publicImage   = spare(func(r *realm) string { return r.public }, (*realm).publicImage)
	anInstance    = existing(func(r *realm) string { return r.instance })
	spareInstance = spare(func(r *realm) string { return r.instance }, func(r *realm, t *testing.T) string { return r.newInstance(t, "") })
	aGroup        = existing(func(r *realm) string { return r.group })
	her           = existing(func(r *realm) string { return r.alice.account })
)

const (
	noImage    = "emi-00000000"
	noInstance = "i-00000000"
	noGroup    = "sg-00000000"
	noKeyPair  = "alices-absent-key" // as long as the name of hers
	noManifest = herBundles + "/nothing.manifest.xml"
)

// asked is one thing to ask of an action.
type asked struct {
	action string
	of     thing
	// none is an id like that of the thing: where both are refused, the answers
	// must be the same.
	none             string
	form             string // "ID!" stands for the id, HER! and HIS! for account numbers, PUBLIC! for an image
	bob, admin, hers outcome
}

var (
	noSuchImage    = refused("InvalidAMIID.NotFound")
	noSuchInstance = refused("InvalidInstanceID.NotFound")
	notTheOwner    = refused("AuthFailure")
)

// allAsked is every action with everything that it could be asked of Alice's.
func allAsked() []asked {
	return slices.Concat(askedOfImages(), askedOfInstances(), askedOfStates(), askedOfTags(), askedOfTheRest(), askedOfGroups(), askedOfAddresses())
}

func askedOfImages() []asked {
	all := []asked{
		{"RegisterImage", named(herManifest), noManifest, "ImageLocation=ID!", notTheOwner, blind, blind},
		{"RegisterImage", named(herManifest), noManifest, "ImageLocation=/ID!", notTheOwner, blind, blind},
		{"DescribeImages", privateImage, noImage, "ImageId.1=ID!", noSuchImage, sees, sees},
		{"DescribeImages", sharedImage, "", "ImageId.1=ID!", sees, sees, sees},
		{"DescribeImages", publicImage, "", "ImageId.1=ID!", sees, sees, sees},
		{"DescribeImages", privateImage, "", "", blind, sees, sees},
		{"DescribeImages", privateImage, "", "MaxResults=1000", blind, sees, sees},
		{"DescribeImages", privateImage, "", "Filter.1.Name=image-id&Filter.1.Value.1=ID!", blind, sees, sees},
		{"DescribeImages", privateImage, "", "Filter.1.Name=name&Filter.1.Value.1=*secret*", blind, sees, sees},
		{"DescribeImages", privateImage, "", "Owner.1=alice", blind, sees, sees},
		{"DescribeImages", privateImage, "", "Owner.1=HER!", blind, sees, sees},
		{"DescribeImages", privateImage, "", "ExecutableBy.1=HER!", blind, sees, sees},
		{"DescribeImages", privateImage, "", "ExecutableBy.1=HIS!", blind, blind, blind},
		{"DescribeImages", sharedImage, "", "ExecutableBy.1=HIS!", sees, sees, sees},
		{"DescribeImages", privateImage, "", "Owner.1=self", blind, blind, sees},
		{"DescribeImages", privateImage, "", "ExecutableBy.1=self", blind, blind, sees},
		{"DescribeImages", sharedImage, "", "ExecutableBy.1=self", sees, blind, sees},
		{"DescribeImages", publicImage, "", "ExecutableBy.1=all", sees, sees, sees},
		{"DescribeImages", privateImage, "", "ExecutableBy.1=all", blind, blind, blind},
		{"RunInstances", privateImage, noImage, "MinCount=1&MaxCount=1&ImageId=ID!", noSuchImage, sees, sees},
		{"RunInstances", sharedImage, "", "MinCount=1&MaxCount=1&ImageId=ID!", sees, sees, sees},
		{"RunInstances", publicImage, "", "MinCount=1&MaxCount=1&ImageId=ID!", sees, sees, sees},
	}
	for _, attribute := range []string{"launchPermission", "productCodes", "description", "kernel", "ramdisk", "blockDeviceMapping"} {
		all = append(all, onImages("DescribeImageAttribute", "ImageId=ID!&Attribute="+attribute, sees)...)
	}
	all = append(all, onImages("ModifyImageAttribute", "ImageId=ID!&LaunchPermission.Add.1.Group=all", changes)...)
	all = append(all, onImages("ModifyImageAttribute", "ImageId=ID!&Attribute=launchPermission&OperationType=remove&UserGroup.1=all", changes)...)
	all = append(all, onImages("ModifyImageAttribute", "ImageId=ID!&ProductCode.1=code", changes)...)
	all = append(all, onImages("ModifyImageAttribute", "ImageId=ID!&Description.Value=other", changes)...)
	all = append(all, onImages("ResetImageAttribute", "ImageId=ID!&Attribute=launchPermission", changes)...)
	return append(all, onImages("DeregisterImage", "ImageId=ID!", changes)...)
}

// onImages is something that only an image's owner and administrators may do. To
// others the image is there if they may run it.
func onImages(action, form string, may outcome) []asked {
	may.shows = action == "DescribeImageAttribute"
	return []asked{
		{action, privateImage, noImage, form, noSuchImage, may, may},
		{action, sharedImage, "", form, notTheOwner, may, may},
		{action, publicImage, "", form, notTheOwner, may, may},
	}
}

func askedOfInstances() []asked {
	return []asked{
		{"DescribeInstances", anInstance, noInstance, "InstanceId.1=ID!", noSuchInstance, sees, sees},
		{"DescribeInstances", anInstance, "", "", blind, sees, sees},
		{"DescribeInstances", anInstance, "", "MaxResults=1000", blind, sees, sees},
		{"DescribeInstances", anInstance, "", "Filter.1.Name=instance-id&Filter.1.Value.1=ID!", blind, sees, sees},
		{"DescribeInstances", anInstance, "", "Filter.1.Name=key-name&Filter.1.Value.1=*", blind, sees, sees},
		{"DescribeInstances", her, "", "Filter.1.Name=owner-id&Filter.1.Value.1=ID!", blind, sees, sees},
		{"GetConsoleOutput", anInstance, noInstance, "InstanceId=ID!", noSuchInstance, sees, sees},
		{"GetInstanceMetadata", anInstance, noInstance, "InstanceId=ID!&Path=/latest/user-data", noSuchInstance, sees, sees},
		{"GetInstanceMetadata", anInstance, noInstance, "InstanceId=ID!&Path=/latest/meta-data/public-keys/0/openssh-key", noSuchInstance, sees, sees},
		{"RebootInstances", anInstance, noInstance, "InstanceId.1=ID!", noSuchInstance, outcome{}, outcome{}},
		{"TerminateInstances", spareInstance, noInstance, "InstanceId.1=ID!", noSuchInstance, changes, changes},
	}
}

// askedOfTheRest is what belongs to its owner alone: not even administrators have
// to do with others' key pairs and groups. The last ones do away with what the
// others need.
func askedOfTheRest() []asked {
	const run = "MinCount=1&MaxCount=1&ImageId="
	noSuchGroup, noSuchKey := refused("InvalidGroup.NotFound"), refused("InvalidKeyPair.NotFound")
	return []asked{
		{"DescribeSecurityGroups", aGroup, noGroup, "GroupId.1=ID!", noSuchGroup, noSuchGroup, sees},
		{"DescribeSecurityGroups", aGroup, "", "", blind, blind, sees},
		{"DescribeSecurityGroups", aGroup, "", "GroupName.1=default", blind, blind, sees},
		{"DescribeSecurityGroups", her, "", "Filter.1.Name=owner-id&Filter.1.Value.1=ID!", blind, blind, sees},
		{"RunInstances", aGroup, noGroup, run + "PUBLIC!&SecurityGroupId.1=ID!", noSuchGroup, noSuchGroup, sees},
		{"RunInstances", named(herKeyPair), noKeyPair, run + "PUBLIC!&KeyName=ID!", noSuchKey, noSuchKey, sees},
		{"DescribeAvailabilityZones", named("node1"), "", "", blind, blind, blind},
		{"DescribeAvailabilityZones", named("node1"), "", "ZoneName.1=verbose", blind, sees, blind},
		{"DescribeAvailabilityZones", named("vm types"), "", "ZoneName.1=verbose", blind, sees, blind},
		{"DescribeRegions", named("eucalyptus"), "", "", sees, sees, sees},
		{"DescribeServiceCertificates", named("image-bundling"), "", "", sees, sees, sees},
		{"DescribeKeyPairs", named(herKeyPair), noKeyPair, "KeyName.1=ID!", noSuchKey, noSuchKey, sees},
		{"DescribeKeyPairs", named(herKeyPair), "", "", blind, blind, sees},
		{"DescribeKeyPairs", named(herKeyPair), "", "Filter.1.Name=key-name&Filter.1.Value.1=alice*", blind, blind, sees},
		{"CreateKeyPair", named(herKeyPair), "", "KeyName=ID!", sees, sees, refused("InvalidKeyPair.Duplicate")},
		{"DeleteKeyPair", named(herKeyPair), "", "KeyName=ID!", blind, blind, outcome{}},
	}
}

// actions asks every action about what is Alice's: others are told what they
// would be told if it were not there, and change nothing of it.
func (r *realm) actions(t *testing.T) {
	seen := map[string]bool{}
	for _, a := range allAsked() {
		seen[a.action] = true
		a.form = strings.NewReplacer("PUBLIC!", r.public, "HER!", r.alice.account, "HIS!", r.bob.account, "INSTANCE!", r.instance).Replace(a.form)
		t.Run(a.action+" "+a.form, func(t *testing.T) {
			r.note(t)
			for _, stranger := range []struct {
				party
				outcome
			}{{r.nobody, refused("MissingParameter")}, {r.system, refused("AuthFailure")}, {r.bob, a.bob}} {
				a.byStranger(t, r, stranger.party, stranger.outcome)
			}
			a.by(t, r, r.admin, a.admin)
			a.by(t, r, r.alice, a.hers)
		})
	}
	for _, action := range api.Actions() {
		if !seen[action] {
			t.Errorf("%s: nobody asks about what is another's; add it to the table", action)
		}
		delete(seen, action)
	}
	for action := range seen {
		t.Errorf("%s: no such action", action)
	}
}

// byStranger asks as one who may know no secret, and who may not learn from a
// refusal whether what is asked for is there.
func (a asked) byStranger(t *testing.T, r *realm, who party, want outcome) {
	t.Helper()
	id := a.of(t, r, who)
	got := a.by(t, r, who, want)
	if text := strings.ReplaceAll(got.body, id, ""); strings.Contains(text, secret) {
		t.Errorf("%s is told a secret:\n%s", who.name, got.body)
	}
	if want.code == "" || a.none == "" {
		return
	}
	none := who.ask(t, a.action, params(t, a.form, a.none))
	if got, want := got.without(id, "ID"), none.without(a.none, "ID"); got != want {
		t.Errorf("%s can tell what is there from what is not:\n%s\n%s", who.name, got, want)
	}
}

// by asks, and compares the answer with the outcome that is wanted.
func (a asked) by(t *testing.T, r *realm, who party, want outcome) answer {
	t.Helper()
	id := a.of(t, r, who)
	if want.keeps && who.name == "admin" {
		r.note(t)
	}
	got := who.ask(t, a.action, params(t, a.form, id))
	if got.code != want.code {
		t.Errorf("%s: got %d %q, want %q:\n%s", who.name, got.status, got.code, want.code, got.body)
	}
	if want.code == "" && want != (outcome{}) && strings.Contains(got.body, id) != want.shows {
		t.Errorf("%s: that %q is in the answer, want it to be %v:\n%s", who.name, id, want.shows, got.body)
	}
	if want.keeps && who.name != "alice" {
		r.unchanged(t, who)
	}
	return got
}
