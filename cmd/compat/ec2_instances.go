package compat

func instanceCommands(q querying) []Tool {
	return []Tool{
		q.tool("run-instances", runOptions()).args("IMAGE").
			own("secondary-private-ip-address", "secondary-private-ip-address-count"),
		q.list("describe-instances").args("[INSTANCE [INSTANCE ...]]"),
		q.list("describe-instance-status", []Option{
			on("--hide-healthy"),
			on("--include-all-instances"),
		}).args("[INSTANCE [INSTANCE ...]]"),
		q.tool("describe-instance-attribute", []Option{
			on("-b/--block-device-mapping").group("which").require(),
			on("--disable-api-termination").group("which").require(),
			on("--ebs-optimized").group("which").require(),
			on("-g/--group-id").group("which").require(),
			on("-p/--product-code").group("which").require(),
			on("--instance-initiated-shutdown-behavior").group("which").require(),
			on("-t/--instance-type").group("which").require(),
			on("--kernel").group("which").require(),
			on("--ramdisk").group("which").require(),
			on("--root-device-name").group("which").require(),
			on("--source-dest-check").group("which").require(),
			on("--user-data").group("which").require(),
		}).args("INSTANCE"),
		q.tool("terminate-instances").args("INSTANCE [INSTANCE ...]"),
		q.tool("reboot-instances").args("INSTANCE [INSTANCE ...]"),
		q.tool("start-instances").args("INSTANCE [INSTANCE ...]"),
		q.tool("stop-instances", []Option{on("-f/--force")}).args("INSTANCE [INSTANCE ...]"),
		q.tool("get-console-output", []Option{on("-r/--raw-console-output")}).args("INSTANCE"),
		q.tool("get-password", []Option{opt("-k/--priv-launch-key", "FILE").require()}).args("INSTANCE"),
		q.list("describe-availability-zones").args("[ZONE [ZONE ...]]"),
		q.list("describe-regions").args("[REGION [REGION ...]]"),
	}
}

func runOptions() []Option {
	return []Option{
		opt("-n/--instance-count", "MIN[-MAX]"),
		opt("-g/--group", "GROUP").many(),
		opt("-k/--key", "KEYPAIR"),
		opt("-d/--user-data", "DATA").group("data"),
		opt("--user-data-force", "DATA").group("data"),
		opt("-f/--user-data-file", "FILE").group("data"),
		opt("--addressing", "{public,private}"),
		opt("-t/--instance-type", "INSTANCETYPE"),
		opt("-z/--availability-zone", "ZONE"),
		opt("--kernel", "KERNEL"),
		opt("--ramdisk", "RAMDISK"),
		opt("-b/--block-device-mapping", "DEVICE=MAPPED").many(),
		on("-m/--monitor"),
		on("--disable-api-termination"),
		opt("--instance-initiated-shutdown-behavior", "{stop,terminate}"),
		opt("--placement-group", "PLGROUP"),
		opt("--tenancy", "{default,dedicated}"),
		opt("--client-token", "TOKEN"),
		opt("-s/--subnet", "SUBNET"),
		opt("--associate-public-ip-address", "ASSOCIATE_PUBLIC_IP_ADDRESS"),
		opt("--private-ip-address", "ADDRESS"),
		opt("--secondary-address", "ADDRESS").many().group("secondary"),
		opt("--secondary-count", "COUNT").group("secondary"),
		opt("-a/--network-interface", "INTERFACE").many(),
		opt("-p/--iam-profile", "IPROFILE"),
		on("--ebs-optimized"),
	}
}
