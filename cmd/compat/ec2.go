package compat

import (
	"slices"

	"emikit/cmd/cli"
)

// ec2Commands are the commands that talk to EC2, as euca2ools 3.4.1 have them, by the
// names of a family: those of ec2-api-tools are the same but for what all have.
func ec2Commands(family cli.Family) []Tool {
	q := querying{family}
	return slices.Concat(imageCommands(q), instanceCommands(q), accessCommands(q))
}

// querying makes the rows of commands that talk to EC2.
type querying struct{ family cli.Family }

// tool is a command that has options, before those of all.
func (q querying) tool(name string, options ...[]Option) Tool {
	return tool(q.family, name, append(options, q.common(nil))...).own(ownCommon()...).own(ownConnection()...)
}

// list is a command that has filters, too.
func (q querying) list(name string, options ...[]Option) Tool {
	filter := opt("--filter", "NAME=VALUE").many()
	if q.family == cli.EC2 {
		filter.Names = "-F/--filter"
	}
	return tool(q.family, name, append(options, q.common([]Option{filter}))...).own(ownCommon()...).own(ownConnection()...)
}

func (q querying) common(filter []Option) []Option {
	if q.family == cli.EC2 {
		return append(apiCommon(), filter...)
	}
	return slices.Concat([]Option{
		on("--show-empty-fields"),
		opt("-U/--url", "URL").group(notBoth),
		eucaRegion().group(notBoth),
		opt("-I/--access-key-id", "KEY_ID"),
		opt("-S/--secret-key", "KEY"),
		opt("--security-token", "TOKEN"),
		opt("-A/--access-key", "KEY_ID").to("access-key-id").in(cli.Euca2),
		opt("--config", "FILE").in(cli.Euca2).refused("source the eucarc file instead, or let it be ~/.eucarc"),
		on("--euca-auth").in(cli.Euca2).refused("node controllers only"),
	}, filter, eucaLast())
}

// apiCommon are the options of all ec2-api-tools.
func apiCommon() []Option {
	const soap = "requests are signed with the access key, no longer with a certificate"
	return []Option{
		opt("-O/--aws-access-key", "KEY").to("access-key-id"),
		opt("-W/--aws-secret-key", "KEY").to("secret-key"),
		opt("-T/--security-token", "TOKEN"),
		opt("-K/--private-key", "KEY").ignored(soap),
		opt("-C/--cert", "CERT").ignored(soap),
		opt("-U/--url", "URL"),
		opt("--region", "REGION"),
		opt("-I/--access-key-id", "KEY_ID").note("as euca2ools have it"),
		opt("-S/--secret-key", "KEY").note("as euca2ools have it"),
		on("-v/--verbose").ignored("--debug shows the requests"),
		on("-H/--headers").ignored("--output table has a heading"),
		on("--show-empty-fields"),
		on("--hide-tags").ignored("tags are lines of their own"),
		opt("--connection-timeout", "SECONDS").ignored("waits have limits of their own"),
		opt("--request-timeout", "SECONDS").ignored("waits have limits of their own"),
		on("--debug").better("never shows a key or a secret"),
		on("--version").note("as euca2ools have it"),
		on("-h/-?/--help"),
	}
}

// eucaQueries are commands that talk to EC2 and only euca2ools have.
func eucaQueries() []Tool {
	q := querying{cli.Euca}
	return []Tool{
		q.tool("describe-instance-types", []Option{
			on("--by-zone"),
			on("--show-capacity"),
		}).args("[INSTANCETYPE [INSTANCETYPE ...]]").since(cli.Euca3),
		q.tool("get-password-data").args("INSTANCE").own("priv-launch-key"),
	}
}

// eucaOther are commands of euca2ools that talk to nobody.
func eucaOther() []Tool {
	return []Tool{
		euca("fingerprint-key").args("FILE"),
		euca("generate-environment-config", []Option{
			on("--simple"),
			opt("-I/--access-key-id", "KEY_ID"),
			opt("-S/--secret-key", "KEY"),
			opt("--security-token", "TOKEN"),
			eucaRegion(),
		}).since(cli.Euca3).own(ownConnection()...).own("url"),
		euca("version"),
	}
}

// ec2Other are those of ec2-api-tools.
func ec2Other() []Tool {
	var common []Option
	for _, o := range apiCommon() {
		if !o.isShown() && o.flag() != "debug" {
			o = o.ignored("it asks nobody")
		}
		common = append(common, o)
	}
	fingerprint := tool(cli.EC2, "fingerprint-key", common).args("FILE").own(ownCommon()...)
	version := tool(cli.EC2, "version", []Option{
		on("-v/--verbose").ignored("there is no more to say"),
		on("-H/--headers").ignored("there is no table"),
		on("--show-empty-fields").ignored("there is no table"),
		on("--hide-tags").ignored("there is no table"),
		on("--debug"),
		on("-h/-?/--help"),
		on("--version"),
	})
	return []Tool{fingerprint, version.own(ownCommon()...)}
}
