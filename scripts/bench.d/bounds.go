//go:build ignore

// Command bounds does nothing but the work that a bundle's format asks for in
// sequence, so that what emikit takes can be held against it.
//
//	bounds hash BYTES   SHA-1 over so many bytes in memory
//	bounds read FILE    SHA-1 over a file, while it is read
//	bounds seal BYTES   AES-128-CBC over so many bytes in memory, and SHA-1 over the ciphertext
//	bounds both FILE    read, and seal as many bytes, at the same time
//
// The bytes in memory are one block, over and over: it stays in the processor's cache,
// so that nothing but the arithmetic takes time.
package main

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha1"
	"fmt"
	"io"
	"log"
	"os"
	"strconv"
	"sync"
)

const blockSize = 256 << 10

func main() {
	log.SetFlags(0)
	if len(os.Args) != 3 {
		log.Fatal("usage: bounds hash|read|seal|both BYTES|FILE")
	}
	switch what := os.Args[2]; os.Args[1] {
	case "hash":
		hash(number(what))
	case "read":
		read(what)
	case "seal":
		seal(number(what))
	case "both":
		both(what)
	default:
		log.Fatalf("bounds: nothing is called %s", os.Args[1])
	}
}

func number(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		log.Fatal(err)
	}
	return n
}

func hash(n int64) {
	sum, block := sha1.New(), make([]byte, blockSize)
	for ; n > 0; n -= blockSize {
		sum.Write(block[:min(n, blockSize)])
	}
	fmt.Printf("%x\n", sum.Sum(nil))
}

func read(path string) {
	f, err := os.Open(path)
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	sum := sha1.New()
	if _, err := io.CopyBuffer(struct{ io.Writer }{sum}, struct{ io.Reader }{f}, make([]byte, 1<<20)); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%x\n", sum.Sum(nil))
}

func seal(n int64) {
	c, err := aes.NewCipher(make([]byte, 16))
	if err != nil {
		log.Fatal(err)
	}
	mode, sum := cipher.NewCBCEncrypter(c, make([]byte, aes.BlockSize)), sha1.New()
	plain, sealed := make([]byte, blockSize), make([]byte, blockSize)
	for ; n > 0; n -= blockSize {
		mode.CryptBlocks(sealed, plain)
		sum.Write(sealed)
	}
	fmt.Printf("%x\n", sum.Sum(nil))
}

func both(path string) {
	info, err := os.Stat(path)
	if err != nil {
		log.Fatal(err)
	}
	var group sync.WaitGroup
	group.Go(func() { read(path) })
	group.Go(func() { seal(info.Size()) })
	group.Wait()
}
