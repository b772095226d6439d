//go:build !race

package bundle

// underRace: see race_test.go.
const underRace = false
