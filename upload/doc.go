// Package upload moves bundles to and from an object store that speaks S3: AWS,
// Walrus and its successors, and the embedded cloud.
//
// A [Store] is an endpoint with credentials. On it there are
//
//   - [Store.UploadBundle], which checks a bundle on disk against its manifest
//     and sends its parts, several at once, and the manifest last;
//   - [Store.DownloadBundle], the same road back;
//   - [Queue], a sink that sends parts while they are made, with nothing on disk;
//   - [Source], which reads the parts of a bundle from a bucket.
//
// A bundle is in a bucket when its manifest is: everything before that leaves
// at most parts that nothing refers to.
//
// The requests are made by minio-go, without credentials. They are signed below
// it, in the transport, which also puts the endpoint's path in front of the
// bucket, as in http://HOST:8773/services/Walrus: minio-go knows no such paths,
// and the signatures cover them.
package upload
