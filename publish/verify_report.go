package publish

import "fmt"

// Check is something that Verify looks at.
type Check string

// The checks, in their order.
const (
	CheckManifest    Check = "manifest"
	CheckSignature   Check = "signature"
	CheckEnvelope    Check = "envelope"   // the bundling key in it
	CheckSizes       Check = "sizes"      // those that the manifest gives can be
	CheckPresence    Check = "parts"      // all are there
	CheckTotal       Check = "total size" // of the parts, is the manifest's
	CheckDigests     Check = "part digests"
	CheckImage       Check = "image" // as a whole, where it was not looked at further
	CheckDecryption  Check = "decryption"
	CheckGzip        Check = "gzip"
	CheckTar         Check = "tar"
	CheckImageSize   Check = "image size"
	CheckImageDigest Check = "image digest"
)

// Outcome is what a check came to.
type Outcome string

// The outcomes.
const (
	Passed    Outcome = "ok"
	Failed    Outcome = "failed"
	Unchecked Outcome = "not checked"
)

// Finding is the outcome of a check. A check of many parts has one finding for each
// part with which it failed, or else one for all.
type Finding struct {
	Check   Check
	Outcome Outcome
	Part    string // its name; "" if the finding is of no single one
	Text    string // what was found, or why nothing was
	Err     error  // of a failed one
}

// VerifyReport is what Verify found out.
type VerifyReport struct {
	Findings []Finding // in the order of the checks
}

// Count is the number of findings of an outcome.
func (r VerifyReport) Count(o Outcome) (n int) {
	for _, f := range r.Findings {
		if f.Outcome == o {
			n++
		}
	}
	return n
}

func (r *VerifyReport) pass(c Check, format string, args ...any) {
	r.Findings = append(r.Findings, Finding{Check: c, Outcome: Passed, Text: fmt.Sprintf(format, args...)})
}

func (r *VerifyReport) skip(c Check, format string, args ...any) {
	r.Findings = append(r.Findings, Finding{Check: c, Outcome: Unchecked, Text: fmt.Sprintf(format, args...)})
}

func (r *VerifyReport) fail(c Check, err error) {
	r.Findings = append(r.Findings, Finding{Check: c, Outcome: Failed, Text: err.Error(), Err: err})
}

func (r *VerifyReport) failPart(c Check, part string, err error) {
	r.Findings = append(r.Findings, Finding{Check: c, Outcome: Failed, Part: part, Text: err.Error(), Err: err})
}
