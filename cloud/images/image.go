package images

import (
	"time"

	"emikit/manifest"
)

// State is where an image stands. Clients see it as imageState.
type State string

// The states of an image. The legal ways are pending to available or failed,
// and from any of these to deregistered.
const (
	StatePending      State = "pending"      // its bundle is being checked
	StateAvailable    State = "available"    // it can be run
	StateFailed       State = "failed"       // the check found it unusable
	StateDeregistered State = "deregistered" // it is listed no more
)

// PlatformWindows is the platform of a Windows image.
const PlatformWindows = "windows"

// Image is one registration of a bundle.
type Image struct {
	ID       string        // emi-, eki- or eri- and 8 upper-case hex digits
	Location string        // bucket/key of the manifest
	Owner    string        // account number
	Kind     manifest.Kind // what ID's prefix says too

	OwnerName   string // for display; filled in by Register and Describe
	Arch        string
	KernelID    string // of a machine image; empty when it names none
	RamdiskID   string // of a machine image; empty when it names none
	Platform    string // PlatformWindows or empty
	Name        string
	Description string

	Public bool // everyone may run it
	State  State
	Reason string // why State is failed, as a sentence for the user
	// Unverified is set when no certificate that counts vouched for the
	// manifest, which the cloud's policy allowed.
	Unverified bool

	Size         int64 // of the image, in bytes
	Mappings     []manifest.Mapping
	ProductCodes []string
	Ancestors    []string
	Registered   time.Time
}

// Request is what a registration asks for. Only Location is required.
type Request struct {
	// Location is the manifest's bucket and key: "bucket/prefix/x.manifest.xml".
	Location string
	// Name must be unique among the account's images. Empty takes the
	// manifest's image name, which need not be.
	Name        string
	Description string
	// Arch, KernelID and RamdiskID replace what the manifest says.
	Arch      string
	KernelID  string
	RamdiskID string
}

// Query narrows a listing. Values within a field are alternatives; fields
// that are not empty must all match.
type Query struct {
	// IDs asks for exactly these images; one that is unknown is an error.
	IDs []string
	// Owners are account numbers, account names, or "self".
	Owners []string
	// ExecutableBy are account numbers, "self" for what the caller may run as
	// its owner or by a launch permission of its own, or "all" for public
	// images. Whether an image is permitted to another account, only its owner
	// learns.
	ExecutableBy []string
}

// Selection is what one launch uses. Kernel and Ramdisk are nil when the
// image boots by itself.
type Selection struct {
	Machine Image
	Kernel  *Image
	Ramdisk *Image
}
