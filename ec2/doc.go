// Package ec2 speaks the EC2 Query protocol: an HTTP request whose parameters
// are one flat list of names and values, answered with an XML document.
//
// The package holds what the client and the embedded cloud share, so that the
// two cannot drift apart:
//
//   - a request is a struct whose `query` tags give the parameter names.
//     Encode flattens it, Decode reads it back and reports parameters that the
//     request does not know:
//
//     RunInstancesRequest{SecurityGroups: {"default"}}   <->   SecurityGroup.1=default
//
//   - a response is a struct whose `xml` tags give element names, in the order
//     in which Eucalyptus and EC2 (version 2015-10-01) send them.
//     MarshalResponse and ParseResponse are the two directions. The `json` tags
//     carry the names of the aws command line, for output to scripts.
//
//   - Error is the error document that every action may answer with.
//
// Client sends the requests: POST, signed, tried again while the server is
// unwell. GetInstanceMetadata is an action of emikit's own; all others are
// EC2's.
package ec2
