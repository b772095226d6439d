package walrus

import (
	"context"
	"errors"
	"net/http"
	"os"

	"emikit/cloud/identity"
	"emikit/cloud/objects"
	"emikit/sign"
)

// fault is an error in the words of the protocol.
type fault struct {
	Status        int
	Code, Message string
}

func (f *fault) Error() string { return f.Code + ": " + f.Message }

// What the door itself finds wrong with a request.
var (
	errBadQuery       = &fault{400, "InvalidURI", "The query of the URL cannot be parsed."}
	errBadPath        = &fault{400, "InvalidURI", "The path of the URL names a key but no bucket."}
	errNotHere        = &fault{404, "InvalidURI", "This path does not belong to the object store."}
	errMethod         = &fault{405, "MethodNotAllowed", "The method is not allowed against this resource."}
	errNotImplemented = &fault{501, "NotImplemented", "This part of the S3 protocol is not implemented."}
	errBadMD5Header   = &fault{400, "InvalidDigest", "The Content-MD5 that was given is not valid."}
	errBadPayload     = &fault{400, "InvalidArgument", "The x-amz-content-sha256 that was given is not valid."}
	errBadChecksum    = &fault{400, "InvalidRequest", "The value or name of the checksum that was given is not valid."}
	errChecksum       = &fault{400, "BadDigest", "The body does not have the checksum that was given."}
	errBody           = &fault{400, "IncompleteBody", "The body ended too early or is malformed."}
	errSlowBody       = &fault{400, "RequestTimeout", "The body came too slowly."}
	errChunks         = &fault{400, "IncompleteBody", "The chunks of the body are malformed or incomplete."}
	errXMLTooLarge    = &fault{400, "MaxMessageLengthExceeded", "The body is too large for this request."}
	errMalformedXML   = &fault{400, "MalformedXML", "The XML in the body is not well-formed or not what this request needs."}
	errMaxKeys        = &fault{400, "InvalidArgument", "max-keys is not a number from 0 on."}
	errEncodingType   = &fault{400, "InvalidArgument", "The only encoding-type is url."}
	errToken          = &fault{400, "InvalidArgument", "The continuation token is not valid."}
	errCopySource     = &fault{400, "InvalidArgument", "x-amz-copy-source is not BUCKET/KEY."}
	errDirective      = &fault{400, "InvalidArgument", "x-amz-metadata-directive is neither COPY nor REPLACE."}
	errCopyRange      = &fault{400, "InvalidArgument", "x-amz-copy-source-range is not bytes=FIRST-LAST."}
	errCondition      = &fault{412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold"}
	errOnlyAny        = &fault{501, "NotImplemented", "The only condition If-None-Match that a request to write may have is *."}
	errPartNumber     = &fault{400, "InvalidArgument", "Part number must be an integer between 1 and 10000, inclusive"}
	errRangeAndPart   = &fault{400, "InvalidRequest", "Cannot specify both Range header and partNumber query parameter"}
	errNoSuchPart     = &fault{416, "InvalidPartNumber", "The requested partnumber is not satisfiable"}
	errNoAttributes   = &fault{400, "InvalidArgument", "x-amz-object-attributes must name some of ETag, Checksum, ObjectParts, StorageClass and ObjectSize"}
	errNoSuchVersion  = &fault{404, "NoSuchVersion", "The specified version does not exist."}
	errSignedTwice    = &fault{400, "InvalidArgument", "Only one auth mechanism allowed; a form is signed by its policy"}
	errPolicyForPuts  = &fault{501, "NotImplemented", "The header S3UploadPolicy is implemented for PUT of an object only."}
	errNoForm         = &fault{412, "PreconditionFailed", "Bucket POST must be of the enclosure-type multipart/form-data"}
	errMalformedForm  = &fault{400, "MalformedPOSTRequest", "The body of your POST request is not well-formed multipart/form-data."}
	errLongForm       = &fault{400, "MaxPostPreDataLengthExceeded", "Your POST request fields preceding the upload file were too large."}
	errBadField       = &fault{400, "InvalidArgument", "Each field of the form must have a name and a value that a header could have, and be there once."}
	errNoKey          = &fault{400, "InvalidArgument", "Bucket POST must contain a field named 'key'. If it is specified, please check the order of the fields."}
	errUnsignedPolicy = &fault{403, "AccessDenied", "The policy is not signed."}
	errLongFile       = &fault{400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size"}
	errShortFile      = &fault{400, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size"}
	errNumber         = &fault{400, "InvalidArgument", "A number in the query or a header is not one from 0 on."}
	errNoACL          = &fault{501, "NotImplemented", "Only ACLs that are a canned one are implemented: give one in x-amz-acl, or its grants."}
	errInternal       = &fault{500, "InternalError", "The object store met an error of its own; it is in the log of the cloud."}
)

// known is an error of a service, and what clients of S3 expect of it.
type known struct {
	err error
	fault
}

// faults gives for each error of the services what clients of S3 expect.
func faults() []known {
	return append([]known{
		{objects.ErrDenied, fault{403, "AccessDenied", "Access Denied"}},
		{objects.ErrNoSuchBucket, fault{404, "NoSuchBucket", "The specified bucket does not exist"}},
		{objects.ErrNoSuchKey, fault{404, "NoSuchKey", "The specified key does not exist."}},
		{objects.ErrBucketOwned, fault{409, "BucketAlreadyOwnedByYou", "You own a bucket of this name already."}},
		{objects.ErrBucketTaken, fault{409, "BucketAlreadyExists", "Somebody else owns a bucket of this name."}},
		{objects.ErrOtherOwner, fault{403, "AccessDenied", "The bucket does not belong to the account in x-amz-expected-bucket-owner."}},
		{objects.ErrTooManyBuckets, fault{400, "TooManyBuckets", "You have attempted to create more buckets than allowed"}},
		{objects.ErrBucketFull, fault{400, "EntityTooLarge", "The bucket would hold more bytes than allowed; nothing was stored."}},
		{objects.ErrBucketNotEmpty, fault{409, "BucketNotEmpty", "The bucket still has objects in it."}},
		{objects.ErrBadBucketName, fault{400, "InvalidBucketName", "A bucket's name has 3 to 255 letters, digits, dots, dashes and underscores, begins with a letter or digit, and is not an IP address."}},
		{objects.ErrBadKey, fault{400, "InvalidURI", "A key is UTF-8 text without NUL."}},
		{objects.ErrKeyTooLong, fault{400, "KeyTooLongError", "A key has at most 1024 bytes."}},
		{objects.ErrBadACL, fault{400, "InvalidArgument", "x-amz-acl does not name a canned ACL."}},
		{objects.ErrBadMetadata, fault{400, "MetadataTooLarge", "The metadata headers have more than 2048 bytes."}},
		{objects.ErrTooLarge, fault{400, "EntityTooLarge", "An object has at most 5 GiB."}},
		{objects.ErrWrongSize, fault{400, "IncompleteBody", "The body does not have the number of bytes that was declared."}},
		{objects.ErrWrongMD5, fault{400, "BadDigest", "The body does not have the MD5 in Content-MD5."}},
		{objects.ErrWrongSHA256, fault{400, "XAmzContentSHA256Mismatch", "The body does not have the SHA-256 in x-amz-content-sha256."}},
		{objects.ErrBadChecksum, *errBadChecksum},
		{objects.ErrWrongChecksum, *errChecksum},
		{objects.ErrExists, *errCondition},
		{objects.ErrNoMatch, *errCondition},
		{objects.ErrNoRoom, fault{507, "InsufficientStorage", "The disk of the object store is full; nothing was stored."}},
		{objects.ErrBadRange, fault{400, "InvalidArgument", "The range to copy is not within the source object."}},
		{objects.ErrCopyTooLarge, fault{400, "InvalidRequest", "The specified copy source is larger than the maximum allowable size for a copy source: 5368709120"}},
		{identity.ErrNoSuchAccount, fault{403, "AccessDenied", "Access Denied"}},
		// The client went away; nobody reads this.
		{context.Canceled, fault{400, "RequestTimeout", "The client ended the request."}},
	}, uploadFaults()...)
}

// uploadFaults are the faults of uploads in parts.
func uploadFaults() []known {
	return []known{
		{objects.ErrChecksumType, fault{400, "InvalidRequest", "The checksum algorithm does not have that type of checksum for an object of parts."}},
		{objects.ErrOtherChecksum, fault{400, "InvalidRequest", "The part has a checksum of another algorithm than the upload."}},
		{objects.ErrNoSuchUpload, fault{404, "NoSuchUpload", "The specified multipart upload does not exist. The upload ID might be invalid, or the multipart upload might have been aborted or completed."}},
		{objects.ErrBadPartNumber, *errPartNumber},
		{objects.ErrBadPart, fault{400, "InvalidPart", "One or more of the specified parts could not be found. The part might not have been uploaded, or the specified entity tag might not have matched the part's entity tag."}},
		{objects.ErrPartOrder, fault{400, "InvalidPartOrder", "The list of parts was not in ascending order. Parts must be ordered by part number."}},
		{objects.ErrPartTooSmall, fault{400, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size"}},
	}
}

// explain finds the words of the protocol for an error.
func explain(err error) *fault {
	var own *fault
	if errors.As(err, &own) {
		return own
	}
	var signature *sign.Error
	if errors.As(err, &signature) {
		return &fault{signature.Status, signature.Code, signature.Message}
	}
	var body *bodyError
	switch {
	case errors.As(err, &body) && errors.Is(err, os.ErrDeadlineExceeded):
		return errSlowBody
	case body != nil:
		return errBody
	}
	for _, k := range faults() {
		if errors.Is(err, k.err) {
			return &k.fault
		}
	}
	return errInternal
}

// errorBody is the XML of an error.
type errorBody struct {
	XMLName   struct{} `xml:"Error"`
	Code      string
	Message   string
	Resource  string
	RequestID string `xml:"RequestId"`
}

// explain is the error's explanation; what the store is to blame for is logged.
func (h *handler) explain(r *request, err error) *fault {
	f := explain(err)
	if f == errInternal || f.Status == http.StatusInsufficientStorage {
		h.Log.Error("request to the object store", "request", r.id, "method", r.Method, "path", r.URL.Path, "error", err)
	}
	return f
}

// fail answers a request that came to nothing, and returns the error's code.
func (h *handler) fail(w http.ResponseWriter, r *request, err error) (code string) {
	f := h.explain(r, err)
	writeXML(w, f.Status, errorBody{Code: f.Code, Message: f.Message, Resource: r.URL.Path, RequestID: r.id})
	return f.Code
}
