//go:build ignore

// Command curve measures, on one processor, what each stage of bundling and unbundling
// costs, and works out how long an image takes on more of them.
//
//	curve FILE
//
// Of FILE, at most 256 MiB are read. It is cut into blocks of 1 MiB, as Create does.
// Time is that of the processor, not of the clock, so that other programs on the
// machine do not change much.
package main

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha1"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"log"
	"os"
	"slices"
	"syscall"
	"time"

	"emikit/bundle/inflate"

	"github.com/klauspost/compress/flate"
)

const (
	blockSize  = 1 << 20
	most       = 256 << 20 // that is read
	samples    = 8         // as in package bundle
	sampleSize = 4 << 10
)

var zeros [blockSize]byte

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: curve FILE")
	}
	image, err := load(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	found := levels(image)
	scaling(image, found)
}

func load(path string) (blocks [][]byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, most))
	return slices.Collect(slices.Chunk(data, blockSize)), err
}

// cpu returns how much time of a processor f takes.
func cpu(f func()) time.Duration {
	begin := used()
	f()
	return used() - begin
}

func used() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		log.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// A level is what one level of the compressor does with the image, with blocks that
// look random stored.
type level struct {
	took   time.Duration
	size   int
	pieces [][]byte
}

func levels(image [][]byte) []level {
	found := make([]level, flate.BestCompression+1)
	fmt.Println("| level | all searched: MiB/s | size | random blocks stored: MiB/s | size |")
	fmt.Println("| --- | --- | --- | --- | --- |")
	for n := flate.BestSpeed; n <= flate.BestCompression; n++ {
		all := deflate(image, n, false)
		found[n] = deflate(image, n, true)
		fmt.Printf("| %d | %.0f | %.4f | %.0f | %.4f |\n", n,
			all.rate(image), all.share(image), found[n].rate(image), found[n].share(image))
	}
	return found
}

func (l level) rate(image [][]byte) float64 {
	return float64(length(image)) / l.took.Seconds() / (1 << 20)
}
func (l level) share(image [][]byte) float64 { return float64(l.size) / float64(length(image)) }

func length(blocks [][]byte) (n int) {
	for _, b := range blocks {
		n += len(b)
	}
	return n
}

// deflate does the work of those that compress.
func deflate(image [][]byte, n int, storing bool) (l level) {
	w, err := flate.NewWriter(nil, n)
	if err != nil {
		log.Fatal(err)
	}
	sample, err := flate.NewWriter(nil, flate.BestSpeed)
	if err != nil {
		log.Fatal(err)
	}
	l.took = cpu(func() {
		for _, b := range image {
			if bytes.Equal(b, zeros[:len(b)]) {
				l.size += 1 << 10
				continue
			}
			crc32.ChecksumIEEE(b)
			if storing && looksRandom(sample, b) {
				l.size += len(b) + 90
				continue
			}
			zip := squeeze(w, b)
			l.size += len(zip)
			l.pieces = append(l.pieces, zip)
		}
	})
	return l
}

func squeeze(w *flate.Writer, b []byte) []byte {
	zip := bytes.NewBuffer(make([]byte, 0, len(b)+4<<10))
	w.Reset(zip)
	w.Write(b)
	w.Flush()
	return zip.Bytes()
}

func looksRandom(w *flate.Writer, b []byte) bool {
	var zip bytes.Buffer
	w.Reset(&zip)
	for i := range samples {
		w.Write(b[i*len(b)/samples:][:sampleSize])
	}
	w.Flush()
	return zip.Len() > samples*sampleSize*99/100
}

// Costs of the other stages, in seconds of a processor for a byte.
type costs struct{ hash, encrypt, decrypt, read, crc float64 }

func measure(image [][]byte) (c costs) {
	key, err := aes.NewCipher(make([]byte, 16))
	if err != nil {
		log.Fatal(err)
	}
	encrypt, decrypt := cipher.NewCBCEncrypter(key, make([]byte, 16)), cipher.NewCBCDecrypter(key, make([]byte, 16))
	sum, out := sha1.New(), make([]byte, 64<<10)
	each := func(f func(p []byte)) float64 {
		took := cpu(func() {
			for _, b := range image {
				for p := range slices.Chunk(b, len(out)) {
					f(p)
				}
			}
		})
		return took.Seconds() / float64(length(image))
	}
	c.hash = each(func(p []byte) { sum.Write(p) })
	c.encrypt = each(func(p []byte) { encrypt.CryptBlocks(out[:len(p)], p) })
	c.decrypt = each(func(p []byte) { decrypt.CryptBlocks(out[:len(p)], p) })
	c.crc = each(func(p []byte) { crc32.ChecksumIEEE(p) })
	c.read = each(func(p []byte) { copy(out, p) }) // twice: in the kernel and to a part
	return c
}

