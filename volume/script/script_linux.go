package script

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// patience is how long a program that was told to end may take, and how long a mount
// may be in use after it.
const patience = 5 * time.Second

func run(ctx context.Context, j Job) (err error) {
	device, err := attach(j)
	if err != nil {
		return fmt.Errorf("loop device for %s: %w", j.Image, err)
	}
	defer func() { err = errors.Join(err, device.Close()) }() // which lets it go
	dir, err := os.MkdirTemp("", "emikit-volume-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.Remove(dir)) }()
	if err := unix.Mount(device.Name(), dir, j.Type, 0, ""); err != nil {
		return fmt.Errorf("mount %s on %s: %w", j.Image, dir, err)
	}
	defer func() { err = errors.Join(err, unmount(dir)) }()
	return execute(ctx, j, dir)
}

func execute(ctx context.Context, j Job, dir string) error {
	cmd := exec.CommandContext(ctx, j.Program, dir)
	cmd.Stdout, cmd.Stderr = j.Stdout, j.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(unix.SIGTERM) }
	cmd.WaitDelay = patience
	err := cmd.Run()
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	if err != nil {
		return fmt.Errorf("%s: %w", j.Program, err)
	}
	return nil
}

// attach makes a loop device of the filesystem in the image. It goes away when it is
// closed and no longer mounted.
func attach(j Job) (*os.File, error) {
	image, err := os.OpenFile(j.Image, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer image.Close() // the device has it
	control, err := os.OpenFile("/dev/loop-control", os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer control.Close() // nothing was written
	info := unix.LoopInfo64{Offset: uint64(j.Start), Sizelimit: uint64(j.Size), Flags: unix.LO_FLAGS_AUTOCLEAR}
	for {
		n, err := unix.IoctlRetInt(int(control.Fd()), unix.LOOP_CTL_GET_FREE)
		if err != nil {
			return nil, err
		}
		device, err := bind("/dev/loop"+strconv.Itoa(n), image, &info)
		if !errors.Is(err, unix.EBUSY) { // somebody else was faster
			return device, err
		}
	}
}

func bind(path string, image *os.File, info *unix.LoopInfo64) (*os.File, error) {
	device, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	if err = unix.IoctlSetInt(int(device.Fd()), unix.LOOP_SET_FD, int(image.Fd())); err == nil {
		if err = unix.IoctlLoopSetStatus64(int(device.Fd()), info); err != nil {
			_ = unix.IoctlSetInt(int(device.Fd()), unix.LOOP_CLR_FD, 0) // err says what went wrong
		}
	}
	if err != nil {
		_ = device.Close() // as above
		return nil, err
	}
	return device, nil
}

// unmount waits a while for what the program left running to end.
func unmount(dir string) error {
	var err error
	for end := time.Now().Add(patience); ; time.Sleep(patience / 50) {
		if err = unix.Unmount(dir, 0); !errors.Is(err, unix.EBUSY) || time.Now().After(end) {
			break
		}
	}
	if errors.Is(err, unix.EBUSY) {
		_ = unix.Unmount(dir, unix.MNT_DETACH) // so that it goes away once it is no longer used
		return fmt.Errorf("unmount %s: %w: what the script started still works there", dir, err)
	}
	if err != nil {
		return fmt.Errorf("unmount %s: %w", dir, err)
	}
	return nil
}
