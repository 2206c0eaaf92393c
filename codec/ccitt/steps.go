package ccitt

const (
	stepBits  = 11
	stepShift = 3 // an entry is 8 bytes
	maxCopies = 4 // in a step
)

// stepTable gives the step that the codes at the front of 11 bits ask for: up to
// maxCopies V(0), each of which copies a change of the row above, perhaps a
// pass, and then a vertical mode; or else copies and a pass alone. VR(3) is in
// none: it may move b1 on by more than two changes. Entries are of bytes, so
// that one load gets each of them.
type stepTable [1 << (stepBits + stepShift)]byte

// The bytes of an entry. Changes of the row above are counted from the one two
// before b1.
const (
	stepUsed   = iota // bits of the codes, 0 where there is no step
	stepCopies        // V(0) before the last code
	stepAdds          // changes that the row gets
	stepBefore        // the change that a1 must be right of, 0 where that is a0
	stepB1            // the change that a1 is counted from, b2 for a pass
	stepRight         // how far right of it
	stepNext          // what is b1 next if that is right of a1; else it is two on
)

// step is an entry in the making.
type step struct {
	used, copies int
	pass         int // 2 changes that are passed over, or 0
	vertical     bool
	right        int
}

func (t *tables) fillSteps() {
	for i := range 1 << stepBits {
		s := t.step(i)
		switch {
		case s.vertical:
			s.put(t.steps[i<<stepShift:])
		case s.pass > 0:
			s.putPass(t.steps[i<<stepShift:])
		case s.copies > 0: // the last of them is the vertical mode
			s.copies--
			s.put(t.steps[i<<stepShift:])
		}
	}
}

// step reads the codes at the front of the bits i.
func (t *tables) step(i int) step {
	var s step
	for {
		e := t.modes[i<<s.used&(1<<stepBits-1)>>(stepBits-modeBits)]
		used, right := s.used+int(e&symLen), int(e>>symShift&7)-3
		vertical := e&symVertical != 0 && right < 3
		switch {
		case used > stepBits:
			return s
		case vertical && right == 0 && s.copies < maxCopies && s.pass == 0:
			s.copies++
		case vertical:
			s.used, s.right, s.vertical = used, right, true
			return s
		case e&symPass != 0 && s.pass == 0:
			s.pass = 2
		default:
			return s
		}
		s.used = used
	}
}

func (s step) put(e []byte) {
	b1 := 2 + s.copies + s.pass
	e[stepUsed], e[stepCopies], e[stepAdds] = byte(s.used), byte(s.copies), byte(s.copies+1)
	e[stepB1], e[stepRight], e[stepNext] = byte(b1), byte(s.right), byte(b1+1)
	if s.right < 0 {
		e[stepNext] = byte(b1 - 1)
	}
	if b1 > 2 {
		e[stepBefore] = byte(b1 - 1)
	}
}

func (s step) putPass(e []byte) {
	b2 := 2 + s.copies + 1
	e[stepUsed], e[stepCopies], e[stepAdds] = byte(s.used), byte(s.copies), byte(s.copies)
	e[stepB1], e[stepNext] = byte(b2), byte(b2+1)
	if s.copies > 0 {
		e[stepBefore] = byte(b2 - 2)
	}
}
