package nodetest

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"emikit/node"
)

// stop stops an instance and waits until it has.
func (f fixture) stop(t *testing.T, id string) node.InstanceStatus {
	t.Helper()
	if err := f.Stop(t.Context(), id); err != nil {
		t.Fatalf("Stop(%s) = %v", id, err)
	}
	return AwaitState(t, f, id, node.StateStopped)
}

// again is how a stopped instance is started as it was.
func again(s node.Spec) node.Start {
	return node.Start{InstanceID: s.InstanceID, Type: s.Type, PrivateIP: s.PrivateIP, PublicIP: s.PublicIP, UserData: s.UserData}
}

func testStopAndStart(t *testing.T, f fixture) {
	s := f.run(t, "i-00000001")
	for range 2 { // once more is as good
		got := f.stop(t, s.InstanceID)
		if got.Reason != node.ReasonUser || !got.Booted {
			t.Errorf("stopped: %+v, want %q, and that it has run", got, node.ReasonUser)
		}
		if err := f.Stop(t.Context(), s.InstanceID); err != nil {
			t.Errorf("Stop again = %v", err)
		}
		if err := f.Start(t.Context(), again(s)); err != nil {
			t.Fatalf("Start = %v", err)
		}
		if got := AwaitState(t, f, s.InstanceID, node.StateRunning); got.Reason != "" {
			t.Errorf("running with the reason %q, want none", got.Reason)
		}
		if err := f.Start(t.Context(), again(s)); err != nil {
			t.Errorf("Start again = %v", err)
		}
	}
	if err := f.Reboot(t.Context(), s.InstanceID); err != nil {
		t.Errorf("Reboot = %v", err)
	}
	if console, err := f.Console(t.Context(), s.InstanceID); err != nil || bytes.Count(console.Output, []byte(s.InstanceID)) < 2 {
		t.Errorf("Console = %q, %v, want what each start wrote", console.Output, err)
	}
}

// testStopGivesBackRoom: a stopped instance has its disk, and no more.
func testStopGivesBackRoom(t *testing.T, f fixture) {
	s := f.run(t, "i-00000001")
	before := Await(t, f, "it runs", func(node.Status) bool { return true })
	f.stop(t, s.InstanceID)
	after := Await(t, f, "it has stopped", func(node.Status) bool { return true })
	want := before.Free
	want.Cores += s.Type.CPUs
	want.MemoryMB += s.Type.MemoryMB
	if after.Free != want {
		t.Errorf("free: got %+v, want %+v", after.Free, want)
	}
	larger := again(s)
	larger.Type = node.VMType{Name: "large", CPUs: after.Free.Cores + 1, MemoryMB: 1, DiskGB: s.Type.DiskGB}
	if err := f.Start(t.Context(), larger); !errors.Is(err, node.ErrNoRoom) {
		t.Errorf("Start without room = %v, want %v", err, node.ErrNoRoom)
	}
	larger.Type = node.VMType{Name: "all", CPUs: after.Free.Cores, MemoryMB: after.Free.MemoryMB, DiskGB: after.Free.DiskGB + s.Type.DiskGB}
	if err := f.Start(t.Context(), larger); err != nil {
		t.Fatalf("Start with all there is = %v", err)
	}
	AwaitState(t, f, s.InstanceID, node.StateRunning)
	if full := Await(t, f, "it runs", func(node.Status) bool { return true }); full.Free != (node.Capacity{}) {
		t.Errorf("free: got %+v, want nothing", full.Free)
	}
}

func testTerminateStopped(t *testing.T, f fixture) {
	s := f.run(t, "i-00000001")
	f.stop(t, s.InstanceID)
	mustTerminate(t, f, s.InstanceID)
	if got := AwaitState(t, f, s.InstanceID, node.StateTerminated); got.Reason != node.ReasonUser {
		t.Errorf("reason: got %q, want %q", got.Reason, node.ReasonUser)
	}
	if status, err := f.Status(t.Context(), 0); err != nil || status.Free != status.Total {
		t.Errorf("free: got %+v, %v, want all of %+v", status.Free, err, status.Total)
	}
	if err := f.Start(t.Context(), again(s)); !errors.Is(err, node.ErrNotStopped) {
		t.Errorf("Start after the end = %v, want %v", err, node.ErrNotStopped)
	}
	if err := f.Stop(t.Context(), s.InstanceID); !errors.Is(err, node.ErrNotRunning) {
		t.Errorf("Stop after the end = %v, want %v", err, node.ErrNotRunning)
	}
}

