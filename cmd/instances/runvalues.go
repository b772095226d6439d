package instances

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"emikit/cmd/cli"
)

// count is a flag value: N, or MIN-MAX.
type count struct{ least, most int }

// String is the value's text form.
func (c *count) String() string {
	if c.least == c.most {
		return strconv.Itoa(c.least)
	}
	return fmt.Sprintf("%d-%d", c.least, c.most)
}

// Type names the flag's value in help texts.
func (c *count) Type() string { return "N|MIN-MAX" }

// Set takes N or MIN-MAX.
func (c *count) Set(text string) error {
	least, most, both := strings.Cut(text, "-")
	if !both {
		most = least
	}
	var n count
	var err, alsoErr error
	n.least, err = strconv.Atoi(least)
	n.most, alsoErr = strconv.Atoi(most)
	switch {
	case err != nil || alsoErr != nil:
		return errors.New("instance count must be an integer")
	case n.least < 1:
		return errors.New("instance count must be positive")
	case n.least > n.most:
		return errors.New("the least count is above the greatest")
	}
	*c = n
	return nil
}

// isGroupID tells an id of a security group from a name, as euca2ools does.
func isGroupID(group string) bool { return strings.HasPrefix(group, "sg-") }

// maxUserData bounds what is read from a file, in bytes. Clouds take 16 KiB;
// how much is theirs to say.
const maxUserData = 64 << 10

// userData is where the instances' user data comes from; at most one is set.
type userData struct{ text, forced, file string }

// read refuses a text that names a file: it is a mistake that euca2ools'
// users make, and the instance would get the name.
func (d userData) read(app *cli.App) ([]byte, error) {
	switch {
	case d.text != "" && d.forced+d.file != "" || d.forced != "" && d.file != "":
		return nil, cli.Usagef("only one of -d, --user-data-force and -f can be given")
	case d.file == "-":
		return readUserData("standard input", app.Stdin)
	case d.file != "":
		f, err := os.Open(d.file)
		if err != nil {
			return nil, fmt.Errorf("user data: %w", err)
		}
		defer f.Close()
		return readUserData(d.file, f)
	case d.text == "":
		return []byte(d.forced), nil
	}
	if _, err := os.Stat(d.text); err == nil && app.Family != cli.EC2 {
		return nil, cli.WithHint(cli.Usagef("-d %s: there is a file of that name", d.text),
			"use -f to pass the file's content, --user-data-force to pass its name")
	}
	return []byte(d.text), nil
}

func readUserData(name string, r io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxUserData+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("user data: %w", err)
	case len(data) > maxUserData:
		return nil, fmt.Errorf("user data: %s: longer than %d bytes", name, maxUserData)
	}
	return data, nil
}
