//go:build !linux

package volume

import (
	"context"
	"errors"
	"fmt"
)

// Scan is for Linux: elsewhere files have not what an image of theirs needs.
func Scan(_ context.Context, v *Volume, _ []Rule) (*Tree, error) {
	return nil, fmt.Errorf("%s: %w", v.Path, errors.ErrUnsupported)
}
