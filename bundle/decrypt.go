package bundle

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"

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
		cipher.NewCBCDecrypter(c, b.iv[:]).CryptBlocks(b.data, b.data)
		if b.last {
			if b.data, err = unpad(b.data); err != nil {
				return err
			}
		}
		b.ready <- struct{}{}
		return nil
	})
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
