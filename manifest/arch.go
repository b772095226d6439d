package manifest

// Architectures are the names of the architectures that an image may be for:
// those that euca2ools 3.4.1 know, and arm64, which Packer passes to
// ec2-ami-tools. Parse takes any name.
func Architectures() []string {
	return []string{"i386", "x86_64", "armhf", "arm64", "ppc", "ppc64", "ppc64le"}
}
