package walrus

import (
	"net/http"
	"net/url"
	"strconv"

	"emikit/cloud/objects"
)

type partList struct {
	XMLName      struct{} `xml:"ListPartsResult"`
	Namespace    string   `xml:"xmlns,attr"`
	Bucket       string
	Key          string
	EncodingType string `xml:",omitempty"`
	UploadID     string `xml:"UploadId"`
	Initiator    owner
	Owner        owner
	StorageClass string
	Marker       int `xml:"PartNumberMarker"`
	NextMarker   int `xml:"NextPartNumberMarker"`
	MaxParts     int
	IsTruncated  bool
	Algorithm    string      `xml:"ChecksumAlgorithm,omitempty"`
	Type         string      `xml:"ChecksumType,omitempty"`
	Parts        []partEntry `xml:"Part"`
}

type partEntry struct {
	PartNumber   int
	LastModified string
	ETag         string
	Size         int64
	checksumFields
}

func (h *handler) listParts(w http.ResponseWriter, r *request) error {
	list := partList{Namespace: namespace, Bucket: r.bucket, UploadID: r.upload().ID, StorageClass: storageClass}
	var err error
	if list.Marker, err = queryNumber(r.query, "part-number-marker"); err != nil {
		return err
	}
	if list.MaxParts, err = queryLimit(r.query, "max-parts"); err != nil {
		return err
	}
	encode, err := parseEncoding(r.query)
	if err != nil {
		return err
	}
	u, page, more, err := h.Objects.Parts(r.Context(), r.who, r.upload(), list.Marker, list.MaxParts)
	if err != nil {
		return err
	}
	list.Key, list.EncodingType = encode.name(r.key), encode.String()
	list.Initiator, list.NextMarker, list.IsTruncated = h.owner(r, u.Owner), list.Marker, more
	list.Owner = list.Initiator
	list.Algorithm, list.Type = uploadChecksum(u)
	for _, p := range page {
		list.Parts = append(list.Parts, partEntry{p.Number, formatTime(p.Modified), quoted(p.MD5), p.Size, checksumElements(p.Checksum)})
		list.NextMarker = p.Number
	}
	writeXML(w, http.StatusOK, list)
	return nil
}

// queryNumber is a number from the query, or 0.
func queryNumber(query url.Values, name string) (int, error) { return number(query.Get(name)) }

// number reads one from 0 on; without any text it is 0.
func number(text string) (int, error) {
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0, errNumber
	}
	return n, nil
}

// queryLimit is how many entries the page may have for which the query asks.
func queryLimit(query url.Values, name string) (int, error) {
	n, err := queryNumber(query, name)
	if n == 0 {
		n = objects.MaxList
	}
	return min(n, objects.MaxList), err
}

type uploadList struct {
	XMLName      struct{} `xml:"ListMultipartUploadsResult"`
	Namespace    string   `xml:"xmlns,attr"`
	Bucket       string
	KeyMarker    string
	IDMarker     string `xml:"UploadIdMarker"`
	NextKey      string `xml:"NextKeyMarker,omitempty"`
	NextID       string `xml:"NextUploadIdMarker,omitempty"`
	EncodingType string `xml:",omitempty"`
	Prefix       string
	Delimiter    string `xml:",omitempty"`
	MaxUploads   int
	IsTruncated  bool
	Uploads      []uploadEntry `xml:"Upload"`

	CommonPrefixes []prefixEntry
}

type uploadEntry struct {
	Key          string
	UploadID     string `xml:"UploadId"`
	Initiator    owner
	Owner        owner
	StorageClass string
	Initiated    string
	Algorithm    string `xml:"ChecksumAlgorithm,omitempty"`
	Type         string `xml:"ChecksumType,omitempty"`
}

// uploadChecksum names the checksum that an upload's object is going to have.
func uploadChecksum(u objects.Upload) (algorithm, kind string) {
	if u.Checksum == "" {
		return "", ""
	}
	return algorithmName(u.Checksum), typeName(u.Full)
}

// listUploads lists the uploads under way.
func (h *handler) listUploads(w http.ResponseWriter, r *request) error {
	encode, err := parseEncoding(r.query)
	if err != nil {
		return err
	}
	q := objects.UploadQuery{
		Prefix: r.query.Get("prefix"), Delimiter: r.query.Get("delimiter"),
		AfterKey: r.query.Get("key-marker"), AfterID: r.query.Get("upload-id-marker"),
	}
	if q.Limit, err = queryLimit(r.query, "max-uploads"); err != nil {
		return err
	}
	page, err := h.Objects.Uploads(r.Context(), r.who, r.bucket, q)
	if err != nil {
		return err
	}
	list := uploadList{
		Namespace: namespace, Bucket: r.bucket, KeyMarker: encode.name(q.AfterKey), IDMarker: q.AfterID,
		EncodingType: encode.String(), Prefix: encode.name(q.Prefix), Delimiter: encode.name(q.Delimiter),
		MaxUploads: q.Limit, IsTruncated: page.Truncated, NextKey: encode.name(page.NextKey), NextID: page.NextID,
	}
	for _, u := range page.Uploads {
		who := h.owner(r, u.Owner)
		algorithm, kind := uploadChecksum(u)
		list.Uploads = append(list.Uploads, uploadEntry{
			encode.name(u.Key), u.ID, who, who, storageClass, formatTime(u.Created), algorithm, kind,
		})
	}
	for _, prefix := range page.Prefixes {
		list.CommonPrefixes = append(list.CommonPrefixes, prefixEntry{encode.name(prefix)})
	}
	writeXML(w, http.StatusOK, list)
	return nil
}
