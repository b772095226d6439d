package transfer

import (
	"emikit/cmd/bundling"
	"emikit/cmd/cli"
	"emikit/publish"
)

// Watch shows how far a request comes that bundles into a bucket, until end is called.
func Watch(app *cli.App, r *publish.UploadRequest) (end func()) {
	show := newStreamWatcher(app, "bundling and uploading", r.To.String())
	r.Progress, r.Events = show.progress, show.event
	bundling.Watch(app, &r.BundleRequest, show.show.Progress)
	return show.End
}
