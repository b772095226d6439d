//go:build unix

package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"emikit/ec2"
	"emikit/node"
)

// check compares the cloud, just started again, with what it had acknowledged, and
// notes what has become of what it had not.
func (v *victim) check() {
	v.t.Helper()
	v.checkObjects()
	v.checkImages()
	v.checkInstances()
	v.checkKeyPairs()
	v.checkDisk()
	v.checkNode()
}

// checkObjects demands of every object that it is wholly what was acknowledged, or
// wholly what was asked for since.
func (v *victim) checkObjects() {
	v.t.Helper()
	for key, k := range v.objects {
		switch {
		case v.has(key, k.is):
		case v.has(key, k.maybe):
			k.is = k.maybe
		default:
			body, etag, err := v.s3.get(v.t.Context(), key)
			v.t.Errorf("object %q: got %d bytes with ETag %s, %v; want %v or %v", key, len(body), etag, err, k.is, k.maybe)
		}
		k.maybe = k.is
	}
}

// has reports whether an object is a content, its bytes and its ETag.
func (v *victim) has(key string, c *content) bool {
	body, etag, err := v.s3.get(v.t.Context(), key)
	if c == nil {
		return errors.Is(err, errNoObject)
	}
	return err == nil && etag == c.etag && bytes.Equal(body, c.bytes())
}

// checkImages demands the images that were acknowledged, available when their checks
// have ended, and for each registration without an answer one more at most.
func (v *victim) checkImages() {
	v.t.Helper()
	found := v.checkedImages()
	for id, kept := range v.images {
		if image, ok := found[id]; kept && (!ok || image.State != ec2.ImageAvailable) {
			v.t.Errorf("image %s: got %+v, want it available", id, image)
		} else if !ok {
			delete(v.images, id)
		}
	}
	if got := found[v.runnable].Public; got != v.public[0] && got != v.public[1] {
		v.t.Errorf("image %s is public: %t, want %t", v.runnable, got, v.public[0])
	} else {
		v.public = [2]bool{got, got}
	}
	for id := range found {
		if _, ok := v.images[id]; !ok {
			v.lostImages--
		}
		v.images[id] = true
	}
	if v.lostImages < 0 {
		v.t.Errorf("%d images more than were asked for", -v.lostImages)
	}
	v.lostImages = 0
}

// checkedImages waits until no image is pending and returns them by id.
func (v *victim) checkedImages() (found map[string]ec2.Image) {
	v.t.Helper()
	await(v.t, "no image that is pending", func() bool {
		out, err := v.ec2.AllImages(v.t.Context(), &ec2.DescribeImagesRequest{})
		if err != nil {
			v.t.Fatal(err)
		}
		found = map[string]ec2.Image{}
		for _, image := range out.Images {
			found[image.ID] = image
		}
		return !slices.ContainsFunc(out.Images, func(image ec2.Image) bool { return image.State == ec2.ImagePending })
	})
	return found
}

// checkInstances sends every request to run instances again, which must return what
// it did before, and demands that each instance runs, or has ended if that was asked
// for. There must be no others.
func (v *victim) checkInstances() {
	v.t.Helper()
	expected := map[string]string{}
	for _, r := range v.reservations {
		if err := v.launch(v.t.Context(), r); err != nil {
			v.t.Errorf("run again: %v", err)
		}
		maps.Copy(expected, r.instances)
	}
	var found map[string]ec2.Instance
	await(v.t, "instances that run or have ended", func() bool {
		found = v.instances()
		for _, in := range found {
			if in.State.Name != "running" && in.State.Name != "terminated" {
				return false
			}
			if expected[in.ID] == "ended" && in.State.Name != "terminated" {
				return false
			}
		}
		return true
	})
	for id, want := range expected {
		in, state := found[id], found[id].State.Name
		switch {
		case want == "running" && state != "running", state == "":
			v.t.Errorf("instance %s: got %q (%s), want %s", id, state, in.Reason, want)
		case state == "terminated" && !strings.Contains(in.Reason, "User"):
			v.t.Errorf("instance %s ended for the reason %q, want the user's", id, in.Reason)
		}
	}
	if len(found) != len(expected) {
		v.t.Errorf("%d instances, want %d", len(found), len(expected))
	}
	v.settle(found)
}

