package state

import (
	"crypto/rand"
	"fmt"
)

// NewID makes an id of the form that EC2 used in its first years and all its
// tools accept: the prefix, a dash and 8 hexadecimal digits, such as
// "emi-1A2B3C4D". The digits are random and upper-case as Eucalyptus has them.
// With 32 bits collisions happen: whoever stores an id tries another one when
// it is taken.
func NewID(prefix string) string {
	var random [4]byte
	rand.Read(random[:]) // never fails
	return fmt.Sprintf("%s-%X", prefix, random)
}
