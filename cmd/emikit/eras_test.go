package main

import (
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"emikit/cmd/cli"
)

// eras are the generations of tools for which the command lines of real projects were
// written, whose scripts begin with invocation_.
func eras() map[cli.Era][]string {
	return map[cli.Era][]string{
		cli.EC2v14: {"02_nixos", "04_aminator", "08_metro", "09_greenail", "10_ec2_spotter", "16_rightimage"},
		cli.EC2v15: {"01_packer", "03_microgram", "05_mirage", "06_xd", "07_packer_templates", "15_cloud_utils", "19_back", "19_others"},
		cli.Euca2:  {"11_bootstrap_vz", "12_imagefactory", "12_imagefactory_hvm", "12_imagefactory_vol", "13_boxgrinder", "14_devstack", "17_eutester"},
		cli.Euca3:  {"15_cloud_utils", "18_faststart"},
	}
}

// TestInvocationsInTheirEras: the projects' command lines run unchanged also where
// exactly that generation is asked for which they were written for.
func TestInvocationsInTheirEras(t *testing.T) {
	shared := scriptParams(t)
	for era, names := range eras() {
		t.Run(string(era), func(t *testing.T) {
			t.Parallel()
			params := shared
			for _, name := range names {
				params.Files = append(params.Files, filepath.Join("testdata/script", "invocation_"+name+".txtar"))
			}
			params.Setup = func(env *testscript.Env) error {
				env.Setenv(cli.CompatVariable, string(era))
				return shared.Setup(env)
			}
			testscript.Run(t, params)
		})
	}
}
