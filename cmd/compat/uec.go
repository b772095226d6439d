package compat

// cloudPrefix begins the names that the tools of cloud-utils had at last; until then
// they began with uec-.
const cloudPrefix = "cloud-"

// publishers are the tools of cloud-utils that publish images.
func publishers() []Tool { return nil }
