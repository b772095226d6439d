package instances

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"emikit/cmd/cli"
	"emikit/ec2"
)

type typesFlags struct{ byZone, capacity bool }

func newDescribeInstanceTypesCmd(app *cli.App) *cobra.Command {
	var f typesFlags
	cmd := &cobra.Command{
		Use:   "describe-instance-types [TYPE...]",
		Short: "List the VM types that instances can have",
		Long: `Describe-instance-types lists the given VM types, or all: their processors,
memory and disk, and with --show-capacity how many of the instances that there is
room for are in use. Only Eucalyptus and this program's cloud tell the capacity.`,
		Example: "  emikit describe-instance-types --show-capacity",
	}
	cmd.Flags().BoolVar(&f.byZone, "by-zone", false, "show each zone by itself")
	cmd.Flags().BoolVar(&f.capacity, "show-capacity", false, "show how many instances there is room for")
	return cli.EC2Command(app, cmd, f.run)
}

func (f *typesFlags) run(ctx context.Context, app *cli.App, client *ec2.Client, names []string) error {
	out, err := client.AllInstanceTypes(ctx, &ec2.DescribeInstanceTypesRequest{InstanceTypes: names, Availability: f.capacity || f.byZone})
	if err != nil {
		return err
	}
	all := typeDetails(out)
	view := cli.View{
		JSON:   out,
		Header: []string{"type", "cpus", "memory (MiB)", "disk (GiB)"},
		Text:   func(w io.Writer) error { return f.write(w, all) },
	}
	if f.capacity {
		view.Header = append(view.Header, "used", "total")
	}
	for _, t := range all {
		row := []string{t.Name, strconv.Itoa(t.CPUs), strconv.Itoa(t.MemoryMB), strconv.Itoa(t.DiskGB)}
		if room := total(t); f.capacity {
			row = append(row, strconv.Itoa(room.Max-room.Available), strconv.Itoa(room.Max))
		}
		view.Rows = append(view.Rows, row)
	}
	return app.Show(view)
}

// typeDetails are the types in one form, whichever the cloud has sent.
func typeDetails(out *ec2.DescribeInstanceTypesResponse) []ec2.InstanceTypeDetails {
	if out.Details != nil {
		return *out.Details
	}
	if out.Types == nil {
		return nil
	}
	var all []ec2.InstanceTypeDetails
	for _, t := range *out.Types {
		d := ec2.InstanceTypeDetails{Name: t.Name, CPUs: t.CPU.CPUs, MemoryMB: t.Memory.SizeMB}
		if t.Storage != nil {
			d.DiskGB = t.Storage.TotalGB
		}
		all = append(all, d)
	}
	return all
}

// total is the room for a type in all zones together.
func total(t ec2.InstanceTypeDetails) (sum ec2.TypeZoneRoom) {
	for _, zone := range t.Availability {
		sum.Max += zone.Max
		sum.Available += zone.Available
	}
	return sum
}

// typeRow is a type and the room for it, somewhere.
type typeRow struct {
	ec2.InstanceTypeDetails
	ec2.TypeZoneRoom
}

// write lays the types out as euca2ools 3.4.1 do, in columns behind a word.
func (f *typesFlags) write(w io.Writer, all []ec2.InstanceTypeDetails) error {
	if !f.byZone {
		var rows []typeRow
		for _, t := range all {
			rows = append(rows, typeRow{t, total(t)})
		}
		return f.writeTypes(w, rows)
	}
	zones := map[string][]typeRow{}
	for _, t := range all {
		for _, room := range t.Availability {
			zones[room.Zone] = append(zones[room.Zone], typeRow{t, room})
		}
	}
	for _, zone := range slices.Sorted(maps.Keys(zones)) {
		if _, err := fmt.Fprintf(w, "AVAILABILITYZONE\t%s\n", cli.Printable(zone)); err != nil {
			return err
		}
		if err := f.writeTypes(w, zones[zone]); err != nil {
			return err
		}
		if _, err := io.WriteString(w, "\n"); err != nil {
			return err
		}
	}
	return nil
}

// writeTypes writes a heading and the types, each column as wide as its widest
// text: names to the left, numbers to the right.
func (f *typesFlags) writeTypes(w io.Writer, rows []typeRow) error {
	lines := [][]string{{"Name", "CPUs", "Memory (MiB)", "Disk (GiB)", "Used", "Total", "Used %"}}
	for _, r := range rows {
		used := r.Max - r.Available
		lines = append(lines, []string{cli.Printable(r.Name), strconv.Itoa(r.CPUs), strconv.Itoa(r.MemoryMB), strconv.Itoa(r.DiskGB),
			strconv.Itoa(used), strconv.Itoa(r.Max), percent(used, r.Max)})
	}
	width := make([]int, len(lines[0]))
	for _, line := range lines {
		for i, field := range line {
			width[i] = max(width[i], len(field))
		}
	}
	for _, line := range lines {
		text := fmt.Sprintf("%-*s  %*s  %*s  %*s", width[0], line[0], width[1], line[1], width[2], line[2], width[3], line[3])
		if f.capacity {
			text += fmt.Sprintf("  %*s / %*s  %*s", width[4], line[4], width[5], line[5], width[6], line[6])
		}
		if _, err := io.WriteString(w, strings.Join([]string{"INSTANCETYPE", text}, "\t")+"\n"); err != nil {
			return err
		}
	}
	return nil
}

// percent is a share of a whole, empty where there is no whole.
func percent(part, whole int) string {
	if whole == 0 {
		return ""
	}
	return strconv.FormatFloat(100*float64(part)/float64(whole), 'f', 0, 64) + "%"
}
