package bundling

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"emikit/bundle"
	"emikit/cmd/cli"
	"emikit/publish"
	"emikit/volume"
)

// volumeFlags are the options of bundle-vol: those of bundle-image but for what says
// which image, and what the volume takes.
type volumeFlags struct {
	bundleFlags
	volume             string
	all, noFilter      bool
	excludes, includes []string
	size               string
	inherit, noInherit bool
	fstab, grubConfig  string
	generateFstab      bool
	partition, script  string
	cloneOnly          bool
}

// volumePrefix is what the bundle of a volume is called.
const volumePrefix = "image"

func (f *volumeFlags) addFlags(app *cli.App, fl *pflag.FlagSet) {
	bundling := pflag.NewFlagSet("", pflag.ContinueOnError)
	f.ImageFlags.AddFlags(app, bundling)
	bundling.VisitAll(func(flag *pflag.Flag) {
		switch flag.Name {
		case "image", "image-size", "input-format", "image-type", "prefix":
		default:
			fl.AddFlag(flag)
		}
	})
	fl.StringVarP(&f.prefix, "prefix", "p", volumePrefix, "call the bundle `NAME`")
	fl.StringVarP(&f.destination, "destination", "d", usualDestination(app), "write the bundle into `DIR`")
	fl.StringVar(&f.Region, "region", "", "use the user of `[USER@]REGION` of the configuration files")
	fl.StringVarP(&f.volume, "volume", "v", "/", "bundle what is in `DIR`")
	fl.BoolVarP(&f.all, "all", "a", false, "take all that is mounted below the volume, also from other machines")
	fl.StringArrayVarP(&f.excludes, "exclude", "e", nil, "leave out `PATH[,...]` of the volume; repeatable")
	fl.StringArrayVarP(&f.includes, "include", "i", nil, "keep `FILE[,...]` of the volume, whatever is left out otherwise; repeatable")
	fl.BoolVar(&f.noFilter, "no-filter", false, "keep what the list of filters would leave out")
	fl.StringVarP(&f.size, "size", "s", "", "make the image `MB` large (default: room for what is in it, and some)")
	fl.BoolVar(&f.inherit, "inherit", false, "take kernel, ramdisk, product codes, mappings and ancestors from the instance's metadata (default for /)")
	fl.BoolVar(&f.noInherit, "no-inherit", false, "ask no instance metadata")
	fl.StringVar(&f.fstab, "fstab", "", "put `FILE` in the place of /etc/fstab")
	fl.BoolVar(&f.generateFstab, "generate-fstab", false, "put an fstab for the first disk of a cloud in its place")
	fl.StringVar(&f.grubConfig, "grub-config", "", "put `FILE` in the place of /boot/grub/menu.lst")
	fl.StringVarP(&f.partition, "partition", "P", "", "give the image a partition table of `TYPE` none, mbr or gpt (default none)")
	fl.StringVarP(&f.script, "script", "S", "", "run `FILE` on the mounted image, whose place it gets, before it is bundled")
	fl.BoolVar(&f.cloneOnly, "clone-only", false, "write the image to a file and do not bundle it")
}

// check refuses values of options of which one can see that they are wrong, in the
// order in which ec2-ami-tools do.
func (f volumeFlags) check(app *cli.App) error {
	for _, check := range []func(*cli.App) error{
		f.checkValues, f.checkPaths, f.checkDestination, f.checkConflicts, f.checkPatterns,
	} {
		if err := check(app); err != nil {
			return err
		}
	}
	return nil
}

func (f volumeFlags) checkValues(app *cli.App) error {
	if app.Era == cli.Euca3 {
		if err := app.Required(archOption, f.arch); err != nil {
			return err
		}
	}
	if strings.Contains(f.prefix, "/") {
		return app.BadValue("-p/--prefix", f.prefix, "'/' character not allowed.")
	}
	if _, err := f.megabytes(app); err != nil {
		return err
	}
	var tables []string
	for _, p := range volume.Partitions() {
		tables = append(tables, string(p))
	}
	if f.partition != "" && !slices.Contains(tables, f.partition) {
		return app.BadChoice("-P/--partition", f.partition, tables...)
	}
	if c := bundle.Compression(f.compression); !slices.Contains(bundle.Compressions(), c) {
		return app.BadChoice("--compression", f.compression, "fast", "default", "best")
	}
	return nil
}

