package compat

import "emikit/cmd/cli"

// amiTools are ec2-ami-tools: 1.4, of which 1.4.0.7 was looked at in action and
// 1.4.0.9 on paper, and 1.5.
func amiTools() []Tool {
	tools := []Tool{
		ami("bundle-image", amiKeys(), []Option{opt("-i/--image", "PATH").text()}, amiBundle()).own(ownBundling()...),
		ami("bundle-vol", amiKeys(), amiBundle(), amiVolume()).own(ownBundling()...),
		ami("upload-bundle", amiUpload(), amiStore()).own(ownTransfer()...).own("privatekey", "ec2cert"),
		ami("download-bundle", amiDownload(), amiStore()).own(ownTransfer()...).own("local-manifest"),
		ami("delete-bundle", amiDelete(), amiStore()).own(ownTransfer()...).own("local-manifest", "delete-all-bundles"),
		ami("unbundle", amiUnbundle()).own("cert", "region"),
		ami("migrate-manifest", amiMigrateManifest()).own("to", "access-key", "url").own(ownConnection()...),
		ami("migrate-bundle", amiMigrateBundle(), amiStore()).own(ownTransfer()...).own("ec2-url"),
	}
	version := Tool{Family: cli.EC2, Command: "version", Names: []string{"ami-tools-version"}, Stray: true}
	version.Options = []Option{on("-h/--help"), on("--version"), on("--manual")}
	return append(tools, version.own("output", "debug"))
}

func ami(name string, options ...[]Option) Tool {
	t := tool(cli.EC2, name, append(options, amiCommon())...)
	t.Stray = true
	return t.own(ownCommon()...)
}

func amiCommon() []Option {
	return []Option{
		on("-h/--help"),
		on("--version"),
		on("--manual"),
		on("--batch"),
		on("--debug").better("never shows a key or a secret"),
	}
}

func amiKeys() []Option {
	return []Option{
		opt("-c/--cert", "PATH").text().better("found through EC2_CERT, too; must belong to the key"),
		opt("-k/--privatekey", "PATH").text().better("found through EC2_PRIVATE_KEY, too"),
		opt("-u/--user", "USER").text().better("found through EC2_USER_ID, too"),
	}
}

func amiBundle() []Option {
	return []Option{
		opt("-d/--destination", "PATH").text(),
		opt("--ec2cert", "PATH").text(),
		opt("-r/--arch", "ARCHITECTURE").text().better("arm64 and what else euca2ools know is taken without a question where nobody is there to answer; others are refused"),
		opt("--productcodes", "PRODUCT_CODES").text(),
		on("--no-size-checks"),
		opt("--kernel", "ID"),
		opt("--ramdisk", "ID"),
		opt("-B/--block-device-mapping", "MAPS").text().many(),
		opt("-p/--prefix", "PREFIX").text(),
	}
}

func amiVolume() []Option {
	return []Option{
		on("-a/--all").better("ext4, xfs and btrfs count as local without it, memory does not"),
		opt("-e/--exclude", "DIR1,DIR2,...").text().many().better("/tmp, /var/tmp and /run stay as empty directories; a pattern may stand for nothing"),
		opt("-i/--include", "FILE1,FILE2,...").text().many(),
		on("--no-filter").better("without it, what is left out is named; the private key is left out in any case"),
		opt("-s/--size", "MB").number().better("chosen if not given; 10240 in ec2-1.4 and ec2-1.5"),
		on("--inherit").group(inherit).better("asks version 2 of the metadata service first"),
		on("--no-inherit").group(inherit),
		opt("-v/--volume", "PATH").text(),
		opt("--fstab", "PATH").text(),
		on("--generate-fstab").better("the root has the type that it is of"),
		opt("-P/--partition", "TYPE").text().in(cli.EC2v15).better("with GRUB 2 if the machine boots with it, in place of GRUB 0.97; without a boot loader otherwise"),
		opt("-S/--script", "PATH").text().in(cli.EC2v15),
		opt("--grub-config", "PATH").text().in(cli.EC2v15),
		on("--clone-only").in(cli.EC2v15),
	}
}

// amiStore are the options of the commands that talk to an object store.
func amiStore() []Option {
	return []Option{
		opt("-a/--access-key", "USER").text().to("access-key-id").better("found where euca2ools and the AWS CLI look, too"),
		opt("-s/--secret-key", "PASSWORD").text().better("found where euca2ools and the AWS CLI look, too"),
		opt("-t/--delegation-token", "TOKEN").text(),
		opt("--url", "URL").text(),
		on("--retry").better("waits between tries, which it said and did not do"),
		opt("--region", "REGION").text().in(cli.EC2v15).better("any region, also of the configuration files"),
		opt("--sigv", "VERSION").text().in(cli.EC2v15),
	}
}

func amiUpload() []Option {
	return []Option{
		opt("-b/--bucket", "BUCKET").text(),
		opt("-m/--manifest", "PATH").text().better("parts that the bucket holds for certain are skipped, and said to be"),
		opt("--acl", "ACL").text(),
		opt("-d/--directory", "DIRECTORY").text(),
		opt("--part", "PART").number(),
		on("--skipmanifest"),
		opt("--location", "LOCATION").text().better("any location; ec2-1.4 those of its list"),
	}
}

func amiDownload() []Option {
	return []Option{
		opt("-b/--bucket", "BUCKET").text(),
		opt("-m/--manifest", "FILE").text(),
		opt("-p/--prefix", "PREFIX").text(),
		opt("-d/--directory", "DIRECTORY").text(),
		opt("-k/--privatekey", "KEY").text().better("needed for an encrypted manifest only"),
	}
}

func amiDelete() []Option {
	return []Option{
		opt("-b/--bucket", "BUCKET").text(),
		opt("-m/--manifest", "PATH").text(),
		opt("-p/--prefix", "PREFIX").text(),
		on("--clear"),
		on("-y/--yes"),
	}
}

func amiUnbundle() []Option {
	return []Option{
		opt("-k/--privatekey", "PATH").text().better("found through EC2_PRIVATE_KEY, too"),
		opt("-m/--manifest", "PATH").text(),
		opt("-s/--source", "DIRECTORY").text(),
		opt("-d/--destination", "DIRECTORY").text(),
	}
}

func amiMigrateManifest() []Option {
	return []Option{
		opt("-m/--manifest", "PATH").text(),
		opt("-c/--cert", "PATH").text(),
		opt("-k/--privatekey", "PATH").text(),
		opt("--ec2cert", "PATH").text().better("is used, which it was not"),
		opt("-a/--access-key", "USER").text().to("access-key-id"),
		opt("-s/--secret-key", "PASSWORD").text(),
		opt("-t/--delegation-token", "TOKEN").text(),
		opt("--region", "REGION").text(),
		on("--no-mapping"),
		opt("--kernel", "ID"),
		opt("--ramdisk", "ID"),
	}
}

func amiMigrateBundle() []Option {
	return []Option{
		opt("-m/--manifest", "NAME").text(),
		opt("-c/--cert", "PATH").text(),
		opt("-k/--privatekey", "PATH").text(),
		opt("--ec2cert", "PATH").text().better("is used, which it was not"),
		opt("-b/--bucket", "BUCKET").text(),
		opt("-d/--destination-bucket", "BUCKET").text(),
		opt("--acl", "ACL").text(),
		opt("--location", "LOCATION").text(),
		on("--no-mapping"),
		opt("--kernel", "ID"),
		opt("--ramdisk", "ID"),
		opt("--region", "REGION").text().in(cli.EC2v14),
	}
}
