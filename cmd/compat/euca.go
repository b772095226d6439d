package compat

import "emikit/cmd/cli"

// eucaBundling are the commands of euca2ools that make bundles and open them.
func eucaBundling() []Tool {
	return []Tool{
		euca("bundle-image", eucaKeys(), eucaBundle(), eucaCert(), eucaBootstrap(), eucaBundleRare(), eucaImageSize(), eucaBundleHidden(), eucaProgress(), eucaBundle1(), eucaUnused2(),
			[]Option{eucaRegion()}).own(ownBundling()...),
		euca("bundle-vol", eucaVolume(), eucaCert(), eucaBundleRare(), eucaVolumeHidden(), eucaProgress(), eucaVolume1(), eucaUnused2(), []Option{eucaRegion()}).own(ownBundling()...).own("clone-only"),
		euca("unbundle", eucaUnbundle(), eucaProgress(), eucaUnused2(), []Option{eucaRegion()}).own("cert", "batch"),
		euca("unbundle-stream", eucaUnbundleStream(), eucaProgress(), []Option{eucaRegion()}).since(cli.Euca3).
			own("cert", "enc-iv-file", "enc-key-file", "manifest", "privatekey"),
	}
}

// euca makes the row of a command of euca2ools.
func euca(name string, options ...[]Option) Tool {
	return tool(cli.Euca, name, append(options, eucaLast())...).own(ownCommon()...)
}

// eucaLast ends every usage line.
func eucaLast() []Option {
	return []Option{
		on("--debug").better("never shows a key or a secret"),
		on("--debugger").ignored("there is no Python to debug"),
		on("--version"),
		on("-h/--help"),
	}
}

func eucaRegion() Option { return opt("--region", "USER@REGION") }

// eucaKeys are the access keys of bundling and transfer commands: those of 3.x, and
// those of 1.x and 2.x, which had -a and -s, but -A and -S where a command used the
// small ones for something else.
func eucaKeys() []Option {
	return []Option{
		opt("-I/--access-key-id", "KEY_ID").in(cli.Euca3),
		opt("-S/--secret-key", "KEY").in(cli.Euca3),
		opt("--security-token", "TOKEN").in(cli.Euca3),
		opt("-a/--access-key", "KEY_ID").to("access-key-id").in(cli.Euca2),
		opt("-s/--secret-key", "KEY").to("secret-key").in(cli.Euca2),
		opt("-A", "KEY_ID").to("access-key-id").in(cli.Euca2),
		opt("-S", "KEY").to("secret-key").in(cli.Euca2),
	}
}

// eucaUnused2 are options of all commands of 1.x and 2.x.
func eucaUnused2() []Option {
	return []Option{
		opt("-U/--url", "URL").in(cli.Euca2).ignored("bundling talks to nobody"),
		opt("--config", "FILE").in(cli.Euca2).refused("source the eucarc file instead, or let it be ~/.eucarc"),
		on("--euca-auth").in(cli.Euca2).refused("node controllers only"),
	}
}

const eucaArches = "{i386,x86_64,armhf,ppc,ppc64,ppc64le}"

func eucaBundle() []Option {
	return []Option{
		opt("-i/--image", "FILE").require().better("qcow2 and compressed images, too"),
		opt("-p/--prefix", "PREFIX"),
		opt("-d/--destination", "DIR").note("default: /tmp; in euca-3 a new directory in /var/tmp or TMPDIR"),
		opt("-r/--arch", eucaArches).require().note("default: this machine's or, in euca-2, x86_64; in euca-3 it is required"),
	}
}

func eucaCert() []Option {
	return []Option{
		opt("-k/--privatekey", "FILE").better("one that cannot be used is an error"),
		opt("-c/--cert", "FILE").better("one that cannot be used is an error"),
		opt("--ec2cert", "FILE"),
		opt("-u/--user", "ACCOUNT"),
		opt("--kernel", "IMAGE"),
		opt("--ramdisk", "IMAGE"),
	}
}

func eucaBootstrap() []Option {
	return []Option{opt("--bootstrap-url", "BOOTSTRAP_URL").in(cli.Euca3)}
}

func eucaBundleRare() []Option {
	return []Option{
		opt("-B/--block-device-mappings", "VIRTUAL1=DEVICE1,VIRTUAL2=DEVICE2,...").to("block-device-mapping").in(cli.Euca3),
		opt("--productcodes", "CODE1,CODE2,...").in(cli.Euca3),
	}
}

func eucaImageSize() []Option {
	return []Option{opt("--image-size", "IMAGE_SIZE").in(cli.Euca3)}
}

