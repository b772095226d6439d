package compat

func imageCommands(q querying) []Tool {
	return []Tool{
		q.tool("register", registerOptions()).args("[MANIFEST]").own("wait"),
		q.tool("deregister").args("IMAGE"),
		q.list("describe-images", []Option{
			on("-a/--all"),
			opt("-o/--owner", "ACCOUNT").many(),
			opt("-x/--executable-by", "ACCOUNT").many(),
		}).args("[IMAGE [IMAGE ...]]"),
		q.tool("describe-image-attribute", []Option{
			on("-l/--launch-permission").group("which").require(),
			on("-p/--product-codes").group("which").require(),
			on("-B/--block-device-mapping").group("which").require(),
			on("--kernel").group("which").require(),
			on("--ramdisk").group("which").require(),
			on("--description").group("which").require(),
		}).args("IMAGE"),
		q.tool("modify-image-attribute", []Option{
			opt("--description", "DESC").group("which").require(),
			opt("-p/--product-code", "CODE").many().group("which").require(),
			on("-l/--launch-permission").group("which").require(),
			opt("-a/--add", "ENTITY").many(),
			opt("-r/--remove", "ENTITY").many(),
		}).args("IMAGE"),
		q.tool("reset-image-attribute", []Option{
			on("-l/--launch-permission").require(),
		}).args("IMAGE"),
		q.tool("create-image", []Option{
			opt("-n/--name", "NAME").require(),
			opt("-d/--description", "DESC"),
			on("--no-reboot"),
			opt("-b/--block-device-mapping", "DEVICE=MAPPED").many(),
		}).args("INSTANCE").note("answers that it needs EBS, which bundles do without"),
		q.tool("confirm-product-instance", []Option{
			opt("-i/--instance", "INSTANCE").require(),
		}).args("CODE"),
	}
}

func registerOptions() []Option {
	return []Option{
		opt("-n/--name", "NAME").require().note("default and euca-2: without it, made from the manifest's name"),
		opt("-d/--description", "DESCRIPTION"),
		opt("-a/--architecture", "{i386,x86_64,armhf}").better("other names are left to the cloud"),
		opt("--kernel", "KERNEL"),
		opt("--ramdisk", "RAMDISK"),
		opt("--root-device-name", "DEVICE"),
		opt("-s/--snapshot", "SNAPSHOT"),
		opt("-b/--block-device-mapping", "DEVICE=MAPPED").many(),
		opt("--virtualization-type", "{paravirtual,hvm}"),
		opt("--platform", "windows"),
	}
}