func testStopAndStartRefused(t *testing.T, f fixture) {
	s := f.run(t, "i-00000001")
	unknown, bad := again(s), again(s)
	unknown.InstanceID, bad.Type = "i-0000000f", node.VMType{}
	if err := f.Stop(t.Context(), unknown.InstanceID); !errors.Is(err, node.ErrUnknownInstance) {
		t.Errorf("Stop = %v, want %v", err, node.ErrUnknownInstance)
	}
	if err := f.Start(t.Context(), unknown); !errors.Is(err, node.ErrUnknownInstance) {
		t.Errorf("Start = %v, want %v", err, node.ErrUnknownInstance)
	}
	f.stop(t, s.InstanceID)
	if err := f.Start(t.Context(), bad); !errors.Is(err, node.ErrBadSpec) {
		t.Errorf("Start = %v, want %v", err, node.ErrBadSpec)
	}
	if err := f.Reboot(t.Context(), s.InstanceID); !errors.Is(err, node.ErrNotRunning) {
		t.Errorf("Reboot of one that is stopped = %v, want %v", err, node.ErrNotRunning)
	}
}

// testStartWithKernel: another kernel and ramdisk are fetched; those that the instance
// has need be known by their ids only.
func testStartWithKernel(t *testing.T, f fixture) {
	s := f.run(t, "i-00000001")
	f.stop(t, s.InstanceID)
	next := again(s)
	kernel := f.store.Bundle(t, f.cert, "eki-00000002", "vmlinuz-2", Noise(2, 40000))
	ramdisk := f.store.Bundle(t, f.cert, "eri-00000002", "initrd-2", Noise(3, 40000))
	next.Kernel, next.Ramdisk, next.KernelArgs = &kernel, &ramdisk, "root=/dev/sda1 single"
	for range 2 {
		if err := f.Start(t.Context(), next); err != nil {
			t.Fatalf("Start = %v", err)
		}
		AwaitState(t, f, s.InstanceID, node.StateRunning)
		f.stop(t, s.InstanceID)
		next.Kernel, next.Ramdisk = &node.Artifact{ImageID: kernel.ImageID}, &node.Artifact{ImageID: ramdisk.ImageID}
	}
	console, err := f.Console(t.Context(), s.InstanceID)
	if err != nil || bytes.Count(console.Output, []byte("vmlinuz-2")) != 2 || bytes.Count(console.Output, []byte("initrd-2")) != 2 {
		t.Errorf("Console = %q, %v, want both starts with the kernel and the ramdisk", console.Output, err)
	}
	next.Kernel = &node.Artifact{ImageID: "eki-00000003"}
	if err := f.Start(t.Context(), next); !errors.Is(err, node.ErrBadSpec) {
		t.Errorf("Start with a kernel that it has not = %v, want %v", err, node.ErrBadSpec)
	}
	broken := f.store.Bundle(t, f.cert, "eki-00000004", "vmlinuz-4", Noise(4, 40000))
	f.store.Remove(broken.Parts[0].Name)
	next.Kernel = &broken
	if err := f.Start(t.Context(), next); err != nil {
		t.Fatalf("Start = %v", err)
	}
	Await(t, f, "it has stopped again", func(s node.Status) bool {
		return s.Instances[0].State == node.StateStopped && strings.Contains(s.Instances[0].Reason, "eki-00000004")
	})
	next.Kernel = &node.Artifact{ImageID: kernel.ImageID}
	if err := f.Start(t.Context(), next); err != nil {
		t.Fatalf("Start with the kernel from before = %v", err)
	}
	AwaitState(t, f, s.InstanceID, node.StateRunning)
}