// megabytes reads --size; 0 leaves it open.
func (f volumeFlags) megabytes(app *cli.App) (int64, error) {
	if f.size == "" {
		return 0, nil
	}
	const most = 16 << 20 // MB, of an ext4 filesystem without numbers of 64 bits
	n, err := strconv.ParseInt(f.size, 10, 64)
	switch {
	case err == nil && n > 0 && n <= most:
		return n, nil
	case app.Family == cli.EC2 && err != nil:
		return 0, cli.Usagef("invalid argument: -s %s", f.size)
	case err != nil:
		return 0, app.BadValue("-s/--size", f.size, "invalid int value: '"+f.size+"'")
	}
	return 0, app.BadValue("-s/--size", f.size, "invalid number of megabytes: '"+f.size+"'")
}

func (f volumeFlags) checkPaths(app *cli.App) error {
	if err := app.Directory("-v/--volume", f.volume); err != nil {
		return err
	}
	for _, file := range []struct {
		option cli.Option
		path   string
	}{{"--fstab", f.fstab}, {"--grub-config", f.grubConfig}, {"-S/--script", f.script}} {
		if info, err := os.Stat(file.path); file.path != "" && (err != nil || info.IsDir()) {
			return app.BadValue(file.option, file.path, cmp.Or(ec2Words(app, notFile), "'"+file.path+"' is not a file"))
		}
	}
	if info, err := os.Stat(f.script); err == nil && info.Mode()&0o111 == 0 {
		return app.BadValue("-S/--script", f.script, cmp.Or(ec2Words(app, "File not executable."), "'"+f.script+"' is not executable"))
	}
	return f.checkFiles(app)
}

// ec2Words are words in the dialect of ec2-ami-tools, "" in another.
func ec2Words(app *cli.App, words string) string {
	if app.Family == cli.EC2 {
		return words
	}
	return ""
}

func (f volumeFlags) checkConflicts(app *cli.App) error {
	for _, pair := range []struct {
		one, other string
		both       bool
	}{
		{"--fstab", "--generate-fstab", f.fstab != "" && f.generateFstab},
		{"--inherit", "--no-inherit", f.inherit && f.noInherit && app.Family != cli.EC2},
	} {
		switch {
		case !pair.both:
		case app.Family == cli.EC2:
			return cli.Usagef("%s and %s may not both be provided", pair.one, pair.other)
		default:
			return cli.Usagef("argument %s: not allowed with argument %s", pair.other, pair.one)
		}
	}
	return nil
}

// checkPatterns refuses paths that are not in the volume, as ec2-ami-tools do: one of
// them is a mistake in typing. A pattern may stand for nothing.
func (f volumeFlags) checkPatterns(app *cli.App) error {
	if app.Family != cli.EC2 {
		return nil
	}
	for _, given := range []struct {
		option   cli.Option
		patterns []string
	}{{"-e/--exclude", f.patterns(app, f.excludes)}, {"-i/--include", f.patterns(app, f.includes)}} {
		for _, p := range given.patterns {
			path := filepath.Join(f.volume, p)
			if _, err := os.Lstat(path); err != nil && !strings.ContainsAny(p, "*?[") {
				return app.BadValue(given.option, path, "File or directory does not exist.")
			}
		}
	}
	return nil
}

// patterns splits the lists of an option. The tools of one era know only the last.
func (f volumeFlags) patterns(app *cli.App, lists []string) []string {
	if app.Era != cli.AnyEra && len(lists) > 1 {
		lists = lists[len(lists)-1:]
	}
	var all []string
	for _, list := range lists {
		all = append(all, strings.Split(list, ",")...)
	}
	return slices.DeleteFunc(all, func(p string) bool { return p == "" })
}

// request completes the options from the configuration.
func (f volumeFlags) request(app *cli.App) (publish.BundleRequest, error) {
	if app.Family == cli.EC2 {
		if err := checkUser(f.user); err != nil {
			return publish.BundleRequest{}, err
		}
	}
	f.kind = "machine"
	r, err := f.Request(app, f.Region)
	r.Prefix, r.Destination = cmp.Or(f.prefix, volumePrefix), f.destination
	r.CountedNames = app.Family == cli.EC2
	return r, err
}
