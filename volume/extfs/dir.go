package extfs

import "encoding/binary"

// direntHead is the length of a directory's entry without its name, in bytes.
const direntHead = 8

// fileTypes are the types of files as directories note them.
func fileType(mode uint32) byte {
	switch mode & TypeMask {
	case TypeFile:
		return 1
	case TypeDir:
		return 2
	case TypeChar:
		return 3
	case TypeBlock:
		return 4
	case TypeFifo:
		return 5
	case TypeLink:
		return 7
	}
	return 0
}

// direntSize is how much room the entry of a name takes at least.
func direntSize(name string) int { return (direntHead + len(name) + 3) &^ 3 }

// dirBlocks is how many blocks a directory has.
func (n *Node) dirBlocks() int64 {
	blocks, used := int64(1), direntSize(".")+direntSize("..")
	for _, e := range n.Entries {
		size := direntSize(e.Name)
		if used+size > blockSize {
			blocks, used = blocks+1, 0
		}
		used += size
	}
	return blocks
}

// dirContent makes the blocks of a directory, one after the other.
func (n *Node) dirContent() []byte {
	w := direntWriter{content: make([]byte, 0, n.dirBlocks()*blockSize)}
	w.grow()
	w.add(n.ino, ".", TypeDir)
	w.add(n.parent, "..", TypeDir)
	for _, e := range n.Entries {
		w.add(e.Node.ino, e.Name, e.Node.Mode)
	}
	w.fill()
	return w.content
}

// A direntWriter fills blocks with entries. The last entry of a block reaches to its
// end.
type direntWriter struct {
	content []byte
	block   []byte // the last of content
	used    int    // of block
	last    int    // where its last entry is
}

func (w *direntWriter) grow() {
	w.content = append(w.content, make([]byte, blockSize)...)
	w.block = w.content[len(w.content)-blockSize:]
	w.used, w.last = 0, 0
}

func (w *direntWriter) add(ino uint32, name string, mode uint32) {
	size := direntSize(name)
	if w.used+size > blockSize {
		w.fill()
		w.grow()
	}
	b := w.block[w.used:]
	binary.LittleEndian.PutUint32(b, ino)
	binary.LittleEndian.PutUint16(b[4:], uint16(size))
	b[6], b[7] = byte(len(name)), fileType(mode)
	copy(b[direntHead:], name)
	w.last, w.used = w.used, w.used+size
}

// fill makes the last entry reach to the end of the block.
func (w *direntWriter) fill() {
	binary.LittleEndian.PutUint16(w.block[w.last+4:], uint16(blockSize-w.last))
}
