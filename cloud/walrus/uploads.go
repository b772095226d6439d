package walrus

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"emikit/cloud/objects"
)

type initiateResult struct {
	XMLName   struct{} `xml:"InitiateMultipartUploadResult"`
	Namespace string   `xml:"xmlns,attr"`
	Bucket    string
	Key       string
	UploadID  string `xml:"UploadId"`
}

func (h *handler) createUpload(w http.ResponseWriter, r *request) error {
	if err := refuseWriting(r.Header); err != nil {
		return err
	}
	algorithm, full, err := joinedAlgorithm(r.Header)
	if err != nil {
		return err
	}
	u, err := h.Objects.CreateUpload(r.Context(), r.who, r.bucket, r.key, objects.UploadOptions{
		ACL: cannedName(r.Header.Get("X-Amz-Acl")), Attributes: attributes(r.Header), Checksum: algorithm, Full: full,
	})
	if err != nil {
		return err
	}
	if u.Checksum != "" {
		w.Header().Set("X-Amz-Checksum-Algorithm", algorithmName(u.Checksum))
		w.Header().Set("X-Amz-Checksum-Type", typeName(u.Full))
	}
	writeXML(w, http.StatusOK, initiateResult{Namespace: namespace, Bucket: u.Bucket, Key: u.Key, UploadID: u.ID})
	return nil
}

// upload is the upload that a request is about.
func (r *request) upload() objects.UploadName {
	return objects.UploadName{Bucket: r.bucket, Key: r.key, ID: r.query.Get("uploadId")}
}

// putPart makes a part from the body, or copies one.
func (h *handler) putPart(w http.ResponseWriter, r *request) error {
	if err := refuseWriting(r.Header); err != nil {
		return err
	}
	number, err := strconv.Atoi(r.query.Get("partNumber"))
	if err != nil {
		return errPartNumber
	}
	if r.Header.Get("X-Amz-Copy-Source") != "" {
		return h.copyPart(w, r, number)
	}
	body, declared, err := openBody(r)
	if err != nil {
		return err
	}
	p, err := h.Objects.PutPart(r.Context(), r.who, r.upload(), number, body, declared)
	if err != nil {
		return err
	}
	w.Header().Set("ETag", quoted(p.MD5))
	showChecksum(w.Header(), p.Checksum)
	w.WriteHeader(http.StatusOK)
	return nil
}

func (h *handler) copyPart(w http.ResponseWriter, r *request, number int) error {
	from, err := h.copySource(r)
	if err != nil {
		return err
	}
	options := objects.CopyPartOptions{Accept: copyCondition(r.Header)}
	if text := r.Header.Get("X-Amz-Copy-Source-Range"); text != "" {
		if options.Range, err = parseCopyRange(text); err != nil {
			return err
		}
	}
	p, err := h.Objects.CopyPart(r.Context(), r.who, from, r.upload(), number, options)
	if err != nil {
		return err
	}
	writeXML(w, http.StatusOK, copyResult{
		XMLName: xml.Name{Local: "CopyPartResult"}, Namespace: namespace,
		LastModified: formatTime(p.Modified), ETag: quoted(p.MD5),
		wholeChecksum: wholeChecksum{checksumFields: checksumElements(p.Checksum)},
	})
	return nil
}

// parseCopyRange reads bytes=FIRST-LAST; other than in a Range, both are needed.
func parseCopyRange(text string) (*objects.Range, error) {
	both, ok := strings.CutPrefix(text, "bytes=")
	first, last, both2 := strings.Cut(both, "-")
	from, err1 := strconv.ParseUint(first, 10, 62)
	to, err2 := strconv.ParseUint(last, 10, 62)
	if !ok || !both2 || err1 != nil || err2 != nil {
		return nil, errCopyRange
	}
	return &objects.Range{First: int64(from), Last: int64(to)}, nil
}

// completion is the body of a request to complete an upload.
type completion struct {
	XMLName struct{} `xml:"CompleteMultipartUpload"`
	Parts   []struct {
		PartNumber int
		ETag       string
		checksumFields
	} `xml:"Part"`
}

// names are the parts that make the object.
func (c completion) names() ([]objects.PartName, error) {
	if len(c.Parts) == 0 || len(c.Parts) > objects.MaxParts {
		return nil, errMalformedXML
	}
	var parts []objects.PartName
	for _, p := range c.Parts {
		checksum, err := p.value()
		if err != nil {
			return nil, err
		}
		tag := strings.Trim(strings.TrimSpace(p.ETag), `"`)
		parts = append(parts, objects.PartName{Number: p.PartNumber, MD5: tag, Checksum: checksum})
	}
	return parts, nil
}

type completeResult struct {
	XMLName   struct{} `xml:"CompleteMultipartUploadResult"`
	Namespace string   `xml:"xmlns,attr"`
	Location  string
	Bucket    string
	Key       string
	ETag      string
	wholeChecksum
}

func (h *handler) completeUpload(w http.ResponseWriter, r *request) error {
	options, err := completeOptions(r.Header)
	if err != nil {
		return err
	}
	body, declared, _, err := openBytes(r) // a checksum in the headers is the object's
	if err != nil {
		return err
	}
	var c completion
	if err := parseXML(body, declared, maxList, &c); err != nil {
		return err
	}
	parts, err := c.names()
	if err != nil {
		return err
	}
	o, err := h.Objects.CompleteUpload(r.Context(), r.who, r.upload(), parts, options)
	if err != nil {
		return err
	}
	writeXML(w, http.StatusOK, completeResult{
		Namespace: namespace, Location: fmt.Sprintf("http://%s%s", r.Host, r.URL.EscapedPath()),
		Bucket: o.Bucket, Key: o.Key, ETag: etag(o), wholeChecksum: wholeElements(o.Checksum),
	})
	return nil
}

// completeOptions are what the headers demand of the object that is going to be
// made.
func completeOptions(header http.Header) (objects.CompleteOptions, error) {
	demand, err := writeDemand(header)
	options := objects.CompleteOptions{Create: demand.create, Match: demand.match}
	if err != nil {
		return options, err
	}
	if size := header.Get("X-Amz-Mp-Object-Size"); size != "" {
		if options.Size, err = strconv.ParseInt(size, 10, 64); err != nil || options.Size <= 0 {
			return options, errNumber
		}
	}
	switch names := statedChecksums(header); len(names) {
	case 0:
	case 1:
		options.Checksum = header.Get(checksumPrefix + names[0])
		_, err = parseAlgorithm(names[0])
	default:
		err = errBadChecksum
	}
	return options, err
}

func (h *handler) abortUpload(w http.ResponseWriter, r *request) error {
	if err := h.Objects.AbortUpload(r.Context(), r.who, r.upload()); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
