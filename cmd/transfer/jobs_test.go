package transfer

import (
	"testing"

	"github.com/spf13/pflag"
)

// TestJobsFlag: without the option the number is left open, and help says how it is
// chosen, not that it is 0.
func TestJobsFlag(t *testing.T) {
	for _, tt := range []struct {
		args []string
		want jobsFlag
		bad  bool
	}{
		{nil, jobsFlag{}, false},
		{[]string{"--jobs", "7"}, jobsFlag{7, true}, false},
		{[]string{"-j7", "-j8"}, jobsFlag{8, true}, false},
		{[]string{"-j0"}, jobsFlag{0, true}, false}, // check refuses it
		{[]string{"-j", "many"}, jobsFlag{0, true}, true},
		{[]string{"-j", "4294967297"}, jobsFlag{}, true},
	} {
		var got jobsFlag
		fl := pflag.NewFlagSet("", pflag.ContinueOnError)
		got.addFlag(fl, "send `N` parts")
		if err := fl.Parse(tt.args); (err != nil) != tt.bad || err == nil && got != tt.want {
			t.Errorf("%q: got %v, %v, want %v", tt.args, got, err, tt.want)
		}
	}
	var j jobsFlag
	fl := pflag.NewFlagSet("", pflag.ContinueOnError)
	j.addFlag(fl, "send `N` parts")
	want := "  -j, --jobs N   send N parts at once (default by processors and by how soon the store answers)\n"
	if got := fl.FlagUsages(); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
