package completion

// words are what the words of usage lines stand for.
func words() map[string]values {
	return map[string]values{
		"IMAGE":           images(""),
		"INSTANCE":        instances,
		"ZONE":            zones,
		"REGION":          regions,
		"GROUP":           groups,
		"TYPE":            instanceTypes,
		"ADDRESS":         addresses,
		"IP":              addresses,
		"LOCATION":        locations,
		"BUCKET[/PREFIX]": buckets,
		"MANIFEST":        extensions("xml"),
		"RESOURCE":        resources,
		"FILE":            files,
		"SHELL":           choices("bash", "zsh", "fish"),
	}
}

// argumentsOf are the arguments of commands whose usage lines do not tell.
func argumentsOf() map[string]values {
	return map[string]values{
		"delete-keypair":              keyPairs,
		"describe-keypairs":           keyPairs,
		"describe-group":              groups,
		"describe-groups":             groups,
		"delete-group":                groups,
		"describe-availability-zones": zones,
		"run-instances":               once(images("machine")),
		"publish-image":               publishImage,
		"publish-tarball":             publishTarball,
		"help":                        nil, // cobra knows the commands
	}
}

// options are what the values of options may be, by the options' names.
func options(name string) (values, bool) {
	for _, table := range []map[string]values{wordOptions(), cloudOptions(), fileOptions()} {
		if f, ok := table[name]; ok {
			return f, true
		}
	}
	return nil, false
}

// wordOptions are those of which some words are known.
func wordOptions() map[string]values {
	architectures := choices("x86_64", "i386", "arm64", "armhf", "ppc", "ppc64", "ppc64le")
	return map[string]values{
		"output":              choices("text", "table", "json"),
		"progress":            choices("auto", "bar", "plain", "json", "none"),
		"compression":         choices("fast", "default", "best"),
		"input-format":        choices("raw", "qcow2", "gzip", "xz", "zstd"),
		"image-type":          choices("machine", "kernel", "ramdisk"),
		"acl":                 choices("aws-exec-read", "public-read", "ec2-bundle-read"),
		"addressing-style":    choices("auto", "path", "virtual"),
		"sigv":                choices("2", "4"),
		"to-sigv":             choices("2", "4"),
		"arch":                architectures,
		"architecture":        architectures,
		"virtualization-type": choices("paravirtual", "hvm"),
		"platform":            choices("windows"),
		"partition":           choices("none", "mbr", "gpt"),
		"family":              choices("euca", "ec2", "uec"),
		"hypervisor":          choices("auto", "mock", "qemu"),
		"owner":               choices("self", "amazon"),
		"executable-by":       choices("self", "all"),
	}
}

// cloudOptions are those of what the cloud or the configuration knows.
func cloudOptions() map[string]values {
	return map[string]values{
		"region":             regions,
		"to-region":          regions,
		"bucket":             buckets,
		"destination-bucket": buckets,
		"key":                keyPairs,
		"group":              groups,
		"availability-zone":  zones,
		"instance-type":      instanceTypes,
		"instance":           instances,
		"kernel":             images("kernel", "true"),
		"ramdisk":            images("ramdisk", "true"),
		"prefix":             prefixes,
		"manifest":           manifests,
	}
}

// fileOptions are those of files; those whose placeholder says FILE or DIR need not be
// here unless only some files will do.
func fileOptions() map[string]values {
	pem := extensions("pem", "crt", "cert", "key")
	return map[string]values{
		"local-manifest": extensions("xml"),
		"cert":           pem,
		"ec2cert":        pem,
		"privatekey":     pem,
		"to-cert":        pem,
		"to-privatekey":  pem,
		"ca-bundle":      pem,
		"image":          files,
		"input":          files,
		"hook-img":       files,
	}
}

// optionsOf are those whose meaning another command of the same option does not share.
func optionsOf() map[string]values {
	return map[string]values{
		"upload-bundle manifest":    extensions("xml"),
		"unbundle manifest":         extensions("xml"),
		"migrate-manifest manifest": extensions("xml"),
		"copy-bundle to":            buckets,
		"migrate-bundle location":   nothing,
		"user certificates":         nothing,
		"publish-image kernel":      images("kernel"),
		"publish-image ramdisk":     images("ramdisk"),
		"publish-image type":        choices("auto", "image", "kernel", "ramdisk"),
	}
}
