package node

import (
	"fmt"
	"net/netip"
	"slices"

	"emikit/manifest"
)

// VMType is the size of an instance.
type VMType struct {
	Name     string `json:"name"`
	CPUs     int    `json:"cpus"`
	MemoryMB int    `json:"memory_mb"` // MiB
	DiskGB   int    `json:"disk_gb"`   // GiB
}

// PartURL is one part of a bundle and where it is fetched.
type PartURL struct {
	Name   string          `json:"name"`
	URL    string          `json:"url,omitempty"` // presigned: as secret as a key while it is valid
	Size   int64           `json:"size"`          // bytes
	Digest manifest.Digest `json:"digest"`
}

// Artifact is a bundle that a node fetches and unpacks.
type Artifact struct {
	ImageID     string          `json:"image_id"`     // emi-…, eki-… or eri-…
	Location    string          `json:"location"`     // bucket/name.manifest.xml
	Name        string          `json:"name"`         // the image's name in its manifest
	Digest      manifest.Digest `json:"digest"`       // of the tar stream
	Size        int64           `json:"size"`         // of the image, bytes
	BundledSize int64           `json:"bundled_size"` // of all parts, bytes
	CacheKey    string          `json:"cache_key"`    // hex SHA-256 of the manifest
	Parts       []PartURL       `json:"parts"`
	Key         []byte          `json:"key,omitempty"` // enveloped to the node's certificate
	IV          []byte          `json:"iv,omitempty"`  // likewise
}

// Spec is all that a node is told about an instance.
type Spec struct {
	InstanceID    string     `json:"instance_id"`
	ReservationID string     `json:"reservation_id"`
	Account       string     `json:"account"`
	ImageName     string     `json:"image_name"`
	LaunchIndex   int        `json:"launch_index"`
	Type          VMType     `json:"type"`
	Machine       Artifact   `json:"machine"`
	Kernel        *Artifact  `json:"kernel,omitempty"`
	Ramdisk       *Artifact  `json:"ramdisk,omitempty"`
	KernelArgs    string     `json:"kernel_args"`
	KeyName       string     `json:"key_name"`
	PublicKey     string     `json:"public_key"` // authorized_keys form
	PrivateIP     netip.Addr `json:"private_ip"`
	PublicIP      netip.Addr `json:"public_ip"`
	MAC           string     `json:"mac"`
	UserData      []byte     `json:"user_data,omitempty"`
}

// artifacts lists what has to be fetched, with the names of the files that
// become of it in the instance's directory.
func (s Spec) artifacts() map[string]Artifact {
	all := map[string]Artifact{rootFile: s.Machine}
	if s.Kernel != nil {
		all[kernelFile] = *s.Kernel
	}
	if s.Ramdisk != nil {
		all[ramdiskFile] = *s.Ramdisk
	}
	return all
}

// redacted is the spec as it may be kept: without URLs and keys.
func (s Spec) redacted() Spec {
	s.Machine = s.Machine.redacted()
	if s.Kernel != nil {
		s.Kernel = new(s.Kernel.redacted())
	}
	if s.Ramdisk != nil {
		s.Ramdisk = new(s.Ramdisk.redacted())
	}
	return s
}

func (a Artifact) redacted() Artifact {
	a.Key, a.IV = nil, nil
	a.Parts = slices.Clone(a.Parts)
	for i := range a.Parts {
		a.Parts[i].URL = ""
	}
	return a
}

// check refuses a spec that cannot be run on any node.
func (s Spec) check() error {
	if !validID(s.InstanceID) {
		return fmt.Errorf("instance id %q: %w", s.InstanceID, ErrBadSpec)
	}
	if s.Type.CPUs < 1 || s.Type.MemoryMB < 1 || s.Type.DiskGB < 0 {
		return fmt.Errorf("instance type %q: %w", s.Type.Name, ErrBadSpec)
	}
	for _, a := range s.artifacts() {
		if err := a.check(); err != nil {
			return err
		}
	}
	if disk := int64(s.Type.DiskGB) << 30; s.Machine.Size > disk {
		return &DiskTooSmallError{Image: s.Machine.ImageID, Size: s.Machine.Size, Type: s.Type}
	}
	return nil
}

// check refuses what is no bundle, or would name a file outside the cache.
func (a Artifact) check() error {
	switch {
	case !validCacheKey(a.CacheKey):
		return fmt.Errorf("%s: cache key %q: %w", a.ImageID, a.CacheKey, ErrBadSpec)
	case a.Size < 0 || a.BundledSize < 0:
		return fmt.Errorf("%s: negative size: %w", a.ImageID, ErrBadSpec)
	case len(a.Parts) == 0:
		return fmt.Errorf("%s: no parts: %w", a.ImageID, ErrBadSpec)
	}
	if err := a.checkNames(); err != nil {
		return fmt.Errorf("%s: %w: %w", a.ImageID, err, ErrBadSpec)
	}
	return a.checkSizes()
}

// checkNames refuses names that are no file names: they come from the manifest of
// whoever registered the image, and stand in reasons and logs.
func (a Artifact) checkNames() error {
	if err := manifest.CheckFileName(a.Name); err != nil {
		return err
	}
	for _, p := range a.Parts {
		if err := manifest.CheckFileName(p.Name); err != nil {
			return err
		}
	}
	return nil
}

// checkSizes refuses parts that are not as long together as the bundle.
func (a Artifact) checkSizes() error {
	left := a.BundledSize
	for _, p := range a.Parts {
		if p.Size < 0 || p.Size > left {
			return fmt.Errorf("%s: part of %d bytes in a bundle of %d: %w", a.ImageID, p.Size, a.BundledSize, ErrBadSpec)
		}
		left -= p.Size
	}
	if left > 0 {
		return fmt.Errorf("%s: the parts lack %d of %d bytes: %w", a.ImageID, left, a.BundledSize, ErrBadSpec)
	}
	return nil
}

// validID accepts i- and up to 32 letters and digits: the id names a folder.
func validID(id string) bool {
	if len(id) < 3 || len(id) > 34 || id[:2] != "i-" {
		return false
	}
	for _, c := range id[2:] {
		if (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return true
}

// validCacheKey accepts 64 lower-case hex digits: the key names a folder.
func validCacheKey(key string) bool {
	if len(key) != 64 {
		return false
	}
	for _, c := range key {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}
