// Package walrus is the S3 door of the embedded cloud, named as Eucalyptus
// names it: it parses and authenticates requests of the S3 REST protocol, asks
// the object store, and answers in the words of AWS.
//
// A bucket is addressed by its host, which Names tells, or by a path below
// /services/Walrus/ (or walrus, as s3cmd writes it) or /services/objectstorage/.
// A request's signature covers the whole path, so the handler must see the path
// as it was sent, prefix included.
package walrus
