package instances

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"emikit/cmd/cli"
)

// optionCount is the option that says how many instances are to be started.
const optionCount = cli.Option("-n/--instance-count")

// parseCount reads N, or MIN-MAX. euca2ools take the two in either order.
func parseCount(app *cli.App, text string) (least, most int, err error) {
	low, high, both := strings.Cut(text, "-")
	if !both {
		high = low
	}
	least, lowErr := strconv.Atoi(low)
	most, highErr := strconv.Atoi(high)
	switch {
	case both && strings.Contains(high, "-"):
		return 0, 0, app.BadValue(optionCount, text, `value must have format "1" or "1-2"`)
	case both && (lowErr != nil || highErr != nil):
		return 0, 0, app.BadValue(optionCount, text, "instance count range must be comprised of integers")
	case lowErr != nil:
		return 0, 0, app.BadValue(optionCount, text, "instance count must be an integer")
	case least < 1 || most < 1:
		return 0, 0, app.BadValue(optionCount, text, "instance count must be positive")
	case least > most && app.Family == cli.Native:
		return 0, 0, app.BadValue(optionCount, text, "the least count is above the greatest")
	case least > most:
		return most, least, nil
	}
	return least, most, nil
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
	if info, err := os.Stat(d.text); err == nil && info.Mode().IsRegular() && app.Family != cli.EC2 {
		return nil, cli.Usagef("argument -d/--user-data: to pass the contents of a file as user data, use -f/--user-data-file.  "+
			"To pass the literal value '%s' as user data even though it matches the name of a file, use --user-data-force.", d.text)
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
