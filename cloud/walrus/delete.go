package walrus

import (
	"errors"
	"net/http"

	"emikit/cloud/objects"
)

// maxDelete is how many keys one request may delete.
const maxDelete = 1000

// deletion is the body of a request to delete several objects.
type deletion struct {
	XMLName struct{} `xml:"Delete"`
	Quiet   bool
	Objects []struct {
		Key       string
		VersionID string `xml:"VersionId"`
		ETag      string
	} `xml:"Object"`
}

type deleteResult struct {
	XMLName   struct{} `xml:"DeleteResult"`
	Namespace string   `xml:"xmlns,attr"`
	Deleted   []deletedKey
	Errors    []deleteError `xml:"Error"`
}

type deletedKey struct{ Key string }

type deleteError struct{ Key, Code, Message string }

// deleteObjects deletes what the body lists. It answers for each key by itself;
// with Quiet, only for those that could not be deleted.
func (h *handler) deleteObjects(w http.ResponseWriter, r *request) error {
	var d deletion
	if err := readXML(r, maxList, &d); err != nil {
		return err
	}
	if len(d.Objects) == 0 || len(d.Objects) > maxDelete {
		return errMalformedXML
	}
	result, keys := deleteResult{Namespace: namespace}, []string(nil)
	for _, o := range d.Objects {
		switch {
		case o.Key == "":
			return errMalformedXML
		case o.VersionID != "" && o.VersionID != "null" || o.ETag != "": // deleting something else would do damage
			result.Errors = append(result.Errors, deleteError{o.Key, errNotImplemented.Code, errNotImplemented.Message})
		default:
			keys = append(keys, o.Key)
		}
	}
	err := h.Objects.DeleteAll(r.Context(), r.who, r.bucket, keys)
	if errors.Is(err, objects.ErrNoSuchBucket) {
		return err
	}
	for _, key := range keys {
		switch {
		case err != nil:
			f := h.explain(r, err)
			result.Errors = append(result.Errors, deleteError{key, f.Code, f.Message})
		case !d.Quiet:
			result.Deleted = append(result.Deleted, deletedKey{key})
		}
	}
	writeXML(w, http.StatusOK, result)
	return nil
}
