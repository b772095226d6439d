package compat

import "emikit/cmd/cli"

func instanceCommands(q querying) []Tool {
	return []Tool{
		q.tool("run-instances", runOptions()).args("IMAGE").
			own("secondary-private-ip-address", "secondary-private-ip-address-count"),
		q.list("describe-instances").args("[INSTANCE [INSTANCE ...]]"),
		q.list("describe-instance-status", []Option{
			on("--hide-healthy"),
			on("--include-all-instances"),
		}).args("[INSTANCE [INSTANCE ...]]"),
		q.tool("describe-instance-attribute", attributeOptions()).args("INSTANCE"),
		q.tool("modify-instance-attribute", q.modifyOptions()).args("INSTANCE"),
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

func attributeOptions() []Option {
	var options []Option
	for _, names := range []string{
		"-b/--block-device-mapping", "--disable-api-termination", "--ebs-optimized", "-g/--group-id", "-p/--product-code",
		"--instance-initiated-shutdown-behavior", "-t/--instance-type", "--kernel", "--ramdisk", "--root-device-name",
		"--source-dest-check", "--user-data",
	} {
		options = append(options, on(names).group("which").require())
	}
	return options
}

// modifyOptions differ: two are switches of euca2ools, and take a word of ec2-api-tools.
func (q querying) modifyOptions() []Option {
	protect, optimize := on("--disable-api-termination"), on("--ebs-optimized")
	if q.family == cli.EC2 {
		protect.Value, optimize.Value = "BOOLEAN", "BOOLEAN"
	}
	options := []Option{
		opt("-b/--block-device-mapping", "DEVICE=MAPPED").many().refused("an instance keeps the devices that it has"),
		protect,
		opt("--instance-initiated-shutdown-behavior", "{stop,terminate}"),
		optimize,
		opt("-g/--group", "GROUP").many(),
		opt("-t/--instance-type", "TYPE"),
		opt("--kernel", "KERNEL"),
		opt("--ramdisk", "RAMDISK"),
		opt("-d/--user-data", "DATA"),
		opt("--user-data-force", "DATA"),
		opt("-f/--user-data-file", "FILE"),
	}
	for i := range options {
		options[i] = options[i].group("which")
	}
	return options
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