// eucaBundleHidden are options that 3.x has and does not tell of.
func eucaBundleHidden() []Option {
	return []Option{
		opt("--image-type", "{machine,kernel,ramdisk}").in(cli.Euca3).hide(),
		opt("--part-size", "PART_SIZE").in(cli.Euca3).hide().better("0 is refused"),
		opt("--enc-key", "ENC_KEY").in(cli.Euca3).hide().refused("a key does not belong where others can see it"),
		opt("--enc-iv", "ENC_IV").in(cli.Euca3).hide().refused("a key does not belong where others can see it"),
		on("--batch").hide(),
	}
}

// eucaBundle1 are options of 1.x and 2.x alone.
func eucaBundle1() []Option {
	return []Option{
		opt("-B/--block-device-mapping", "MAPPING").many().in(cli.Euca2),
		opt("-b", "MAPPING").many().in(cli.Euca2).to("block-device-mapping").note("2.1"),
		opt("--product-codes", "CODES").in(cli.Euca2).to("productcodes"),
		opt("--ec2cert_path", "FILE").in(cli.Euca2).to("ec2cert").note("as the help of 1.x has it"),
	}
}

func eucaVolume() []Option {
	return []Option{
		opt("-p/--prefix", "PREFIX"),
		opt("-d/--destination", "DIR").note("default: /tmp; in euca-3 a new directory in /var/tmp or TMPDIR"),
		opt("-r/--arch", eucaArches),
		opt("-e/--exclude", "PATH,...").many().better("/tmp, /var/tmp and /run stay as empty directories"),
		opt("-i/--include", "PATH,...").many().in(cli.Euca3),
		opt("-s/--size", "MiB").number().better("chosen if not given; 10240 in euca-2 and euca-3"),
		on("--no-filter").in(cli.Euca3).better("without it, what is left out is named; the private key is left out in any case"),
		on("--all").in(cli.Euca3).note("without it the contents of /dev, /media, /mnt, /proc and /sys stay away, too"),
		on("--inherit").group(inherit),
		on("--no-inherit").group(inherit),
		opt("-v/--volume", "DIR"),
		opt("-P/--partition", "{mbr,gpt,none}").in(cli.Euca3).better("with GRUB 2 if the machine boots with it, in place of GRUB 0.97; without a boot loader otherwise"),
		opt("-S/--script", "FILE").in(cli.Euca3),
		opt("--fstab", "FILE").group("fstab"),
		on("--generate-fstab").group("fstab"),
		opt("--grub-config", "FILE").in(cli.Euca3),
	}
}

func eucaVolumeHidden() []Option {
	return []Option{
		opt("--part-size", "PART_SIZE").in(cli.Euca3).hide().better("0 is refused"),
		opt("--enc-key", "ENC_KEY").in(cli.Euca3).hide().refused("a key does not belong where others can see it"),
		opt("--enc-iv", "ENC_IV").in(cli.Euca3).hide().refused("a key does not belong where others can see it"),
	}
}

func eucaVolume1() []Option {
	return append(eucaBundle1(),
		on("-a/--all").in(cli.Euca2),
		on("--batch").in(cli.Euca2),
		opt("-A/--access-key", "KEY_ID").in(cli.Euca2).ignored("bundling asks nobody"),
		opt("-S/--secret-key", "KEY").in(cli.Euca2).ignored("bundling asks nobody; -S is --script by default"),
	)
}

func eucaUnbundle() []Option {
	return []Option{
		opt("-m/--manifest", "FILE").require(),
		opt("-s/--source", "DIR"),
		opt("-d/--destination", "DIR"),
		opt("-k/--privatekey", "FILE"),
		opt("-a/--access-key", "KEY_ID").in(cli.Euca2).ignored("unbundling asks nobody"),
		opt("-A", "KEY_ID").in(cli.Euca2).ignored("unbundling asks nobody"),
		opt("-S/--secret-key", "KEY").in(cli.Euca2).ignored("unbundling asks nobody"),
	}
}

func eucaUnbundleStream() []Option {
	return []Option{
		opt("-i", "FILE").to("input"),
		opt("-o", "FILE").to("output-file"),
		opt("--enc-key", "HEX").require(),
		opt("--enc-iv", "HEX").require(),
		opt("--image-size", "BYTES"),
		opt("--sha1-digest", "HEX"),
	}
}

// eucaProgress are options that 3.x has and does not tell of where Python's progressbar
// is not installed.
func eucaProgress() []Option {
	return []Option{
		on("--progress").in(cli.Euca3).hide().group("progress"),
		on("--no-progress").in(cli.Euca3).hide().group("progress"),
		on("--porcelain").in(cli.Euca3).hide().group("progress").to("no-progress"),
	}
}
