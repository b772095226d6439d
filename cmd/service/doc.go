// Package service holds the commands that serve or set up rather than talk to
// a cloud: cloud, demo, link and metadata.
package service
