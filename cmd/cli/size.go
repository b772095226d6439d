package cli

// Size is a number of bytes in the unit that suits it, such as "1.4 GiB".
func Size(n int64) string { return iec(n) }
