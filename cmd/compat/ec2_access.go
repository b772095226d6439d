package compat

import "emikit/cmd/cli"

func accessCommands(q querying) []Tool {
	return []Tool{
		q.tool("create-keypair", []Option{opt("-f/--filename", "FILE")}).args("KEYPAIR").aka("add-keypair"),
		q.tool("import-keypair", []Option{opt("-f/--public-key-file", "FILE").require().better("a private key is not sent")}).args("KEYPAIR"),
		q.tool("delete-keypair").args("KEYPAIR"),
		q.list("describe-keypairs").args("[KEYPAIR [KEYPAIR ...]]"),
		q.tool("create-group", []Option{
			opt("-d/--description", "DESC").require(),
			opt("-c/--vpc", "VPC"),
		}).args("GROUP").aka("add-group"),
		q.tool("delete-group").args("GROUP"),
		q.list("describe-groups").args("[GROUP [GROUP ...]]").aka("describe-group"),
		q.tool("authorize", q.rule()).args("GROUP"),
		q.tool("revoke", q.rule()).args("GROUP"),
		q.tool("allocate-address", []Option{opt("-d/--domain", "vpc")}),
		q.tool("associate-address", associateOptions()).args("[ADDRESS]"),
		q.tool("disassociate-address", []Option{opt("-a/--association-id", "ASSOC")}).args("[ADDRESS]"),
		q.tool("release-address", []Option{opt("-a/--allocation-id", "ALLOC")}).args("[ADDRESS]"),
		q.list("describe-addresses").args("[ADDRESS [ADDRESS ...]]"),
		q.tool("create-tags", []Option{opt("--tag", "KEY[=VALUE]").many().require()}).args("RESOURCE [RESOURCE ...]"),
		q.tool("delete-tags", []Option{opt("--tag", "KEY[=[VALUE]]").many().require()}).args("RESOURCE [RESOURCE ...]"),
		q.list("describe-tags"),
	}
}

func associateOptions() []Option {
	return []Option{
		opt("-a/--allocation-id", "ALLOC"),
		opt("-i/--instance-id", "INSTANCE").group("to").require(),
		opt("-n/--network-interface", "INTERFACE").group("to").require(),
		opt("-p/--private-ip-address", "ADDRESS"),
		on("--allow-reassociation").group("again"),
		on("--no-allow-reassociation").group("again"),
	}
}

// rule are the options of authorize and revoke.
func (q querying) rule() []Option {
	options := []Option{
		on("--egress"),
		opt("-P/--protocol", "{tcp,udp,icmp,6,17,1}"),
		opt("-p/--port-range", "RANGE"),
		opt("-t/--icmp-type-code", "TYPE:CODE"),
		opt("-s/--cidr", "CIDR").group("from"),
		opt("-o", "GROUP").group("from").to("source-group").better("lets in that group alone: euca2ools let in 0.0.0.0/0 beside it"),
		opt("-u", "ACCOUNT").to("source-group-user"),
	}
	if q.family == cli.Euca {
		options = append(options,
			opt("--source-group", "GROUP").in(cli.Euca2),
			opt("--source-group-user", "ACCOUNT").in(cli.Euca2),
			opt("--source-subnet", "CIDR").in(cli.Euca2).to("cidr"))
	}
	return options
}
