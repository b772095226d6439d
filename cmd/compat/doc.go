// Package compat gives emikit the names of the tools it replaces. A link
// called euca-register or ec2-register to the emikit binary runs the command
// register in that family's dialect; [Lookup] finds the family and the command
// from the name, [Names] lists the links worth making.
package compat
