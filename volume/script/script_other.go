//go:build !linux

package script

import (
	"context"
	"errors"
	"fmt"
)

func run(context.Context, Job) error { return fmt.Errorf("mount: %w", errors.ErrUnsupported) }
