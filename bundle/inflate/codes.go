package inflate

// codes decodes literals and matches, up to the end of a block.
func (d *Decoder) codes(dst []byte, pos int, s *input) (int, error) {
	pos, err := d.fast(dst, pos, s)
	for err == nil && d.in == inCodes {
		pos, err = d.one(dst, pos, s)
	}
	return pos, err
}

// one decodes one literal or match, or the end of the block. It takes nothing
// unless all of it is there and there is room for it.
func (d *Decoder) one(dst []byte, pos int, s *input) (int, error) {
	saved := *s
	pos, err := d.careful(dst, pos, s)
	if err != nil {
		*s = saved
	}
	return pos, err
}

func (d *Decoder) careful(dst []byte, pos int, s *input) (int, error) {
	e, err := lookUp(s, d.lit[:], litLenBits)
	switch {
	case err != nil:
		return pos, err
	case e&flagEnd != 0:
		d.in = atBlock
		return pos, nil
	case e&flagLiteral != 0:
		if pos == len(dst) {
			return pos, ErrOutput
		}
		dst[pos] = byte(e.value())
		return pos + 1, nil
	}
	length, err := base(s, e)
	if err != nil {
		return pos, err
	}
	if e, err = lookUp(s, d.dist[:], distBits); err != nil {
		return pos, err
	}
	distance, err := base(s, e)
	switch {
	case err != nil:
		return pos, err
	case distance > pos:
		return pos, errDistance
	case length > len(dst)-pos:
		return pos, ErrOutput
	}
	for range length {
		dst[pos] = dst[pos-distance]
		pos++
	}
	return pos, nil
}

// lookUp reads the next code.
func lookUp(s *input, table []entry, first uint) (entry, error) {
	err := s.need(maxCodeLength)
	e := table[s.bits&(1<<first-1)]
	used := e.length()
	if e&flagSubtable != 0 {
		e = table[e.value():][s.bits>>first&(1<<e.extra()-1)]
		used = first + e.length()
	}
	switch {
	case err != nil && (e == 0 || used > s.n): // what is missing counted as zeros
		return 0, err
	case e == 0:
		return 0, errSymbol
	}
	s.take(used)
	return e, nil
}

// base reads the extra bits of a length or distance.
func base(s *input, e entry) (int, error) {
	if err := s.need(e.extra()); err != nil {
		return 0, err
	}
	return e.value() + int(s.take(e.extra())), nil
}
