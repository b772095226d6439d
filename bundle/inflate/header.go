package inflate

// codeLengthOrder is the order in which the lengths of the code-length code stand
// (RFC 1951, 3.2.7).
var codeLengthOrder = [codeLengths]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// codeLengthBits is the longest code of the code-length code.
const codeLengthBits = 7

// fixed sets the codes of RFC 1951, 3.2.6.
func (d *Decoder) fixed() error {
	var lengths [maxSymbols]uint8
	for i := range lengths {
		switch {
		case i < 144, i >= 280:
			lengths[i] = 8
		case i < 256:
			lengths[i] = 9
		default:
			lengths[i] = 7
		}
	}
	if err := build(d.lit[:], litLenBits, lengths[:], litLenEntry); err != nil {
		return err
	}
	for i := range lengths[:32] {
		lengths[i] = 5
	}
	d.in = inCodes
	return build(d.dist[:], distBits, lengths[:32], distEntry)
}

// dynamic reads the codes of a block.
func (d *Decoder) dynamic(s *input) error {
	if err := s.need(14); err != nil {
		return err
	}
	literals, distances, meta := int(s.take(5))+257, int(s.take(5))+1, int(s.take(4))+4
	if literals > maxLitLenCodes || distances > maxDistCodes {
		return errCounts
	}
	if err := d.metaCode(s, meta); err != nil {
		return err
	}
	lengths := d.lengths[:literals+distances]
	if err := d.readLengths(s, lengths); err != nil {
		return err
	}
	if lengths[endOfBlock] == 0 {
		return errCode
	}
	if err := build(d.lit[:], litLenBits, lengths[:literals], litLenEntry); err != nil {
		return err
	}
	d.in = inCodes
	return build(d.dist[:], distBits, lengths[literals:], distEntry)
}

// metaCode reads the code in which the lengths are written.
func (d *Decoder) metaCode(s *input, n int) error {
	var lengths [codeLengths]uint8
	for _, symbol := range codeLengthOrder[:n] {
		if err := s.need(3); err != nil {
			return err
		}
		lengths[symbol] = uint8(s.take(3))
	}
	return build(d.meta[:], codeLengthBits, lengths[:], codeLengthEntry)
}

// readLengths reads the lengths of the two codes, which are one sequence.
func (d *Decoder) readLengths(s *input, lengths []uint8) error {
	for i := 0; i < len(lengths); {
		symbol, err := d.metaSymbol(s)
		if err != nil {
			return err
		}
		if symbol < 16 {
			lengths[i] = uint8(symbol)
			i++
			continue
		}
		n, value, err := repeat(s, symbol, lengths[:i])
		if err != nil {
			return err
		}
		if i+n > len(lengths) {
			return errRepeat
		}
		for range n {
			lengths[i] = value
			i++
		}
	}
	return nil
}

// metaSymbol reads one symbol of the code-length code, and makes sure that the bits
// which may follow it are there.
func (d *Decoder) metaSymbol(s *input) (int, error) {
	err := s.need(codeLengthBits + 7)
	e := d.meta[s.bits&(1<<codeLengthBits-1)]
	if e == 0 {
		if err != nil { // what is missing counts as zeros
			return 0, err
		}
		return 0, errSymbol
	}
	if s.n < e.length()+metaExtra(e.value()) {
		return 0, ErrInput
	}
	s.take(e.length())
	return e.value(), nil
}

// metaExtra is how many bits follow a symbol of the code-length code.
func metaExtra(symbol int) uint {
	switch symbol {
	case 16:
		return 2
	case 17:
		return 3
	case 18:
		return 7
	}
	return 0
}

// repeat says how often which length comes again.
func repeat(s *input, symbol int, before []uint8) (n int, value uint8, err error) {
	n = int(s.take(metaExtra(symbol)))
	switch symbol {
	case 16:
		if len(before) == 0 {
			return 0, 0, errRepeat
		}
		return n + 3, before[len(before)-1], nil
	case 17:
		return n + 3, 0, nil
	}
	return n + 11, 0, nil
}
