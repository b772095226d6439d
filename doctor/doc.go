// Package doctor checks beforehand what the work of bundling, uploading and
// registering an image needs: the configuration, keys and certificates, room on disk,
// and the object store and the EC2 service from the outside in: name, connection, TLS,
// protocol, clock, keys, bucket, permissions.
//
// Examine asks one question after the other. Each answer is a Finding. A question that
// needs another's answer is not asked when that one came out badly; all others go on.
// Nothing is changed anywhere, unless the Request asks to store an object and to remove
// it again. Secrets are in no Finding.
package doctor
