package cli

// signature is the version of signatures that the tools of the era make where nobody
// says: euca2ools 1 and 2 and ec2-ami-tools 1.4 know only 2, euca2ools 3 keep it for
// object stores (s3-force-sigv4 of the ini files is for those that want 4). 0 leaves it
// to the service's client, which takes 4.
func (e Era) signature(service string) int {
	switch {
	case e == Euca2, e == EC2v14, e == Euca3 && service == "s3":
		return 2
	}
	return 0
}
