// Package publish joins the libraries into the roads that a user walks with one
// command: an image file becomes a bundle in a directory ([BundleImage]), and a
// bundle in a directory becomes an image file again ([Unbundle]); through a bucket the
// same is done without a copy on disk ([BundleAndUpload], [DownloadAndUnbundle]), and
// [InstallImage] and [CopyBundle] go on from there.
//
// It opens and checks keys and certificates before any other work, opens inputs,
// chooses destinations, and leaves nothing half-done. It prints nothing: what the
// user should know is returned as notes.
package publish
