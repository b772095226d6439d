package transfer

import (
	"fmt"

	"emikit/cmd/cli"
	"emikit/publish"
)

// verification is a report as --output json shows it.
type verification struct {
	Manifest   string      `json:"manifest"` // where it was found
	Deep       bool        `json:"deep"`
	Good       bool        `json:"good"` // nothing has failed
	OK         int         `json:"ok"`   // checks
	Failed     int         `json:"failed"`
	NotChecked int         `json:"notChecked"`
	Checks     []checkJSON `json:"checks"`
}

type checkJSON struct {
	Check   publish.Check   `json:"check"`
	Outcome publish.Outcome `json:"outcome"` // ok, failed or not checked
	Part    string          `json:"part"`    // "" where it is of no single one
	Text    string          `json:"text"`    // for people
}

// viewReport shows a report: a line for each finding, and one for all.
func viewReport(r publish.VerifyRequest, report publish.VerifyReport) cli.View {
	var rows [][]string
	all := verification{
		Manifest: r.Path(), Deep: r.Deep, Good: report.Count(publish.Failed) == 0, OK: report.Count(publish.Passed),
		Failed: report.Count(publish.Failed), NotChecked: report.Count(publish.Unchecked),
	}
	for _, f := range report.Findings {
		text := escaped(f.Text)
		rows = append(rows, []string{string(f.Outcome), string(f.Check), text})
		all.Checks = append(all.Checks, checkJSON{f.Check, f.Outcome, f.Part, text})
	}
	outcome := publish.Passed
	if !all.Good {
		outcome = publish.Failed
	}
	rows = append(rows, []string{string(outcome), "bundle",
		fmt.Sprintf("%d ok, %d failed, %d not checked", all.OK, all.Failed, all.NotChecked)})
	return cli.View{JSON: all, Header: []string{"outcome", "check", "what"}, Rows: rows, Records: func(records *cli.Records) {
		for _, row := range rows {
			records.Add(row...)
		}
	}}
}

// verdict is an error if anything has failed.
func verdict(r publish.VerifyRequest, report publish.VerifyReport) error {
	failed := report.Count(publish.Failed)
	if failed == 0 {
		return nil
	}
	return fmt.Errorf("%s: not as it should be: %d of %d checks failed", r.Path(), failed, len(report.Findings))
}
