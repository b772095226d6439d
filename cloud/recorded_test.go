package cloud

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"emikit/cloud/nodes"
	"emikit/manifest"
	"emikit/node"
	"emikit/node/nodetest"
)

// recorded is where the exchanges of euca2ools 3.4.1 are.
const recorded = "../ec2/testdata/euca2ools"

// mayRefuse are the codes with which recorded requests may be refused, by how their names
// begin: they are for what this cloud has not.
func mayRefuse() map[string]string {
	return map[string]string{
		"create-keypair-file":                      "InvalidKeyPair.Duplicate", // of create-keypair
		"register":                                 "UnsupportedOperation",     // block devices
		"run-instances-full":                       "UnsupportedOperation",     // private addressing, volumes
		"run-instances-vpc":                        "UnsupportedOperation",
		"error-notfound":                           "InvalidAMIID.NotFound",
		"wire: euca-describe-images -o":            "InvalidAMIID.NotFound", // ami-1
		"wire: euca-register":                      "UnsupportedOperation",
		"wire: euca-run-instances ami-00000000 -n": "UnsupportedOperation",
		"wire: euca-terminate-instances":           "InvalidInstanceID.NotFound", // i-2
		"wire: euca-deregister":                    "InvalidAMIID.NotFound",      // deregistered before
	}
}

// absent are the elements of recorded answers, by a part of their paths, that this
// cloud's lack, or lack for what there is here.
func absent() []string {
	return []string{
		"/blockDeviceMapping/item", "/networkInterfaceSet/item", "/vpcId", "/subnetId", // neither volumes nor VPCs
		"/hypervisor",  // is not told
		"/platform",    // no Windows here
		"/item/reason", // of an instance that runs
		"RunInstancesResponse/instancesSet/item/keyName", "RunInstancesResponse/instancesSet/item/clientToken", // not asked for
	}
}

// exchange is a recorded request, and the elements of the answer, if there was one.
type exchange struct {
	name     string
	form     url.Values
	elements map[string]bool
}

// TestRecordedRequests sends the requests that euca2ools made, signed anew, with the ids
// of what there is here in place of those that were recorded. Each parameter must be
// known, and the answer have the elements that euca2ools was answered with: neither
// comes from our own client.
func TestRecordedRequests(t *testing.T) {
	r := newRealm(t, func(c *Config) { c.UserKernels = true })
	here := r.recordedThings(t)
	for _, e := range exchanges(t) {
		t.Run(e.name, func(t *testing.T) {
			form := url.Values{}
			for name, values := range e.form {
				form.Set(name, here.Replace(values[0]))
			}
			got := r.admin.ask(t, form.Get("Action"), form)
			e.judge(t, got)
		})
	}
}

// judge compares an answer with the recorded one.
func (e exchange) judge(t *testing.T, got answer) {
	t.Helper()
	if got.code != "" {
		for name, code := range mayRefuse() {
			if strings.HasPrefix(e.name, name) && got.code == code {
				return
			}
		}
		t.Fatalf("%v: got %s", e.form, got.body)
	}
	ours := elements(t, got.body)
	for _, name := range slices.Sorted(maps.Keys(e.elements)) {
		expected := !slices.ContainsFunc(absent(), func(part string) bool { return strings.Contains(name, part) })
		if expected && !ours[name] {
			t.Errorf("the answer has no %s", name)
		}
	}
}

