package bundle

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"

	"emikit/manifest"
)

// decrypt is one of the workers that decrypt blocks in place. CBC decryption of a
// block needs only the ciphertext before it, so blocks are independent.
func decrypt(ctx context.Context, key manifest.Key, in <-chan *block) error {
	c, err := aes.NewCipher(key.Key[:])
	if err != nil {
		return err
	}
	return each(ctx, in, func(b *block) error {
		decryptCBC(c, b.iv, b.data)
		if b.last {
			if b.data, err = unpad(b.data); err != nil {
				return err
			}
		}
		b.ready <- struct{}{}
		return nil
	})
}

// decryptCBC decrypts data, whole AES blocks, in place (NIST SP 800-38A, 6.2). What
// crypto/cipher makes of it does the same, with a fifth more time and memory of its own
// for every call.
func decryptCBC(c cipher.Block, iv [16]byte, data []byte) {
	low, high := binary.LittleEndian.Uint64(iv[:]), binary.LittleEndian.Uint64(iv[8:])
	for ; len(data) >= aes.BlockSize; data = data[aes.BlockSize:] {
		b := data[:aes.BlockSize:aes.BlockSize]
		nextLow, nextHigh := binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])
		c.Decrypt(b, b)
		binary.LittleEndian.PutUint64(b, binary.LittleEndian.Uint64(b)^low)
		binary.LittleEndian.PutUint64(b[8:], binary.LittleEndian.Uint64(b[8:])^high)
		low, high = nextLow, nextHigh
	}
}

// unpad removes PKCS#7 padding. It need not take constant time: whoever decrypts
// with a key that a stranger must not learn about shows nobody when or why it
// failed.
func unpad(data []byte) ([]byte, error) {
	n := int(data[len(data)-1])
	if n < 1 || n > aes.BlockSize {
		return nil, ErrPadding
	}
	text, tail := data[:len(data)-n], data[len(data)-n:]
	if !bytes.Equal(tail, bytes.Repeat([]byte{byte(n)}, n)) {
		return nil, ErrPadding
	}
	return text, nil
}
