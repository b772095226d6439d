package walrus

// For tests that must leave nothing out.

func Subresources() []string { return subresources() }

func UnkeptWithObjects() []string { return unkeptWithObjects() }

func UnkeptWithBuckets() []string { return unkeptWithBuckets() }
