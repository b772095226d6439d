package config

import (
	"fmt"
	"strings"
	"time"
)

// MissingError says that something was found nowhere. Its wording is that of
// euca2ools 3.4.1.
type MissingError struct {
	What    string // "ec2 endpoint", "access key ID" …
	message string
	hint    string
}

func (e *MissingError) Error() string { return e.message }

// Hint returns advice, one line.
func (e *MissingError) Hint() string { return e.hint }

// AccessKeyID is What of the error that there is no access key.
const AccessKeyID = "access key ID"

const sourceEucarc = "source the eucarc file of your cloud"

func missingOption(what, option string) *MissingError {
	return &MissingError{
		What:    what,
		message: fmt.Sprintf("missing %s; please supply one with %s", what, option),
		hint:    sourceEucarc + ", or put it into ~/.euca/NAME.ini and choose it with --region",
	}
}

// missingHalf is missingOption where the other half of a pair was given.
func missingHalf(what, option string) error {
	return &MissingError{
		What:    what,
		message: fmt.Sprintf("missing %s; please supply one with %s", what, option),
		hint: "an access key and its secret are taken from one place: give both with -I and -S, " +
			"or neither to use those of the environment or of the files",
	}
}

// ExpiredError says that a session's keys are good no more.
type ExpiredError struct {
	From string // where the keys were found
	At   time.Time
}

func (e *ExpiredError) Error() string { return "credentials have expired" }

// Hint says which ones, and since when.
func (e *ExpiredError) Hint() string {
	return fmt.Sprintf("those of %s were good until %s: get new ones", e.From, e.At.UTC().Format(time.RFC3339))
}

// BorrowedError says that keys are to be had in a way that is not supported: by
// assuming a role, by single sign-on or by running a program.
type BorrowedError struct {
	Profile string // "" for a variable of the environment
	Option  string // the option or variable that asks for it
	From    string // the file
}

func (e *BorrowedError) Error() string {
	if e.Profile == "" {
		return fmt.Sprintf("%s: keys from there are not supported", e.Option)
	}
	return fmt.Sprintf("profile %s: %s: keys by way of %s are not supported", e.Profile, e.From, e.Option)
}

// Hint says how to come by keys in spite of that.
func (e *BorrowedError) Hint() string {
	const export = "let AWS's tools get the keys: eval \"$(aws configure export-credentials --format env"
	if e.Profile == "" {
		return export + ")\""
	}
	return export + " --profile " + e.Profile + ")\""
}

func (c *Config) missingProfile() error {
	return &MissingError{
		What:    "profile",
		message: fmt.Sprintf("no profile %s (%s)", c.aws.profile.Text, c.aws.profile.From),
		hint: fmt.Sprintf("looked for a section [%s] in %s", strings.Join(configSections(c.aws.profile.Text), "] or ["),
			strings.Join(c.aws.paths, ", ")),
	}
}

// FileError says that a certificate or key that is configured cannot be used.
type FileError struct {
	Value        // the path, and where it was found
	what  string // "user certificate"
	cause string // "does not exist"
	err   error
}

// Error is worded as in euca2ools 3.4.1.
func (e *FileError) Error() string { return fmt.Sprintf("%s file '%s' %s", e.what, e.Text, e.cause) }

// Hint says where the path came from, unless the user has just typed it.
func (e *FileError) Hint() string {
	if e.From == CommandLine {
		return ""
	}
	return "the path comes from " + e.From
}

func (e *FileError) Unwrap() error { return e.err }
