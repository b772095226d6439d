package walrus

import (
	"encoding/base64"
	"net/http"
	"strings"

	"emikit/cloud/objects"
)

// checksumPrefix begins the names of headers and trailers with a checksum.
const checksumPrefix = "x-amz-checksum-"

// What a checksum of an object may be of: all its bytes, or its parts'
// checksums.
const (
	fullObject = "FULL_OBJECT"
	composite  = "COMPOSITE"
)

// trailer is what comes behind a body, once it was read: the value of a field,
// or "".
type trailer func(name string) string

func noTrailer(string) string { return "" }

// declaredChecksum is the checksum that a request states of its body, in a
// header or, as it announces there, in its trailer. There may be one; with none,
// the algorithm is the one to compute, if the client names it.
func declaredChecksum(header http.Header, behind trailer) (objects.Algorithm, func() string, error) {
	names := statedChecksums(header)
	value := header.Get
	for _, announced := range header.Values("X-Amz-Trailer") {
		names = append(names, strings.TrimPrefix(strings.ToLower(strings.TrimSpace(announced)), checksumPrefix))
		value = behind
	}
	switch len(names) {
	case 0:
		algorithm, err := parseAlgorithm(header.Get("X-Amz-Sdk-Checksum-Algorithm"))
		return algorithm, nil, err
	case 1:
		algorithm, err := parseAlgorithm(names[0])
		if stated := header.Get(checksumPrefix + names[0]); err == nil && stated != "" {
			err = checkForm(algorithm, stated)
		}
		return algorithm, func() string { return value(checksumPrefix + names[0]) }, err
	}
	return "", nil, errBadChecksum
}

// statedChecksums are the names of the checksums that the headers give a value
// of.
func statedChecksums(header http.Header) (names []string) {
	for field := range header {
		name, ok := strings.CutPrefix(strings.ToLower(field), checksumPrefix)
		if ok && name != "type" && name != "algorithm" && name != "mode" { // these say how, not what
			names = append(names, name)
		}
	}
	return names
}

// parseAlgorithm reads the name of an algorithm as headers have it, in capitals
// or not.
func parseAlgorithm(name string) (objects.Algorithm, error) {
	algorithm := objects.Algorithm(strings.ToLower(name))
	_, err := algorithm.Of(nil)
	return algorithm, err
}

// algorithmName is how the protocol names an algorithm as a value.
func algorithmName(a objects.Algorithm) string { return strings.ToUpper(string(a)) }

// checkForm refuses what cannot be a value of that algorithm.
func checkForm(algorithm objects.Algorithm, value string) error {
	any, err := algorithm.Of(nil)
	if err != nil {
		return err
	}
	if _, err := base64.StdEncoding.DecodeString(value); err != nil || len(value) != len(any.Value) {
		return errBadChecksum
	}
	return nil
}

// joinedAlgorithm is the checksum that an object of parts is to have.
func joinedAlgorithm(header http.Header) (algorithm objects.Algorithm, full bool, err error) {
	if algorithm, err = parseAlgorithm(header.Get("X-Amz-Checksum-Algorithm")); err != nil {
		return "", false, err
	}
	switch header.Get("X-Amz-Checksum-Type") {
	case "":
		return algorithm, algorithm == objects.CRC64NVME, nil
	case fullObject:
		return algorithm, true, nil
	case composite:
		return algorithm, false, nil
	}
	return "", false, errBadChecksum
}

// typeName is what a checksum is of, as the protocol names it.
func typeName(full bool) string {
	if full {
		return fullObject
	}
	return composite
}

// showChecksum puts a checksum, if there is one, into the headers of an answer.
func showChecksum(header http.Header, c objects.Checksum) {
	if c.Value != "" {
		header.Set(checksumPrefix+string(c.Algorithm), c.Value)
	}
}

// showWholeChecksum is showChecksum for that of an object.
func showWholeChecksum(header http.Header, c objects.Checksum) {
	if showChecksum(header, c); c.Value != "" {
		header.Set("X-Amz-Checksum-Type", typeName(!c.Composite()))
	}
}

// checksumFields are the elements of documents that have a checksum: at most one
// of them is there.
type checksumFields struct {
	CRC32     string `xml:"ChecksumCRC32,omitempty"`
	CRC32C    string `xml:"ChecksumCRC32C,omitempty"`
	CRC64NVME string `xml:"ChecksumCRC64NVME,omitempty"`
	SHA1      string `xml:"ChecksumSHA1,omitempty"`
	SHA256    string `xml:"ChecksumSHA256,omitempty"`
}

// field is where the value of an algorithm is, nil for none.
func (f *checksumFields) field(a objects.Algorithm) *string {
	switch a {
	case objects.CRC32:
		return &f.CRC32
	case objects.CRC32C:
		return &f.CRC32C
	case objects.CRC64NVME:
		return &f.CRC64NVME
	case objects.SHA1:
		return &f.SHA1
	case objects.SHA256:
		return &f.SHA256
	}
	return nil
}

func checksumElements(c objects.Checksum) (f checksumFields) {
	if value := f.field(c.Algorithm); value != nil {
		*value = c.Value
	}
	return f
}

// value is the one that a client gave, if any.
func (f checksumFields) value() (value string, err error) {
	for _, given := range []string{f.CRC32, f.CRC32C, f.CRC64NVME, f.SHA1, f.SHA256} {
		if given != "" && value != "" {
			return "", errBadChecksum
		}
		if given != "" {
			value = given
		}
	}
	return value, nil
}

// wholeChecksum are the elements of an object's checksum.
type wholeChecksum struct {
	checksumFields
	Type string `xml:"ChecksumType,omitempty"`
}

func wholeElements(c objects.Checksum) wholeChecksum {
	w := wholeChecksum{checksumFields: checksumElements(c)}
	if c.Value != "" {
		w.Type = typeName(!c.Composite())
	}
	return w
}
