package compat

import "emikit/cmd/cli"

// publishers are the tools of Ubuntu's cloud-utils that publish images. Their names
// began with uec- once, and with cloud- later.
func publishers() []Tool {
	image := publisher("publish-image", publishKernel(), publishImage(), publishAll()).args("ARCH IMAGE BUCKET[/PREFIX]")
	tarball := publisher("publish-tarball", publishKernel(), publishTarball(), publishAll()).args("TARBALL BUCKET[/PREFIX] [ARCH]").
		own("add-launch", "allow-existing", "working-dir", "dry-run", "image-to-raw")
	register := tool(cli.UEC, "register", registerOptions(), querying{cli.UEC}.common(nil)).args("MANIFEST").
		own(ownCommon()...).own(ownConnection()...).own("wait").note("as euca-register; not in cloud-utils 0.1 to 0.27")
	return []Tool{image, tarball, register}
}

func publisher(name string, options ...[]Option) Tool {
	return tool(cli.UEC, name, options...).aka(cloudPrefix+name).own(ownCommon()...).own(ownTransfer()...).
		own("acl", "cert", "compression", "debug", "ec2-url", "ec2cert", "location", "max-size",
			"part-size", "privatekey", "unsigned", "user")
}

// cloudPrefix begins the later names.
const cloudPrefix = "cloud-"

func publishKernel() []Option {
	return []Option{
		opt("-k/--kernel", "ID"),
		opt("-K/--kernel-file", "FILE"),
		opt("-r/--ramdisk", "ID"),
		opt("-R/--ramdisk-file", "FILE"),
	}
}

func publishAll() []Option {
	return []Option{
		on("--save-downloaded"),
		opt("--hook-img", "PROGRAM").refused("emikit runs no other program: run it on the image first"),
		on("-h/--help"), on("--version").note("as euca2ools have it"),
	}
}

func publishImage() []Option {
	return []Option{
		opt("-l/--add-launch", "USER").many(),
		on("-n/--dry-run"),
		on("--allow-existing").better("takes only what can be run, or soon can, and looks before any work"),
		opt("-o/--output", "FILE").to("output-file"),
		opt("--rename", "PATH"),
		opt("-t/--type", "TYPE").better("the default is auto; what is neither a kernel nor a ramdisk is an image"),
		on("-v/--verbose"),
		opt("--name", "NAME"),
		opt("-B/--block-device-mapping", "MAPPING").many(),
		opt("-w/--working-dir", "DIR").better("no bundle is written there: it is sent while it is made"),
		on("--image-to-raw").ignored("what is bundled is always the raw disk"),
	}
}

func publishTarball() []Option {
	return []Option{
		opt("--rename-kernel", "NAME"),
		opt("--rename-ramdisk", "NAME"),
		opt("--rename-image", "NAME"),
		opt("--resize", "SIZE").refused("emikit does not change filesystems"),
		on("-q/--quiet"),
		on("-l/--use-loader"),
	}
}
