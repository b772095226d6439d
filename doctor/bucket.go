package doctor

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"emikit/upload"
)

// bucketChecks are those of the bucket that a bundle is to go to.
func (e *exam) bucketChecks() []check {
	if e.r.Bucket.Bucket == "" {
		return []check{{"bucket", []string{"S3 keys"}, func(context.Context) verdict {
			return skip("none was named: -b BUCKET[/PREFIX]")
		}}}
	}
	return []check{
		{"bucket", []string{"S3 keys"}, e.checkBucket},
		{"bucket region", []string{"bucket"}, e.inBucket(e.checkRegion)},
		{"bucket ACL", []string{"bucket"}, e.inBucket(e.checkACL)},
		{"bucket listing", []string{"bucket"}, e.inBucket(e.checkListing)},
		{"bucket writing", []string{"bucket"}, e.inBucket(e.checkWriting)},
	}
}

// inBucket asks only where there is a bucket.
func (e *exam) inBucket(ask func(context.Context) verdict) func(context.Context) verdict {
	return func(ctx context.Context) verdict {
		if e.noBucket {
			return skip("there is no such bucket yet")
		}
		return ask(ctx)
	}
}

// checkBucket tells whose it is.
func (e *exam) checkBucket(ctx context.Context) verdict {
	name := e.r.Bucket.Bucket
	own := slices.Contains(e.buckets, name)
	location, err := e.store.BucketLocation(ctx, name)
	e.bucketIn = location
	refused, _ := errors.AsType[*upload.Error](err)
	switch {
	case err == nil && own:
		return ok("%s is yours", name)
	case err == nil && e.mayList:
		return warn("make sure that the cloud may read there, or use a bucket of yours", "%s is another account's, which lets you look into it", name)
	case err == nil:
		return ok("%s is there; whose it is is not told", name)
	case refused == nil:
		return fail(err, "")
	case refused.Code == "NoSuchBucket" || refused.Status == http.StatusNotFound:
		e.noBucket = true
		return warn("check the name, if there should be one", "%s is not there: uploading makes it", name)
	case refused.Status == http.StatusForbidden && e.mayList && !own:
		return failed("choose another name, or ask its owner to let you in", "%s is another account's: %v", name, err)
	case refused.Status == http.StatusForbidden:
		return warn("see whether --write succeeds: uploading may be allowed all the same", "%s may not be looked at: %s", name, refused.Code)
	}
	return fail(err, "")
}

func (e *exam) checkRegion(context.Context) verdict {
	is, configured := normal(e.bucketIn), normal(e.s3Endpoint.Region)
	switch {
	case is == "" || is == configured:
		return ok("%s, as configured", e.s3Endpoint.Region)
	case e.s3Endpoint.BucketLocation != "" && normal(e.s3Endpoint.BucketLocation) == is:
		return ok("%s, as s3-location-constraint says", e.bucketIn)
	}
	return warn("leave --location out of uploads, or give it as "+e.bucketIn, "the bucket is in %s, requests are signed for %s", e.bucketIn, e.s3Endpoint.Region)
}

// normal gives the locations that have several names one of them.
func normal(location string) string {
	switch location {
	case "US", "us-east-1":
		return ""
	case "EU":
		return "eu-west-1"
	}
	return location
}

func (e *exam) checkACL(ctx context.Context) verdict {
	disabled, err := e.store.ACLsDisabled(ctx, e.r.Bucket.Bucket)
	refused, _ := errors.AsType[*upload.Error](err)
	switch {
	case err == nil && disabled:
		return warn("let the cloud read the bucket by its policy",
			"objects of this bucket have no ACLs: bundles are sent without %s", upload.DefaultACL)
	case err == nil, refused != nil && (refused.Status == http.StatusNotFound || refused.Status == http.StatusNotImplemented):
		return ok("nothing forbids %s", upload.DefaultACL)
	case refused != nil && refused.Status == http.StatusForbidden:
		return skip("whether ACLs are allowed is not told to this key; --write tries one")
	case refused != nil:
		return skip("the store does not tell: %s", refused.Code)
	}
	return fail(err, "")
}

func (e *exam) checkListing(ctx context.Context) verdict {
	if err := e.store.MayList(ctx, e.r.Bucket); err != nil {
		return fail(err, "")
	}
	return ok("%s may be listed", e.r.Bucket)
}

const probeText = "Written by emikit doctor, which removes it again.\n"

// checkWriting stores an object under a name that nobody can know, and so have used.
func (e *exam) checkWriting(ctx context.Context) verdict {
	if !e.r.Write {
		return skip("--write stores a small object under %s, reads it and removes it again", e.r.Bucket)
	}
	name := ".emikit-doctor-" + rand.Text()
	acl, putErr := e.put(ctx, name)
	var getErr error
	if putErr == nil {
		getErr = e.get(ctx, name)
	}
	removeErr := e.remove(ctx, name)
	refused, _ := errors.AsType[*upload.Error](putErr)
	switch {
	case putErr != nil && removeErr != nil && refused == nil: // it may have got there
		return fail(fmt.Errorf("%w; %s may be there now", putErr, e.r.Bucket.Path(name)), "remove it, if it is")
	case putErr != nil:
		return fail(putErr, "")
	case removeErr != nil:
		return failed(fmt.Sprintf("remove %s; a bundle that fails half-way, and delete-bundle, need this too", e.r.Bucket.Path(name)),
			"stored, but not removed: %v", removeErr)
	case getErr != nil:
		return fail(getErr, "use another key, or another bucket")
	case !acl:
		return warn("let the cloud read the bucket by its policy", "stored, read and removed, but only without the ACL %s", upload.DefaultACL)
	}
	return ok("a small object was stored with the ACL %s, read and removed", upload.DefaultACL)
}

// put stores the object as a bundle's parts are stored, and tells whether the store
// took the ACL.
func (e *exam) put(ctx context.Context, name string) (acl bool, err error) {
	body := bytes.NewReader([]byte(probeText))
	err = e.store.Put(ctx, e.r.Bucket, name, body, body.Size(), upload.DefaultACL)
	if !upload.RefusesACL(err) {
		return err == nil, err
	}
	return false, e.store.Put(ctx, e.r.Bucket, name, body, body.Size(), "")
}

func (e *exam) get(ctx context.Context, name string) error {
	body, _, err := e.store.Get(ctx, e.r.Bucket, name)
	if err != nil {
		return err
	}
	defer body.Close()
	text, err := io.ReadAll(io.LimitReader(body, int64(len(probeText))+1))
	if err == nil && string(text) != probeText {
		err = fmt.Errorf("%s: not what was stored", e.r.Bucket.Path(name))
	}
	return err
}

// remove goes on for a while when the run was interrupted: the object may be there.
func (e *exam) remove(ctx context.Context, name string) error {
	const patience = 5 * time.Second
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	return e.store.RemoveObjects(ctx, e.r.Bucket, []string{name}, nil)
}
