package cli

import "fmt"

// Era is a generation of a family of tools. Generations differ in their options,
// in what these mean, and in their defaults.
type Era string

// The eras that EMIKIT_COMPAT may name.
const (
	// AnyEra takes what the generations of a family do not disagree about, with the
	// defaults of the walk-throughs' time (a bundle goes to /tmp).
	AnyEra Era = ""
	EC2v14 Era = "ec2-1.4" // ec2-ami-tools 1.4
	EC2v15 Era = "ec2-1.5" // ec2-ami-tools 1.5
	Euca2  Era = "euca-2"  // euca2ools 1.x and 2.x
	Euca3  Era = "euca-3"  // euca2ools 3.x
)

// family is the one the era belongs to; "" for none.
func (e Era) family() Family {
	switch e {
	case EC2v14, EC2v15:
		return EC2
	case Euca2, Euca3:
		return Euca
	default:
		return ""
	}
}

// CompatVariable is the environment variable that names an era.
const CompatVariable = "EMIKIT_COMPAT"

// ReadEra takes the era from the environment. It says nothing about the commands of
// another family than its own, nor about native ones: their era stays [AnyEra].
func (a *App) ReadEra() error {
	era := Era(a.Getenv(CompatVariable))
	switch era.family() {
	case a.Family:
		a.Era = era
	case "":
		if era != AnyEra {
			return &UsageError{fmt.Errorf("%s: no era %q: it is one of %s, %s, %s and %s",
				CompatVariable, era, EC2v14, EC2v15, Euca2, Euca3)}
		}
	}
	return nil
}
