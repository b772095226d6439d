//go:build !linux

package admin

// shorten knows no way here.
func shorten(path string) (short string, done func(), err error) {
	return "", nil, &errLongPath{path}
}