// A stage of a pipeline: how long it takes for the image. One that is parallel does not
// hold the others up as long as there are processors.
type stage struct {
	name     string
	took     float64
	parallel bool
}

// scaling prints how long a GiB takes on how many processors, and what it waits for: the
// slowest stage that cannot be shared out, or the processors, when all the work together,
// shared out evenly, takes longer than that.
func scaling(image [][]byte, found []level) {
	c := measure(image)
	fmt.Println()
	fmt.Println("| MiB/s of one processor | | of the bytes |")
	fmt.Println("| --- | --- | --- |")
	for _, line := range []struct {
		name, of string
		cost     float64
	}{
		{"SHA-1", "of the tar stream, and of the parts", c.hash}, {"AES-128-CBC, encrypting", "of the parts", c.encrypt},
		{"AES-128-CBC, decrypting", "of the parts", c.decrypt}, {"CRC-32", "of the tar stream", c.crc},
	} {
		fmt.Printf("| %s | %.0f | %s |\n", line.name, 1/line.cost/(1<<20), line.of)
	}
	processors := []int{1, 2, 3, 4, 6, 8, 16, 32, 64}
	fmt.Print("\n| MiB/s by processors |")
	for _, n := range processors {
		fmt.Printf(" %d |", n)
	}
	fmt.Print(" ends at |\n| --- |")
	for range processors {
		fmt.Print(" --- |")
	}
	fmt.Println(" --- |")
	for _, p := range pipelines(image, found, c) {
		fmt.Printf("| %s |", p.name)
		for _, n := range processors {
			took, _ := estimate(p.stages, n)
			fmt.Printf(" %.0f |", float64(length(image))/took/(1<<20))
		}
		_, slowest := estimate(p.stages, 1<<20)
		fmt.Printf(" %s, from %.1f processors |\n", slowest, enough(p.stages))
	}
}

type pipeline struct {
	name   string
	stages []stage
}

func pipelines(image [][]byte, found []level, c costs) (all []pipeline) {
	n := float64(length(image))
	for _, how := range []struct {
		name string
		n    int
	}{{"fast", 2}, {"default", 5}, {"best", 7}} {
		parts := float64(found[how.n].size)
		all = append(all, pipeline{"bundle, " + how.name, []stage{
			{"reading", n * c.read, false}, {"SHA-1 of the stream", n * c.hash, false},
			{"compression", found[how.n].took.Seconds(), true},
			{"encryption", parts * (c.encrypt + c.read), false}, {"SHA-1 of the parts", parts * c.hash, false},
		}})
	}
	parts := float64(found[5].size)
	inflate := []stage{
		{"SHA-1 of the parts", parts * (c.hash + c.read), false}, {"decryption", parts * c.decrypt, true},
		{"inflating", inflateAll(found[5].pieces), true}, {"CRC-32", n * c.crc, false},
		{"SHA-1 of the stream", n * c.hash, false}, {"writing", n * c.read, false},
	}
	all = append(all, pipeline{"unbundle, ours", inflate})
	others := slices.Clone(inflate)
	others[2].parallel = false
	return append(all, pipeline{"unbundle, others'", others})
}

func inflateAll(pieces [][]byte) float64 {
	d, dst := new(inflate.Decoder), make([]byte, blockSize)
	return cpu(func() {
		for _, zip := range pieces {
			d.Reset()
			if _, _, err := d.Decode(dst, 0, zip); !errors.Is(err, inflate.ErrInput) {
				log.Fatal("a piece is not what it should be: ", err)
			}
		}
	}).Seconds()
}

// estimate returns how long the stages take on n processors, and the slowest that cannot
// be shared out.
func estimate(stages []stage, n int) (took float64, slowest string) {
	work := 0.0
	for _, s := range stages {
		work += s.took
		if !s.parallel && s.took > took {
			took, slowest = s.took, s.name
		}
	}
	return max(took, work/float64(n)), slowest
}

// enough returns how many processors the stages can make use of.
func enough(stages []stage) float64 {
	took, _ := estimate(stages, 1<<20)
	work := 0.0
	for _, s := range stages {
		work += s.took
	}
	return work / took
}
