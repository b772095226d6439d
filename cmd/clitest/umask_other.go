//go:build !unix

package clitest

const hasModes = false

func setUmask(int) (restore func()) { return func() {} }
