// Package instances holds the commands that run images and look at where they
// run: run-, describe-, start-, stop-, reboot- and terminate-instances,
// describe-instance-status, describe- and modify-instance-attribute, get-console-output, get-password and
// get-password-data, confirm-product-instance, create-image, and
// describe-instance-types, -availability-zones and -regions; and those of tags:
// create-, delete- and describe-tags.
package instances
