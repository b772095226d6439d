package compat

import "emikit/cmd/cli"

// eucaTransfer are the commands of euca2ools that move bundles.
func eucaTransfer() []Tool {
	bundle := func() [][]Option {
		return [][]Option{eucaBundle(), eucaCert(), eucaBootstrap(), eucaBundleRare(), eucaImageSize(), eucaBundleHidden(), eucaUploading(), eucaEndpoint(), eucaProgress()}
	}
	return []Tool{
		euca("bundle-and-upload-image", append([][]Option{eucaBundleUpload()}, bundle()...)...).since(cli.Euca3).own(ownBundling()...).own(ownTransfer()...),
		euca("install-image", append([][]Option{eucaInstall()}, bundle()...)...).since(cli.Euca3).own(ownBundling()...).own(ownTransfer()...).own("preserve-bundle", "wait", "iam-url", "check-cert"),
		euca("upload-bundle", eucaUpload(), eucaUploading(), eucaUpload1(), eucaEndpoint(), eucaProgress()).own(ownTransfer()...).own("privatekey"),
		euca("download-bundle", []Option{opt("-d/--directory", "DIR")}, eucaDownloading(), eucaDownload1(), eucaEndpoint(), eucaProgress()).own(ownTransfer()...).own("privatekey"),
		euca("download-and-unbundle", []Option{
			opt("-d/--destination", "(FILE | DIR)"), opt("-k/--privatekey", "PRIVATEKEY"),
		}, eucaDownloading(), eucaEndpoint(), eucaProgress()).since(cli.Euca3).own(ownTransfer()...).own("cert"),
		euca("delete-bundle", []Option{
			on("--clear"),
			on("--delete-all-bundles").hide().group("which"),
		}, eucaDownloading(), eucaEndpoint()).own(ownTransfer()...).own("yes"),
	}
}

// eucaEndpoint are where a service is and who asks. 3.0 took one of --region and -U,
// all others take both.
func eucaEndpoint() []Option {
	return append([]Option{
		opt("-U/--url", "URL").group(notBoth),
		eucaRegion().group(notBoth),
	}, append(eucaKeys(),
		opt("--config", "FILE").in(cli.Euca2).refused("source the eucarc file instead, or let it be ~/.eucarc"),
		on("--euca-auth").in(cli.Euca2).refused("node controllers only"))...)
}

func eucaUploading() []Option {
	return []Option{
		opt("-b/--bucket", "BUCKET[/PREFIX]").require(),
		opt("--acl", "{public-read,aws-exec-read,ec2-bundle-read}"),
		opt("--upload-policy", "POLICY").in(cli.Euca3).group("policy").refused("uploads are signed with keys, not with a policy"),
		opt("--upload-policy-file", "FILE").in(cli.Euca3).group("policy").refused("uploads are signed with keys, not with a policy"),
		opt("--upload-policy-signature", "SIGNATURE").in(cli.Euca3).refused("uploads are signed with keys, not with a policy"),
		opt("--location", "LOCATION").in(cli.Euca3),
		on("--retry").in(cli.Euca3).better("done also without it, with pauses that grow"),
	}
}

func eucaUpload() []Option {
	return []Option{
		opt("-m/--manifest", "FILE").require(),
		opt("-d/--directory", "DIR"),
		opt("--part", "INT").in(cli.Euca3).hide().note("euca-3: of no effect, as there; default and euca-2: a part's number or file name"),
		on("--skipmanifest"),
	}
}

func eucaUpload1() []Option {
	return []Option{
		opt("--part", "PART").in(cli.Euca2).note("a part's number or file name"),
		opt("--ec2cert", "FILE").in(cli.Euca2).note("of no effect, as there"),
	}
}

func eucaDownloading() []Option {
	return []Option{
		opt("-b/--bucket", "BUCKET[/PREFIX]").require(),
		opt("-m/--manifest", "MANIFEST").group("which").require(),
		opt("-p/--prefix", "MANIFEST").group("which").require(),
		opt("--local-manifest", "FILE").group("which").require().in(cli.Euca3),
	}
}

func eucaDownload1() []Option {
	return []Option{opt("--manifest_path", "FILE").in(cli.Euca2).to("manifest").note("as the help of 1.x has it")}
}

func eucaBundleUpload() []Option {
	return []Option{
		on("--preserve-bundle"),
		opt("--max-pending-parts", "MAX_PENDING_PARTS").number(),
	}
}

func eucaInstall() []Option {
	return []Option{
		opt("-n/--name", "NAME").require(),
		opt("--description", "DESCRIPTION"),
		opt("--max-pending-parts", "MAX_PENDING_PARTS").number(),
		opt("--virtualization-type", "{paravirtual,hvm}"),
		opt("--platform", "windows"),
		opt("--ec2-url", "EC2_URL"),
	}
}
