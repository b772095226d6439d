package cloud

import (
	"os"
	"path/filepath"
	"testing"

	"emikit/cloud/caller"
	"emikit/cloud/instances"
)

// TestStoppedOutlivesTheCloud: a stopped instance, its disk and its tags are there in
// the next run of a cloud and of its node, though its image is gone; it starts.
func TestStoppedOutlivesTheCloud(t *testing.T) {
	dir := startedConfig(t).Dir
	var (
		id   string
		her  caller.Caller
		root string
	)
	t.Run("stopped", func(t *testing.T) {
		r := newRealm(t, func(c *Config) { c.Dir = dir })
		r.furnish(t)
		id, her = r.instance, r.alice.caller()
		r.alice.must(t, "StopInstances", "InstanceId.1="+id)
		r.await(t, id, instances.StateStopped)
		r.alice.must(t, "DeregisterImage", "ImageId="+r.private)
		root = filepath.Join(dir, "nodes", localNode, "instances", id, "root")
		if err := os.Remove(root); err != nil { // it may share its content with the cache
			t.Fatal(err)
		}
		if err := os.WriteFile(root, []byte("written by the guest"), 0o600); err != nil {
			t.Fatal(err)
		}
	})
	if t.Failed() {
		return
	}
	t.Run("started", func(t *testing.T) {
		c := serveCloud(t, testConfig(dir))
		if _, err := c.instances.Start(t.Context(), her, []string{id}); err != nil {
			t.Fatalf("start: %v", err)
		}
		for {
			in, err := c.instances.Details(t.Context(), her, id)
			if err != nil || in.State != instances.StatePending && in.State != instances.StateRunning {
				t.Fatalf("got %s (%s), %v, want it running", in.State, in.Reason.Message, err)
			}
			if in.State == instances.StateRunning {
				break
			}
		}
		if text, err := os.ReadFile(root); err != nil || string(text) != "written by the guest" {
			t.Errorf("disk: got %q, %v, want what was written", text, err)
		}
		if tags, err := c.tags.List(t.Context(), her, "instance"); err != nil || len(tags) != 1 || tags[0].Key != herTag {
			t.Errorf("tags: got %v, %v, want %s", tags, err, herTag)
		}
	})
}
