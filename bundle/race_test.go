//go:build race

package bundle

// underRace says whether the race detector looks on, which makes this package's work
// ten times as long. Tests then leave out what only sizes or counts differ in.
const underRace = true
