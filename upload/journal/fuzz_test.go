package journal

import (
	"bytes"
	"slices"
	"testing"
)

// FuzzParse: what is taken of a file is what would be written, and going on behind it
// loses nothing.
func FuzzParse(f *testing.F) {
	whole := text(f, target, receiptOf(0), receiptOf(1))
	f.Add(whole)
	f.Add(whole[:len(whole)-3])
	f.Add(bytes.ToUpper(whole))
	f.Add([]byte("{}\n{}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		receipts, used := parse(data, target)
		if used < 0 || used > len(data) || used == 0 && receipts != nil {
			t.Fatalf("used %d of %d bytes, for %d receipts", used, len(data), len(receipts))
		}
		if used == 0 {
			return
		}
		if again, n := parse(text(t, target, receipts...), target); !slices.Equal(again, receipts) || n == 0 {
			t.Errorf("got %+v again, want %+v", again, receipts)
		}
		more, err := line(receiptOf(9))
		if err != nil {
			t.Fatal(err)
		}
		want := append(slices.Clone(receipts), receiptOf(9))
		if got, _ := parse(append(bytes.Clone(data[:used]), more...), target); !slices.Equal(got, want) {
			t.Errorf("with one more got %+v, want %+v", got, want)
		}
	})
}
