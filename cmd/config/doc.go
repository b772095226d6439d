// Package config holds the commands that show the configuration: what is in force
// and where it was found (config show), and the same as variables for a shell
// (generate-environment-config).
package config
