// Package imds asks the metadata service of the instance that the program runs on for
// the keys of the instance's profile, as AWS's tools and ec2-ami-tools since 1.4.0.9
// do where nobody gave them any.
//
// A token of version 2 of the service is asked for first. Where the service does not
// know of tokens, it is asked without one (version 1), unless the environment forbids
// that. Nothing is asked through a proxy, no redirect is followed, and all of it takes
// [Within] at most: most machines are no instances, and wait for nothing.
//
// The variables that count are AWS's: AWS_EC2_METADATA_DISABLED,
// AWS_EC2_METADATA_V1_DISABLED, AWS_EC2_METADATA_SERVICE_ENDPOINT and
// AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE.
package imds
