// Package instances holds the commands that run images and look at where they
// run: run-instances, describe-instances, terminate-instances,
// reboot-instances, get-console-output, describe-availability-zones and
// describe-regions.
package instances
