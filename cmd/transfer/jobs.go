package transfer

import (
	"fmt"
	"strconv"

	"github.com/spf13/pflag"

	"emikit/cmd/cli"
)

// A jobsFlag is the value of --jobs: how many parts move at once. Without one it is 0,
// and the store chooses.
type jobsFlag struct {
	n     int
	given bool
}

// addFlag declares the option. usage says what is done to `N` parts.
func (j *jobsFlag) addFlag(fl *pflag.FlagSet, usage string) {
	fl.VarP(j, "jobs", "j", usage+" at once (default by processors and by how soon the store answers)")
}

// Set, String and Type make it a pflag.Value.
func (j *jobsFlag) Set(s string) error {
	n, err := strconv.ParseInt(s, 0, 32)
	*j = jobsFlag{int(n), true}
	return err
}

func (j *jobsFlag) String() string {
	if !j.given {
		return "" // help shows no such default
	}
	return strconv.Itoa(j.n)
}

// Type is what completions take it for.
func (j *jobsFlag) Type() string { return "int" }

// check refuses a number of parts at once with which nothing would go on.
func (j *jobsFlag) check(app *cli.App) error {
	if j.given && j.n < 1 {
		return app.BadValue("-j/--jobs", strconv.Itoa(j.n), fmt.Sprintf("%d is not a number of parts: 1 or more", j.n))
	}
	return nil
}
