// Package config finds out which cloud a command talks to and as whom: the
// credentials, endpoints, region, account, certificates and private key. For
// each it asks, in this order,
//
//  1. what the caller was given on the command line ([Options]);
//  2. the environment, as a sourced eucarc file sets it: EC2_URL, S3_URL,
//     EC2_CERT, EC2_ACCESS_KEY …, and AWS's variables;
//  3. euca2ools' files: /etc/euca2ools/euca2ools.ini, /etc/euca2ools/conf.d
//     and ~/.euca/*.ini, or the patterns in EUCA_CONFIG_PATH;
//  4. AWS's files: ~/.aws/credentials and ~/.aws/config. A profile whose keys are to
//     be had elsewhere (by a role, by single sign-on, from a program) is refused.
//
// Where there are no ini files, ~/.eucarc stands in their place.
//
// The order, the names and the wording of errors follow euca2ools 3.4.1. An
// access key and its secret always come from the same place. Every value knows
// where it was found ([Value.From]), so that a user can be told.
package config
