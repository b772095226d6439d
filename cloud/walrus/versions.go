package walrus

import "net/http"

type versionList struct {
	XMLName        struct{} `xml:"ListVersionsResult"`
	Namespace      string   `xml:"xmlns,attr"`
	Name           string
	Prefix         string
	KeyMarker      string
	IDMarker       string `xml:"VersionIdMarker"`
	NextKey        string `xml:"NextKeyMarker,omitempty"`
	NextID         string `xml:"NextVersionIdMarker,omitempty"`
	MaxKeys        int
	Delimiter      string `xml:",omitempty"`
	EncodingType   string `xml:",omitempty"`
	IsTruncated    bool
	Versions       []versionEntry `xml:"Version"`
	CommonPrefixes []prefixEntry
}

type versionEntry struct {
	objectEntry
	VersionID string `xml:"VersionId"`
	IsLatest  bool
}

// listVersions lists the objects of a bucket as their only versions, which is
// how S3 shows a bucket without versioning. Tools that empty a bucket ask for
// it.
func (h *handler) listVersions(w http.ResponseWriter, r *request) error {
	l, err := parseListing(r.query)
	if err != nil {
		return err
	}
	marker := r.query.Get("key-marker")
	l.After, l.owners = marker, true
	page, err := h.listPage(r, l)
	if err != nil {
		return err
	}
	list := versionList{
		Namespace: namespace, Name: r.bucket, Prefix: l.name(l.Prefix), KeyMarker: l.name(marker),
		IDMarker: r.query.Get("version-id-marker"), MaxKeys: l.maxKeys, Delimiter: l.name(l.Delimiter),
		EncodingType: l.encode.String(), IsTruncated: page.Truncated,
	}
	if page.Truncated {
		list.NextKey, list.NextID = l.name(page.Next), noVersion
	}
	for _, e := range h.entries(r, l, page.Objects) {
		list.Versions = append(list.Versions, versionEntry{e, noVersion, true})
	}
	for _, prefix := range page.Prefixes {
		list.CommonPrefixes = append(list.CommonPrefixes, prefixEntry{l.name(prefix)})
	}
	writeXML(w, http.StatusOK, list)
	return nil
}