// recordedThings makes what the recorded requests name, and says what it is called here.
func (r *realm) recordedThings(t *testing.T) *strings.Replacer {
	t.Helper()
	r.bundle(t, r.admin, "machines", manifest.Manifest{})
	r.bundle(t, r.admin, "kernels", manifest.Manifest{Kind: manifest.KindKernel})
	r.bundle(t, r.admin, "ramdisks", manifest.Manifest{Kind: manifest.KindRamdisk})
	eki := r.admin.must(t, "RegisterImage", "ImageLocation=kernels/image.manifest.xml")
	eri := r.admin.must(t, "RegisterImage", "ImageLocation=ramdisks/image.manifest.xml")
	emi := r.admin.must(t, "RegisterImage", "ImageLocation=machines/image.manifest.xml&Description=d&KernelId="+eki+"&RamdiskId="+eri)
	r.admin.must(t, "ModifyImageAttribute", "ProductCode.1=PC1&ImageId="+emi)
	r.admin.must(t, "CreateTags", "Tag.1.Key=Name&Tag.1.Value=web&ResourceId.1="+emi+"&ResourceId.2="+eki)
	r.admin.must(t, "CreateTags", "ResourceId.1="+emi+"&Tag.1.Key=Name&Tag.1.Value=web")
	r.admin.must(t, "CreateKeyPair", "KeyName=there")
	group := r.admin.must(t, "DescribeSecurityGroups", "")
	var instances [2]string
	for i := range instances {
		a := r.admin.ask(t, "RunInstances", params(t, "MinCount=1&MaxCount=1&KeyName=there&ClientToken=there-"+strconv.Itoa(i)+"&ImageId=ID!", emi))
		instances[i] = instanceID.FindStringSubmatch(a.body)[1]
		nodetest.AwaitState(t, r.node, instances[i], node.StateRunning)
		r.admin.must(t, "CreateTags", "ResourceId.1="+instances[i]+"&Tag.1.Key=Name&Tag.1.Value=web")
		r.admin.must(t, "CreateTags", "Tag.1.Key=Name&Tag.1.Value=foo&ResourceId.1="+instances[i])
	}
	return strings.NewReplacer(
		"emi-3C8A1B2D", emi, "eki-11112222", eki, "eri-33334444", eri, "ami-00000000", emi, "eki-1", eki, "eri-1", eri, "eri-2", eri,
		"i-aaaa1111", instances[0], "i-bbbb2222", instances[1], "i-902c3703cb36b0551", instances[0],
		"sg-22222222", group, "sg-1", group,
		"bucket/machine.img.manifest.xml", "machines/image.manifest.xml", "b/p/x.manifest.xml", "machines/image.manifest.xml",
		"us-east-1a", nodes.DefaultZone, "web server", "web-server", // no spaces in Eucalyptus's names
	)
}

// exchanges are all that were recorded with a request.
func exchanges(t *testing.T) (all []exchange) {
	t.Helper()
	dirs, err := filepath.Glob(recorded + "/*/requests.json")
	if err != nil || len(dirs) == 0 {
		t.Fatalf("%s: got %d requests, %v", recorded, len(dirs), err)
	}
	for _, file := range dirs {
		var requests []struct{ Form map[string]string }
		readJSON(t, file, &requests)
		for i, request := range requests {
			e := exchange{name: filepath.Base(filepath.Dir(file)), form: valuesOf(request.Form)}
			answer, err := os.ReadFile(filepath.Join(filepath.Dir(file), "response1.xml"))
			if err == nil && i == 0 && !strings.HasPrefix(e.name, "error-") {
				e.elements = elements(t, string(answer))
			}
			all = append(all, e)
		}
	}
	var wire []struct {
		Command string
		Form    map[string]string
	}
	readJSON(t, recorded+"/wire.json", &wire)
	for _, w := range wire {
		all = append(all, exchange{name: "wire: " + w.Command, form: valuesOf(w.Form)})
	}
	slices.SortStableFunc(all, func(a, b exchange) int { return ends(a) - ends(b) })
	return all
}

// ends is 1 for an exchange after which there is less than before: it comes last.
func ends(e exchange) int {
	if action := e.form.Get("Action"); action == "DeregisterImage" || action == "TerminateInstances" {
		return 1
	}
	return 0
}

func valuesOf(form map[string]string) url.Values {
	values := url.Values{}
	for name, value := range form {
		values.Set(name, value)
	}
	return values
}

func readJSON(t *testing.T, file string, into any) {
	t.Helper()
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

// elements are the paths of all elements of a document, such as
// DescribeImagesResponse/imagesSet/item/imageId. One that is not XML has none.
func elements(t *testing.T, document string) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	var path []string
	for dec := xml.NewDecoder(strings.NewReader(document)); ; {
		token, err := dec.Token()
		if err != nil {
			if err != io.EOF {
				return map[string]bool{}
			}
			return found
		}
		switch e := token.(type) {
		case xml.StartElement:
			path = append(path, e.Name.Local)
			found[strings.Join(path, "/")] = true
		case xml.EndElement:
			path = path[:len(path)-1]
		}
	}
}
