package bundling

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"emikit/bundle"
	"emikit/cmd/cli"
	"emikit/config"
	"emikit/imagefile"
	"emikit/manifest"
)

// Check refuses values of options of which one can see that they are wrong.
func (f ImageFlags) Check(app *cli.App) error {
	if err := f.checkFiles(app); err != nil {
		return err
	}
	if err := app.Required(imageOption, f.image); err != nil {
		return err
	}
	if app.Era == cli.Euca3 {
		if err := app.Required(archOption, f.arch); err != nil {
			return err
		}
	}
	if err := f.checkFormat(app); err != nil {
		return err
	}
	if c := bundle.Compression(f.compression); !slices.Contains(bundle.Compressions(), c) {
		return app.BadChoice("--compression", f.compression, "fast", "default", "best")
	}
	switch manifest.Kind(f.kind) {
	case "", manifest.KindMachine, manifest.KindKernel, manifest.KindRamdisk:
	default:
		return app.BadChoice("--image-type", f.kind, "machine", "kernel", "ramdisk")
	}
	if strings.Contains(f.prefix, "/") {
		return app.BadValue("-p/--prefix", f.prefix, "'/' character not allowed.")
	}
	if err := f.checkKind(app); err != nil {
		return err
	}
	return f.checkInput(app)
}

func (f ImageFlags) checkFormat(app *cli.App) error {
	var known []string
	for _, format := range imagefile.Formats() {
		known = append(known, string(format))
	}
	if f.inputFormat == "" || slices.Contains(known, f.inputFormat) {
		return nil
	}
	return app.BadChoice("--input-format", f.inputFormat, known...)
}

// checkInput demands what standard input cannot tell of itself.
func (f ImageFlags) checkInput(app *cli.App) error {
	switch {
	case f.image == "-" && f.prefix == "":
		return cli.Usagef("argument --prefix is required when bundling stdin")
	case f.image == "-" && f.imageSize == "":
		return cli.Usagef("argument --image-size is required when bundling stdin")
	case app.Family == cli.EC2:
		return checkUser(f.user)
	}
	return nil
}

// checkFiles refuses paths of files that are not there, as ec2-ami-tools do before
// they say what is missing.
func (f ImageFlags) checkFiles(app *cli.App) error {
	if app.Family != cli.EC2 {
		return nil
	}
	for _, given := range []struct {
		option cli.Option
		path   string
	}{{imageOption, f.image}, {"-c/--cert", f.cert}, {"-k/--privatekey", f.privateKey}, {"--ec2cert", f.cloudCert}} {
		if given.path == "" {
			continue
		}
		if err := checkFile(app, given.option, given.path); err != nil {
			return err
		}
	}
	return nil
}

// checkKind is euca2ools' check that the options go with the kind of image. Those of
// version 3.4.1 refuse mappings of kernels, too; others leave them out.
func (f ImageFlags) checkKind(app *cli.App) error {
	if app.Family != cli.Euca {
		return nil
	}
	kind := manifest.Kind(f.kind)
	switch {
	case f.ramdisk == "true":
		kind = manifest.KindRamdisk
	case f.kernel == "true":
		kind = manifest.KindKernel
	}
	refuse := func(option cli.Option) error {
		return app.BadValue(option, "", "not compatible with image type '"+string(kind)+"'")
	}
	switch {
	case kind != manifest.KindKernel && kind != manifest.KindRamdisk:
		return nil
	case kind == manifest.KindKernel && f.ramdisk != "":
		return refuse("--ramdisk")
	case kind == manifest.KindRamdisk && f.kernel != "":
		return refuse("--kernel")
	case len(f.mappings) > 0 && app.Era == cli.Euca3:
		return refuse("-B/--block-device-mappings")
	}
	return nil
}

const imageOption cli.Option = "-i/--image"

// mappings reads the lists VIRTUAL=DEVICE,… of all options.
func mappings(app *cli.App, lists []string) ([]manifest.Mapping, error) {
	var all []manifest.Mapping
	for _, list := range lists {
		if list == "" && app.Family == cli.EC2 {
			return nil, cli.Usagef("invalid argument: -B %s", list)
		}
		for _, item := range strings.Split(list, ",") {
			virtual, device, ok := strings.Cut(strings.TrimSpace(item), "=")
			if !ok || virtual == "" || device == "" {
				return nil, app.BadValue(mappingOption(app), item, "invalid device mapping '"+item+"' (must have format 'VIRTUAL=DEVICE')")
			}
			all = append(all, manifest.Mapping{Virtual: strings.TrimSpace(virtual), Device: strings.TrimSpace(device)})
		}
	}
	return all, nil
}

// mappingOption is the option as the dialect calls it.
func mappingOption(app *cli.App) cli.Option {
	if app.Family == cli.Euca {
		return "-B/--block-device-mappings"
	}
	return "-B/--block-device-mapping"
}

// missingMapping returns the first of the names that every list of mappings
// should have and this one has not; "" if the list is empty.
func missingMapping(list []manifest.Mapping) string {
	if len(list) == 0 {
		return ""
	}
	for _, name := range []string{"root", "ami"} {
		if !slices.ContainsFunc(list, func(m manifest.Mapping) bool { return m.Virtual == name }) {
			return name
		}
	}
	return ""
}

// productCodes splits the lists of all options at commas. The replaced tools know only
// the last option, and ec2-ami-tools take its whole value for one code.
func productCodes(app *cli.App, lists []string) []string {
	if app.Family != cli.Native && len(lists) > 1 {
		lists = lists[len(lists)-1:]
	}
	if app.Family == cli.EC2 {
		return lists
	}
	var codes []string
	for _, list := range lists {
		for _, code := range strings.Split(list, ",") {
			if code = strings.TrimSpace(code); code != "" {
				codes = append(codes, code)
			}
		}
	}
	return codes
}

// byteCount reads a number of bytes, at least low, which k, m, g or t may follow;
// an empty text gives 0.
func byteCount(option, text string, low uint64) (int64, error) {
	if text == "" {
		return 0, nil
	}
	digits, shift := text, 0
	if i := strings.IndexByte("kmgt", text[len(text)-1]|0x20); i >= 0 { // |0x20: lower case
		digits, shift = text[:len(text)-1], 10*(i+1)
	}
	n, err := strconv.ParseUint(digits, 10, 63)
	if err != nil || n < low || n > math.MaxInt64>>shift {
		return 0, cli.Usagef("argument %s: invalid filesize value: '%s'", option, text)
	}
	return int64(n) << shift, nil
}

// checkAccount refuses what is not the number of an account. euca2ools take any
// text for one.
func checkAccount(app *cli.App, account config.Value) error {
	const digits = 12
	if len(account.Text) == digits && strings.Trim(account.Text, "0123456789") == "" {
		return nil
	}
	reason := fmt.Sprintf("'%s' is not an account number: 12 digits, which dashes may separate", account.Text)
	if account.From == config.CommandLine {
		return app.BadValue("-u/--user", account.Text, reason)
	}
	return fmt.Errorf("%s: %s", account.From, reason)
}

// checkUser is ec2-ami-tools' check of an account on the command line: twelve digits
// must be in it.
func checkUser(user string) error {
	const digits = 12
	others := func(r rune) bool { return r < '0' || r > '9' }
	runs := strings.FieldsFunc(strings.ReplaceAll(user, "-", ""), others)
	if user == "" || slices.ContainsFunc(runs, func(run string) bool { return len(run) >= digits }) {
		return nil
	}
	return cli.Usagef("--user has invalid value '%s': the user ID should consist of 12 digits (optionally hyphenated); "+
		"this should not be your Access Key ID", user)
}
