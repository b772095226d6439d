package mock

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"emikit/node"
	"emikit/node/hypervisortest"
)

func TestHypervisor(t *testing.T) {
	hypervisortest.Suite{
		Hypervisor: func(*testing.T) node.Hypervisor { return New() },
		Machine:    func(t *testing.T) node.Machine { return machine(t, nil, nil, []byte("disk")) },
	}.Run(t)
}

// machine lays out a machine's folder; a kernel or ramdisk that is nil is none.
func machine(t *testing.T, kernel, ramdisk, root []byte) node.Machine {
	t.Helper()
	dir := t.TempDir()
	write := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o400); err != nil {
			t.Fatal(err)
		}
		return path
	}
	m := node.Machine{
		Spec: node.Spec{
			InstanceID: "i-3F170798",
			Type:       node.VMType{Name: "m1.small", CPUs: 1, MemoryMB: 128, DiskGB: 2},
			Machine:    node.Artifact{ImageID: "emi-F4CB118E", Name: "ttylinux.img"},
			KernelArgs: "root=/dev/sda1 ro",
			KeyName:    "admin_key",
			PrivateIP:  netip.MustParseAddr("10.0.2.3"),
			MAC:        "d0:0d:3F:17:07:98",
			UserData:   []byte("hello"),
		},
		Dir:  dir,
		Root: write("root", root),
	}
	if kernel != nil {
		m.Spec.Kernel = &node.Artifact{ImageID: "eki-90591388", Name: "vmlinuz"}
		m.Kernel = write("kernel", kernel)
	}
	if ramdisk != nil {
		m.Spec.Ramdisk = &node.Artifact{ImageID: "eri-98FE2101", Name: "initrd.img"}
		m.Ramdisk = write("ramdisk", ramdisk)
	}
	return m
}

// boot boots a machine and returns its guest and console.
func boot(t *testing.T, m node.Machine) (node.Guest, *bytes.Buffer) {
	t.Helper()
	console := new(bytes.Buffer)
	m.Console = console
	g, err := New().Boot(t.Context(), m)
	if err != nil {
		t.Fatalf("Boot = %v", err)
	}
	return g, console
}

// bzImage is the setup header of a kernel.
func bzImage(version string) []byte {
	b := make([]byte, 0x1000)
	binary.LittleEndian.PutUint16(b[0x1fe:], 0xaa55)
	copy(b[0x202:], "HdrS")
	binary.LittleEndian.PutUint16(b[0x206:], 0x20f)
	binary.LittleEndian.PutUint16(b[0x20e:], 0x600)
	b[0x211] = 1
	copy(b[0x800:], version)
	return b
}

func TestConsole(t *testing.T) {
	_, console := boot(t, machine(t, bzImage("6.1.0-28-cloud-amd64 x"), []byte("070701"), make([]byte, 4096)))
	want := `emikit mock hypervisor: nothing was run. The images were fetched, verified,
decrypted and unpacked; this is what they hold.

instance     i-3F170798, m1.small: 1 CPU, 128 MB memory, 2 GB disk
kernel       eki-90591388 (vmlinuz): Linux kernel 6.1.0-28-cloud-amd64 (bzImage)
ramdisk      eri-98FE2101 (initrd.img): cpio archive, not compressed
root         emi-F4CB118E (ttylinux.img): unknown content, 4 KiB
arguments    root=/dev/sda1 ro
key          admin_key
addresses    private 10.0.2.3, public none, MAC d0:0d:3F:17:07:98
user data    5 bytes

`
	if got := console.String(); got != want {
		t.Errorf("console:\n%s\nwant:\n%s", got, want)
	}
}

func TestConsoleOfWhatIsNoKernel(t *testing.T) {
	_, console := boot(t, machine(t, []byte("not at all"), nil, nil))
	for _, want := range []string{
		"kernel       eki-90591388 (vmlinuz): not a Linux kernel: unknown content, 10 bytes\n",
		"ramdisk      none\n",
	} {
		if !strings.Contains(console.String(), want) {
			t.Errorf("console:\n%s\nwant a line %q", console, want)
		}
	}
}

func TestConsoleOfMemdisk(t *testing.T) {
	_, console := boot(t, machine(t, bzImage("MEMDISK 4.05"), nil, nil))
	if want := "not a Linux kernel: MEMDISK 4.05"; !strings.Contains(console.String(), want) {
		t.Errorf("console:\n%s\nwant %q", console, want)
	}
}

func TestConsoleOfMissingFile(t *testing.T) {
	m := machine(t, nil, nil, nil)
	if err := os.Remove(m.Root); err != nil {
		t.Fatal(err)
	}
	_, console := boot(t, m)
	if want := "no such file or directory"; !strings.Contains(console.String(), want) {
		t.Errorf("console:\n%s\nwant %q", console, want)
	}
}

func TestConsoleHasNoControlCharacters(t *testing.T) {
	m := machine(t, nil, nil, nil)
	m.Spec.KernelArgs = "quiet\x1b[2J\n"
	_, console := boot(t, m)
	if want := "arguments    quiet?[2J?\n"; !strings.Contains(console.String(), want) {
		t.Errorf("console:\n%s\nwant %q", console, want)
	}
}

func TestReboot(t *testing.T) {
	g, console := boot(t, machine(t, nil, nil, nil))
	before := console.Len()
	if err := g.Reboot(t.Context()); err != nil {
		t.Fatalf("Reboot = %v", err)
	}
	if added := console.String()[before:]; strings.Count(added, "\n") != 1 || !strings.Contains(added, "Reboot") {
		t.Errorf("Reboot wrote %q, want one line about it", added)
	}
}
