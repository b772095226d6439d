package images

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"emikit/cmd/cli"
	"emikit/ec2"
)

type modifyFlags struct {
	choice       cli.OneOf
	described    func() bool // whether a description was given
	launch       bool
	add, remove  []string
	productCodes []string
	description  string
}

func newModifyImageAttributeCmd(app *cli.App) *cobra.Command {
	var f modifyFlags
	cmd := &cobra.Command{
		Use:   "modify-image-attribute IMAGE",
		Short: "Change an attribute of an image",
		Long: `Modify-image-attribute changes who may run an image (-l with -a or -r), gives it
product codes, which nobody can take off it again, or describes it. Only the
image's owner and administrators may.

ENTITY is the 12-digit number of an account, or all for everyone. Somebody who
may run an image can read everything in it.`,
		Example: "  emikit modify-image-attribute -l -a all emi-70B70EC0\n" +
			"  emikit modify-image-attribute -l -r all -a 123456789012 emi-70B70EC0",
		Args:    cli.Args(1, 1),
		PreRunE: func(*cobra.Command, []string) error { return f.check() },
	}
	flags := cmd.Flags()
	flags.BoolVarP(&f.launch, "launch-permission", "l", false, "change who may run the image, with -a and -r")
	flags.StringArrayVarP(&f.add, "add", "a", nil, "let `ENTITY` run the image (may be repeated)")
	flags.StringArrayVarP(&f.remove, "remove", "r", nil, "let `ENTITY` not run the image any more (may be repeated)")
	flags.StringArrayVarP(&f.productCodes, "product-code", "p", nil, "give the image the product code `CODE` (may be repeated)")
	flags.StringVar(&f.description, "description", "", "describe the image by `TEXT`")
	f.choice = cli.NewOneOf(flags, "description", "product-code", "launch-permission")
	f.described = func() bool { return flags.Changed("description") }
	return cli.EC2Command(app, cmd, f.run)
}

// check refuses options that do not go together, in the words of euca2ools.
func (f *modifyFlags) check() error {
	if _, err := f.choice.Chosen(); err != nil {
		return err
	}
	switch {
	case f.launch && len(f.add)+len(f.remove) == 0:
		return cli.Usagef("at least one entity must be specified with -a/--add or -r/--remove")
	case !f.launch && len(f.add) > 0:
		return cli.Usagef("argument -a/--add may only be used with -l/--launch-permission")
	case !f.launch && len(f.remove) > 0:
		return cli.Usagef("argument -r/--remove may only be used with -l/--launch-permission")
	}
	return nil
}

func (f *modifyFlags) run(ctx context.Context, app *cli.App, client *ec2.Client, args []string) error {
	request := f.request(args[0])
	out, err := client.ModifyImageAttribute(ctx, request)
	if err != nil {
		return err
	}
	if !out.Return {
		return fmt.Errorf("modify %s: the cloud did not", args[0])
	}
	return showChange(app, out, request)
}

func (f *modifyFlags) request(image string) *ec2.ModifyImageAttributeRequest {
	request := &ec2.ModifyImageAttributeRequest{ImageID: image, ProductCodes: f.productCodes}
	request.LaunchPermission.Add = entities(f.add)
	request.LaunchPermission.Remove = entities(f.remove)
	if f.described() {
		request.Description.Value = &f.description
	}
	return request
}

// entities makes launch permissions of what -a or -r name.
func entities(names []string) (all []ec2.LaunchPermission) {
	for _, name := range names {
		if name == ec2.GroupAll {
			all = append(all, ec2.LaunchPermission{Group: name})
		} else {
			all = append(all, ec2.LaunchPermission{UserID: name})
		}
	}
	return all
}

func showChange(app *cli.App, out *ec2.ReturnResponse, request *ec2.ModifyImageAttributeRequest) error {
	view := cli.View{JSON: out, Header: attributeHeader()}
	var records [][]string
	add := func(attribute, change, kind, value string) {
		view.Rows = append(view.Rows, []string{request.ImageID, attribute, change, kind, value})
		record := []string{attribute, request.ImageID}
		if change != "" {
			record = append(record, change)
		}
		records = append(records, append(record, kind, value))
	}
	if text := request.Description.Value; text != nil {
		add(ec2.AttributeDescription, "", "", *text)
	}
	for _, code := range request.ProductCodes {
		add(productCodesWord(app.Family), "", "productCode", code)
	}
	for _, p := range request.LaunchPermission.Add {
		kind, value := permissionOf(p)
		add(ec2.AttributeLaunchPermission, "ADD", kind, value)
	}
	for _, p := range request.LaunchPermission.Remove {
		kind, value := permissionOf(p)
		add(ec2.AttributeLaunchPermission, "REMOVE", kind, value)
	}
	view.Records = func(r *cli.Records) {
		for _, record := range records {
			r.Add(record...)
		}
	}
	return app.Show(view)
}

// productCodesWord is the word of the line about product codes: euca2ools write
// it in small letters here and only here.
func productCodesWord(family cli.Family) string {
	if family == cli.Euca {
		return "productcodes"
	}
	return ec2.AttributeProductCodes
}
