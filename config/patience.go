package config

import (
	"fmt"
	"strconv"
	"time"
)

// Patience is how long a service is waited for, as the section [global] of the ini
// files says.
type Patience struct {
	// Retries is how often a request that failed for a passing reason is made again;
	// -1 where that is not said.
	Retries int
	// Timeout bounds the wait for an answer; 0 where that is not said.
	Timeout time.Duration
}

// maxRetries and maxTimeout bound what a file may ask for.
const (
	maxRetries = 1000
	maxTimeout = 24 * time.Hour
)

// Patience reads max-retries, a number, and timeout, in seconds.
func (c *Config) Patience() (Patience, error) {
	p := Patience{Retries: -1}
	if v := c.ini.global["max-retries"]; v.Text != "" {
		n, err := strconv.Atoi(v.Text)
		if err != nil || n < 0 || n > maxRetries {
			return p, fmt.Errorf("%s: max-retries: %q is not a number from 0 to %d", v.From, v.Text, maxRetries)
		}
		p.Retries = n
	}
	if v := c.ini.global["timeout"]; v.Text != "" {
		seconds, err := strconv.ParseFloat(v.Text, 64)
		if err != nil || !(seconds > 0 && seconds <= maxTimeout.Seconds()) { // not a number either
			return p, fmt.Errorf("%s: timeout: %q is not a number of seconds", v.From, v.Text)
		}
		p.Timeout = time.Duration(seconds * float64(time.Second))
	}
	return p, nil
}
