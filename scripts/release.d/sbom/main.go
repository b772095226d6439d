// Command sbom writes the bill of materials of a Go program: the modules that it was
// built from, as the program itself tells, in CycloneDX JSON.
//
//	sbom VERSION PROGRAM FILE
//
// It is a module of its own so that the product does not depend on its library.
package main

import (
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"

	cdx "github.com/CycloneDX/cyclonedx-go"
)

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: sbom VERSION PROGRAM FILE")
		os.Exit(2)
	}
	if err := write(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, "sbom:", err)
		os.Exit(1)
	}
}

func write(version, program, file string) (err error) {
	bom, err := describe(version, program)
	if err != nil {
		return err
	}
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	defer func() {
		if cause := f.Close(); err == nil {
			err = cause
		}
	}()
	return cdx.NewBOMEncoder(f, cdx.BOMFileFormatJSON).SetPretty(true).EncodeVersion(bom, cdx.SpecVersion1_6)
}

// describe has neither a time nor a serial number in it, so that the same program
// gives the same document.
func describe(version, program string) (*cdx.BOM, error) {
	content, err := os.ReadFile(program)
	if err != nil {
		return nil, err
	}
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(content)
	main := component(cdx.ComponentTypeApplication, info.Main.Path, version)
	main.Name = filepath.Base(info.Path)
	main.Hashes = &[]cdx.Hash{{Algorithm: cdx.HashAlgoSHA256, Value: hex.EncodeToString(sum[:])}}
	parts := []cdx.Component{component(cdx.ComponentTypeLibrary, "std", strings.TrimPrefix(info.GoVersion, "go"))}
	for _, m := range info.Deps {
		parts = append(parts, library(m))
	}
	bom := cdx.NewBOM()
	bom.Metadata = &cdx.Metadata{Component: &main}
	bom.Components = &parts
	bom.Dependencies = dependencies(main, parts)
	return bom, nil
}

// library is a module, with the sum by which go.sum knows its files.
func library(m *debug.Module) cdx.Component {
	if m.Replace != nil {
		m = m.Replace
	}
	c := component(cdx.ComponentTypeLibrary, m.Path, m.Version)
	c.Properties = &[]cdx.Property{{Name: "go:sum", Value: m.Sum}}
	return c
}

func component(kind cdx.ComponentType, path, version string) cdx.Component {
	purl := "pkg:golang/" + path + "@" + version
	return cdx.Component{BOMRef: purl, Type: kind, Name: path, Version: version, PackageURL: purl}
}

// dependencies says that the program needs all; which module needs which, it does not tell.
func dependencies(main cdx.Component, parts []cdx.Component) *[]cdx.Dependency {
	var refs []string
	for _, c := range parts {
		refs = append(refs, c.BOMRef)
	}
	return &[]cdx.Dependency{{Ref: main.BOMRef, Dependencies: &refs}}
}
