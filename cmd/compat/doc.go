// Package compat makes emikit answer to the names of the tools it replaces, and in
// their dialects.
//
// One table ([Tools]) has every command of these tools and each of its options: how
// it is spelled, what it takes, in which generation ("era") it exists, and what
// emikit makes of it. All else is made from the table:
//
//   - [Lookup] finds the tool that a program name such as euca-register stands for,
//     and [Names] lists the names worth linking.
//   - [Read] goes through a command line as that tool would: abbreviated options,
//     options after arguments, repeats, arguments that are passed over. What the tool
//     refuses it refuses in that tool's words. It returns the words for our command.
//   - [Usage] is what euca2ools show before a mistake in the command line.
//   - [Document] writes the tables of docs/compatibility.md.
//
// The tables are facts of euca2ools 1.0 to 3.4.1, ec2-ami-tools 1.4 and 1.5,
// ec2-api-tools 1.6 and cloud-utils 0.27.
package compat
