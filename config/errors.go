package config

import "fmt"

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

const sourceEucarc = "source the eucarc file of your cloud"

func missingOption(what, option string) error {
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