// settle notes what has become of each instance.
func (v *victim) settle(found map[string]ec2.Instance) {
	for _, r := range v.reservations {
		for id := range r.instances {
			r.instances[id] = "running"
			if found[id].State.Name == "terminated" {
				r.instances[id] = "ended"
			}
		}
	}
}

// instances are all that the cloud tells of, by id.
func (v *victim) instances() map[string]ec2.Instance {
	v.t.Helper()
	out, err := v.ec2.AllInstances(v.t.Context(), &ec2.DescribeInstancesRequest{})
	if err != nil {
		v.t.Fatal(err)
	}
	found := map[string]ec2.Instance{}
	for _, r := range out.Reservations {
		for _, in := range r.Instances {
			found[in.ID] = in
		}
	}
	return found
}

func (v *victim) checkKeyPairs() {
	v.t.Helper()
	out, err := v.ec2.DescribeKeyPairs(v.t.Context(), &ec2.DescribeKeyPairsRequest{})
	if err != nil {
		v.t.Fatal(err)
	}
	found := map[string]string{}
	for _, pair := range out.KeyPairs {
		found[pair.Name] = pair.Fingerprint
	}
	for name, want := range v.keyPairs {
		if want != "" && found[name] != want {
			v.t.Errorf("key pair %s: got fingerprint %q, want %q", name, found[name], want)
		}
	}
}

// database opens the cloud's database for a look.
func (v *victim) database() *sql.DB {
	v.t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(v.dir, "data/emikit.db")+"?mode=ro")
	if err != nil {
		v.t.Fatal(err)
	}
	return db
}

// list returns the rows of a query of two columns.
func list(v *victim, db *sql.DB, query string) map[string]string {
	v.t.Helper()
	rows, err := db.QueryContext(v.t.Context(), query)
	if err != nil {
		v.t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	all := map[string]string{}
	for rows.Next() {
		var name, value string
		if err := rows.Scan(&name, &value); err != nil {
			v.t.Fatal(err)
		}
		all[name] = value
	}
	if err := rows.Err(); err != nil {
		v.t.Fatal(err)
	}
	return all
}

// checkDisk compares the database with the files of the objects, and with itself.
func (v *victim) checkDisk() {
	v.t.Helper()
	db := v.database()
	defer db.Close()
	recorded := list(v, db, "SELECT version, size FROM objects WHERE parts = 0 UNION ALL SELECT file, size FROM parts")
	if stored := v.stored(); !maps.Equal(stored, recorded) {
		v.t.Errorf("%d files of objects, %d recorded, or other sizes; only stored: %v; only recorded: %v",
			len(stored), len(recorded), without(stored, recorded), without(recorded, stored))
	}
	open := list(v, db, "SELECT id, key FROM uploads")
	for id, key := range v.uploads {
		if open[id] != key {
			v.t.Errorf("the unfinished upload %s to %s is gone", id, key)
		}
	}
	for what, query := range map[string]string{
		"parts of nothing":                   "SELECT file, upload FROM parts WHERE upload NOT IN (SELECT id FROM uploads UNION SELECT version FROM objects)",
		"objects without all of their parts": "SELECT key, parts FROM objects WHERE parts <> (SELECT count(*) FROM parts WHERE upload = version)",
		"buckets with another size": `SELECT name, bytes FROM buckets WHERE bytes <> (SELECT coalesce(sum(size), 0) FROM objects WHERE bucket = name)
			+ (SELECT coalesce(sum(parts.size), 0) FROM parts JOIN uploads ON id = upload WHERE bucket = name)`,
		"addresses of no instance":        "SELECT ip, instance FROM addresses WHERE instance NOT IN (SELECT id FROM instances WHERE state <> 'terminated')",
		"instances without two addresses": "SELECT id, state FROM instances WHERE state <> 'terminated' AND 2 <> (SELECT count(*) FROM addresses WHERE instance = id)",
		"reservations without instances":  "SELECT id, client_token FROM reservations WHERE id NOT IN (SELECT reservation FROM instances)",
		"foreign keys to nothing":         "SELECT rowid, \"table\" FROM pragma_foreign_key_check",
		"damage":                          "SELECT integrity_check, '' FROM pragma_integrity_check WHERE integrity_check <> 'ok'",
	} {
		if got := list(v, db, query); len(got) > 0 {
			v.t.Errorf("%s: %v", what, got)
		}
	}
}

// stored are the files of objects and their sizes.
func (v *victim) stored() map[string]string {
	v.t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(filepath.Join(v.dir, "data/objects"), func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if err == nil {
			all[e.Name()] = fmt.Sprint(info.Size())
		}
		return err
	})
	if err != nil {
		v.t.Fatal(err)
	}
	return all
}

