package compat

import (
	"fmt"

	"emikit/cmd/cli"
)

// The versions that scripts find where they ask a tool for its version. Each is of the
// generation that emikit follows, and is said to be emikit's.
const (
	amiVersion14 = "1.4.0.7 20071010"
	amiVersion15 = "1.5.7 20071010"
	apiVersion   = "1.6.14.1 2014-05-01"
	eucaVersion2 = "2.1.3"
	eucaVersion3 = "3.4.1"
)

// Version is what a tool says of its version, in its family's form. version is emikit's.
func Version(t Tool, program string, era cli.Era, version string) string {
	emikit := "emikit " + version
	switch {
	case t.Family == cli.Euca && era == cli.Euca2:
		return fmt.Sprintf("euca2ools %s (%s)\n", eucaVersion2, emikit)
	case t.Family == cli.Euca:
		return fmt.Sprintf("euca2ools %s (%s)\n", eucaVersion3, emikit)
	case t.Family != cli.EC2:
		return fmt.Sprintf("%s (%s)\n", program, emikit)
	case !t.Stray:
		return fmt.Sprintf("%s\n\n%s, in place of ec2-api-tools.\n", apiVersion, emikit)
	}
	number := amiVersion14
	if era == cli.EC2v15 {
		number = amiVersion15
	}
	if t.Command != "version" {
		number = program + " " + number
	}
	return fmt.Sprintf("%s\n\n%s, in place of ec2-ami-tools.\n", number, emikit)
}
