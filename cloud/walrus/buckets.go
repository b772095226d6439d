package walrus

import (
	"cmp"
	"net/http"
	"strings"
)

type bucketList struct {
	XMLName   struct{} `xml:"ListAllMyBucketsResult"`
	Namespace string   `xml:"xmlns,attr"`
	Owner     owner
	Buckets   []bucketEntry `xml:"Buckets>Bucket"`
}

type bucketEntry struct {
	Name         string
	CreationDate string
}

func (h *handler) listBuckets(w http.ResponseWriter, r *request) error {
	buckets, err := h.Objects.Buckets(r.Context(), r.who)
	if err != nil {
		return err
	}
	list := bucketList{Namespace: namespace, Owner: h.owner(r, r.who.Account)}
	for _, b := range buckets {
		list.Buckets = append(list.Buckets, bucketEntry{b.Name, formatTime(b.Created)})
	}
	writeXML(w, http.StatusOK, list)
	return nil
}

// unkeptWithBuckets are the headers that ask for what buckets do not have here.
func unkeptWithBuckets() []string {
	return []string{"X-Amz-Grant-", "X-Amz-Bucket-Object-Lock-Enabled", "X-Amz-Object-Ownership"}
}

// newBucket is the body of a request to make a bucket. Its root has more than
// one name in the wild: ec2-ami-tools write CreateBucketConstraint.
type newBucket struct {
	LocationConstraint string
}

func (h *handler) createBucket(w http.ResponseWriter, r *request) error {
	if err := refuse(r.Header, unkeptWithBuckets()...); err != nil {
		return err
	}
	var c newBucket
	if err := readXML(r, maxXML, &c); err != nil {
		return err
	}
	err := h.Objects.CreateBucket(r.Context(), r.who, r.bucket, c.LocationConstraint, cannedName(r.Header.Get("X-Amz-Acl")))
	if err != nil {
		return err
	}
	w.Header().Set("Location", "/"+r.bucket)
	w.WriteHeader(http.StatusOK)
	return nil
}

func (h *handler) headBucket(w http.ResponseWriter, r *request) error {
	b, err := h.Objects.Bucket(r.Context(), r.who, r.bucket)
	if err != nil {
		return err
	}
	w.Header().Set("X-Amz-Bucket-Region", cmp.Or(b.Location, defaultRegion))
	w.WriteHeader(http.StatusOK)
	return nil
}

// defaultRegion is where a bucket is that was made without a location, as S3
// names it.
const defaultRegion = "us-east-1"

func (h *handler) deleteBucket(w http.ResponseWriter, r *request) error {
	if err := h.Objects.DeleteBucket(r.Context(), r.who, r.bucket); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

type locationConstraint struct {
	XMLName   struct{} `xml:"LocationConstraint"`
	Namespace string   `xml:"xmlns,attr"`
	Location  string   `xml:",chardata"`
}

func (h *handler) bucketLocation(w http.ResponseWriter, r *request) error {
	b, err := h.Objects.Bucket(r.Context(), r.who, r.bucket)
	if err != nil {
		return err
	}
	writeXML(w, http.StatusOK, locationConstraint{Namespace: namespace, Location: b.Location})
	return nil
}

// refuse returns an error when a header asks for something that would be
// silently missing otherwise. A name that ends in a dash stands for all headers
// that begin with it.
func refuse(header http.Header, names ...string) error {
	for name := range header {
		for _, unwanted := range names {
			if name == unwanted || strings.HasSuffix(unwanted, "-") && strings.HasPrefix(name, unwanted) {
				return notImplemented("The header %.80s is not implemented.", name)
			}
		}
	}
	return nil
}