// without are the entries of a that b has not.
func without(a, b map[string]string) []string {
	var only []string
	for name, value := range a {
		if b[name] != value {
			only = append(only, name+" "+value)
		}
	}
	slices.Sort(only)
	return only
}

// checkNode demands that the node's directory has nothing but whole images and the
// instances that it tells of, each in the state that the cloud has.
func (v *victim) checkNode() {
	v.t.Helper()
	image, err := os.ReadFile(filepath.Join(v.dir, killImage))
	if err != nil {
		v.t.Fatal(err)
	}
	found := v.instances()
	root := filepath.Join(v.dir, "data/nodes/node1")
	for path, e := range v.walk(filepath.Join(root, "cache")) {
		body, err := os.ReadFile(filepath.Join(root, "cache", path))
		if e.Name() != "image" || err != nil || !bytes.Equal(body, image) {
			v.t.Errorf("cache: %s has %d bytes, %v; want whole images only", path, len(body), err)
		}
	}
	for path := range v.walk(filepath.Join(root, "instances")) {
		id, file, _ := strings.Cut(path, "/")
		state := found[id].State.Name
		if !slices.Contains([]string{"root", "spec.json", "state.json", "console.log"}, file) || state == "" || file == "root" && state != "running" {
			v.t.Errorf("node: file %s of an instance that is %q", path, state)
		}
	}
	for id, in := range found {
		var status node.InstanceStatus
		text, err := os.ReadFile(filepath.Join(root, "instances", id, "state.json"))
		if err == nil {
			err = json.Unmarshal(text, &status)
		}
		if in.State.Name == "running" && (err != nil || string(status.State) != in.State.Name) {
			v.t.Errorf("node: %s is %q, %v; the cloud has it as %s", id, status.State, err, in.State.Name)
		}
	}
}

// walk lists the files below a directory by their paths in it.
func (v *victim) walk(dir string) map[string]fs.DirEntry {
	v.t.Helper()
	all := map[string]fs.DirEntry{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			all[path] = e
		}
		return err
	})
	if err != nil {
		v.t.Fatal(err)
	}
	return all
}

// terminateAll ends every instance.
func (v *victim) terminateAll() {
	v.t.Helper()
	for _, r := range v.reservations {
		ids := slices.Collect(maps.Keys(r.instances))
		if err := v.terminate(v.t.Context(), ids...); err != nil {
			v.t.Errorf("terminate %v: %v", ids, err)
		}
		for _, id := range ids {
			r.instances[id] = "ended"
		}
	}
}

// checkFree demands that nothing is taken any more: no address and no room.
func (v *victim) checkFree() {
	v.t.Helper()
	db := v.database()
	defer db.Close()
	if held := list(v, db, "SELECT ip, instance FROM addresses"); len(held) > 0 {
		v.t.Errorf("addresses are still held: %v", held)
	}
	ctx, cancel := context.WithTimeout(v.t.Context(), 10*time.Second)
	defer cancel()
	out, err := v.ec2.DescribeAvailabilityZones(ctx, &ec2.DescribeAvailabilityZonesRequest{ZoneNames: []string{"verbose"}})
	if err != nil {
		v.t.Fatal(err)
	}
	rows := 0
	for _, zone := range out.Zones {
		var free, most int
		if n, _ := fmt.Sscanf(zone.State, "%d / %d", &free, &most); n != 2 {
			continue
		}
		if rows++; free != most || most == 0 {
			v.t.Errorf("%s: %d of %d are free", zone.Name, free, most)
		}
	}
	if rows == 0 {
		v.t.Errorf("no report on room in %+v", out.Zones)
	}
}
