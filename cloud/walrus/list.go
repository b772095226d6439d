package walrus

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"emikit/cloud/objects"
)

// objectList is a listing of either version of the protocol; fields that the
// version does not have are nil or empty.
type objectList struct {
	XMLName        struct{} `xml:"ListBucketResult"`
	Namespace      string   `xml:"xmlns,attr"`
	Name           string
	Prefix         string
	Marker         *string
	NextMarker     string `xml:",omitempty"`
	StartAfter     string `xml:",omitempty"`
	Token          string `xml:"ContinuationToken,omitempty"`
	NextToken      string `xml:"NextContinuationToken,omitempty"`
	KeyCount       *int
	MaxKeys        int
	Delimiter      string `xml:",omitempty"`
	EncodingType   string `xml:",omitempty"`
	IsTruncated    bool
	Contents       []objectEntry
	CommonPrefixes []prefixEntry
}

type objectEntry struct {
	Key          string
	LastModified string
	ETag         string
	Size         int64
	Algorithm    string `xml:"ChecksumAlgorithm,omitempty"`
	Type         string `xml:"ChecksumType,omitempty"`
	Owner        *owner
	StorageClass string
}

type prefixEntry struct{ Prefix string }

// listing is a request for one page of a bucket.
type listing struct {
	objects.ListQuery
	version2   bool
	maxKeys    int
	token      string // version 2: continuation-token as given
	startAfter string // version 2
	marker     string // version 1
	encode     encoding
	owners     bool // the answer names the owners
}

func parseListing(q url.Values) (l listing, err error) {
	l = listing{
		version2:   q.Get("list-type") == "2",
		maxKeys:    objects.MaxList,
		token:      q.Get("continuation-token"),
		startAfter: q.Get("start-after"),
		marker:     q.Get("marker"),
	}
	if text := q.Get("max-keys"); text != "" {
		if l.maxKeys, err = strconv.Atoi(text); err != nil || l.maxKeys < 0 {
			return listing{}, errMaxKeys
		}
		l.maxKeys = min(l.maxKeys, objects.MaxList)
	}
	if l.encode, err = parseEncoding(q); err != nil {
		return listing{}, err
	}
	l.ListQuery = objects.ListQuery{Prefix: q.Get("prefix"), Delimiter: q.Get("delimiter"), After: l.marker, Limit: l.maxKeys}
	l.owners = !l.version2 || q.Get("fetch-owner") == "true"
	if l.version2 {
		l.After, err = l.after()
	}
	return l, err
}

// after is where a listing of version 2 begins: the token goes before
// start-after, which is only for the first page.
func (l listing) after() (string, error) {
	if l.token == "" {
		return l.startAfter, nil
	}
	after, err := base64.URLEncoding.DecodeString(l.token)
	if err != nil {
		return "", errToken
	}
	return string(after), nil
}

func (h *handler) listBucket(w http.ResponseWriter, r *request) error {
	l, err := parseListing(r.query)
	if err != nil {
		return err
	}
	page, err := h.listPage(r, l)
	if err != nil {
		return err
	}
	list := l.document(page)
	list.Name = r.bucket
	list.Contents = h.entries(r, l, page.Objects)
	writeXML(w, http.StatusOK, list)
	return nil
}

// listPage is the page of a bucket that a request asks for.
func (h *handler) listPage(r *request, l listing) (objects.Listing, error) {
	if l.maxKeys == 0 { // asks only whether one may
		_, err := h.Objects.Bucket(r.Context(), r.who, r.bucket)
		return objects.Listing{}, err
	}
	return h.Objects.List(r.Context(), r.who, r.bucket, l.ListQuery)
}

// document is the answer without its objects.
func (l listing) document(page objects.Listing) objectList {
	list := objectList{
		Namespace:    namespace,
		Prefix:       l.name(l.Prefix),
		Delimiter:    l.name(l.Delimiter),
		MaxKeys:      l.maxKeys,
		EncodingType: l.encode.String(),
		IsTruncated:  page.Truncated,
	}
	for _, prefix := range page.Prefixes {
		list.CommonPrefixes = append(list.CommonPrefixes, prefixEntry{l.name(prefix)})
	}
	if l.version2 {
		count := len(page.Objects) + len(page.Prefixes)
		list.KeyCount, list.Token, list.StartAfter = &count, l.token, l.name(l.startAfter)
		list.NextToken = base64.URLEncoding.EncodeToString([]byte(page.Next))
		return list
	}
	marker := l.name(l.marker)
	list.Marker, list.NextMarker = &marker, l.name(page.Next)
	return list
}

func (h *handler) entries(r *request, l listing, page []objects.Object) []objectEntry {
	names := make(map[string]*owner) // most pages have one owner
	var entries []objectEntry
	for _, o := range page {
		e := objectEntry{
			Key:          l.name(o.Key),
			LastModified: formatTime(o.Modified),
			ETag:         etag(o),
			Size:         o.Size,
			StorageClass: storageClass,
		}
		if o.Checksum.Value != "" {
			e.Algorithm, e.Type = algorithmName(o.Checksum.Algorithm), typeName(!o.Checksum.Composite())
		}
		if l.owners {
			if names[o.Owner] == nil {
				found := h.owner(r, o.Owner)
				names[o.Owner] = &found
			}
			e.Owner = names[o.Owner]
		}
		entries = append(entries, e)
	}
	return entries
}

func (l listing) name(text string) string { return l.encode.name(text) }

// encoding says whether keys are URL-encoded in the answer. XML cannot hold
// every character that a key may have; clients that care ask for it.
type encoding bool

func parseEncoding(q url.Values) (encoding, error) {
	switch q.Get("encoding-type") {
	case "url":
		return true, nil
	case "":
		return false, nil
	}
	return false, errEncodingType
}

// String is how answers name it.
func (e encoding) String() string {
	if e {
		return "url"
	}
	return ""
}

// name is a key or a piece of one as the answer shows it.
func (e encoding) name(text string) string {
	if !e {
		return text
	}
	return strings.NewReplacer("+", "%20", "%2F", "/").Replace(url.QueryEscape(text))
}
