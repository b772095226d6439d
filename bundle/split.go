package bundle

import (
	"context"
	"crypto/sha1"
	"fmt"

	"emikit/manifest"
)

// A partWriter cuts what is written to it into parts, each a block of the pool
// bodies, and sends them to out. None is empty.
type partWriter struct {
	ctx    context.Context // of the pipeline that the writer is a stage of
	bodies *pool
	size   int // of a part
	part   *block
	out    chan<- *block
}

func (w *partWriter) Write(p []byte) (int, error) {
	written := len(p)
	for len(p) > 0 {
		if err := w.begin(); err != nil {
			return written - len(p), err
		}
		n := min(len(p), w.size-len(w.part.data))
		w.part.data = append(w.part.data, p[:n]...)
		p = p[n:]
		if len(w.part.data) == w.size {
			w.end()
		}
	}
	return written, nil
}

// begin makes sure that there is a part to write to.
func (w *partWriter) begin() (err error) {
	if w.part == nil {
		w.part, err = w.bodies.get(w.ctx)
	}
	return err
}

func (w *partWriter) end() {
	w.out <- w.part
	w.part = nil
}

// Close sends the last part and ends the stream of parts.
func (w *partWriter) Close() error {
	if w.part != nil {
		w.end()
	}
	close(w.out)
	return nil
}

// deliver is the last stage of Create. It records every part in m and puts it into
// the sink.
func deliver(ctx context.Context, in <-chan *block, bodies *pool, m *manifest.Manifest, sink Sink) error {
	limit := maxParts(m.Name)
	return each(ctx, in, func(b *block) error {
		index := len(m.Parts)
		if index == limit {
			return hinted{
				fmt.Errorf("%s: %w: a manifest holds no more than %d", m.Name, ErrTooManyParts, limit),
				"use larger parts",
			}
		}
		part := manifest.Part{
			Index:  index,
			Name:   manifest.PartName(m.Name, index),
			Digest: sha1.Sum(b.data),
		}
		m.Parts = append(m.Parts, part)
		m.BundledSize += int64(len(b.data))
		return sink.Put(ctx, part, b.data, func() { bodies.put(b) })
	})
}

// maxParts returns how many parts fit into a manifest of at most manifest.MaxSize
// bytes. An element's length is that of its tags, its digest and its file name,
// each byte of which XML may need six to write.
func maxParts(name string) int {
	const tags, head = 150, 64 << 10
	return (manifest.MaxSize - head) / (tags + 6*len(name))
}
