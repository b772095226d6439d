package compat

// Flags of emikit's own, by what they are about.

func ownCommon() []string { return []string{"output"} }

func ownConnection() []string {
	return []string{"access-key-id", "secret", "secret-key", "security-token", "delegation-token", "ca-bundle", "no-verify-ssl", "sigv"}
}

func ownTransfer() []string {
	return append(ownConnection(), "addressing-style", "jobs", "progress", "retries", "retry-for", "retry", "region", "url", "access-key", "batch")
}

func ownBundling() []string {
	return append(ownConnection(), "block-device-mappings", "bootstrap-url", "compression", "image-size", "image-type", "input-format", "part-size",
		"progress", "region", "unsigned", "url", "access-key", "no-size-checks", "batch")
}
