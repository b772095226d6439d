package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"emikit/ec2"
)

// EC2Flags are the options of every command that talks to EC2.
type EC2Flags struct {
	Connection
	// ShowEmpty writes (nil) for an empty field of a text record.
	ShowEmpty bool
}

// AddFlags declares the options.
func (f *EC2Flags) AddFlags(flags *pflag.FlagSet) {
	f.Connection.AddFlags(flags, UpperKeys)
	flags.BoolVar(&f.ShowEmpty, "show-empty-fields", false, "write (nil) for an empty field of a text record")
}

// Filters is a flag value: each NAME=VALUE adds to the filter NAME.
type Filters []ec2.Filter

// String is empty: there is no default to show.
func (f *Filters) String() string { return "" }

// Type names the flag's value in help texts.
func (f *Filters) Type() string { return "NAME=VALUE" }

// Set takes one NAME=VALUE.
func (f *Filters) Set(text string) error {
	name, value, ok := strings.Cut(text, "=")
	if !ok || name == "" {
		return fmt.Errorf("filter %q: want NAME=VALUE", text)
	}
	for i, filter := range *f {
		if filter.Name == name {
			(*f)[i].Values = append(filter.Values, value)
			return nil
		}
	}
	*f = append(*f, ec2.Filter{Name: name, Values: []string{value}})
	return nil
}
