package codec

// Numbers by which a blank page is told: in shares of the page and millimetres.
const (
	blankMargin = 4.0    // What is nearer to the edge does not count: shadows, and holes for a file.
	blankMark   = 1.0    // A mark of this size may be a letter.
	blankSpeck  = 0.3    // What is smaller is dust.
	blankInk    = 0.0002 // ink of all marks together
	blankRow    = 0.01   // and in one row
)

// blank says that nothing is on the page: but for its margin and dust there is hardly any ink, and no mark as large as a
// letter of small print.
func (s *sketch) blank() bool {
	mx, my := int(blankMargin/mmPerInch*s.dx), int(blankMargin/mmPerInch*s.dy)
	seen := make([]bool, len(s.ink))
	rows := make([]int, s.height)
	all := 0
	for y := my; y < s.height-my; y++ {
		for x := mx; x < s.width-mx; x++ {
			i := y*s.width + x
			if s.ink[i] == 0 || seen[i] {
				continue
			}
			m := s.mark(i, mx, my, seen)
			wide, high := float64(m.right-m.left+1)/s.dx*mmPerInch, float64(m.bottom-m.top+1)/s.dy*mmPerInch
			if wide >= blankMark || high >= blankMark {
				return false
			}
			if wide < blankSpeck && high < blankSpeck {
				continue
			}
			all += m.ink
			rows[y] += m.ink
			if float64(all) > blankInk*float64(len(s.ink)) || float64(rows[y]) > blankRow*float64(s.width) {
				return false
			}
		}
	}
	return true
}

// mark is what ink hangs together.
type mark struct{ left, top, right, bottom, ink int }

// mark finds what hangs together with dot i within the margins.
func (s *sketch) mark(i, mx, my int, seen []bool) mark {
	m := mark{left: s.width, top: s.height}
	seen[i] = true
	for open := []int{i}; len(open) > 0; {
		i := open[len(open)-1]
		open = open[:len(open)-1]
		x, y := i%s.width, i/s.width
		m.left, m.right, m.top, m.bottom = min(m.left, x), max(m.right, x), min(m.top, y), max(m.bottom, y)
		m.ink++
		for ny := max(y-1, my); ny <= min(y+1, s.height-my-1); ny++ {
			for nx := max(x-1, mx); nx <= min(x+1, s.width-mx-1); nx++ {
				if k := ny*s.width + nx; s.ink[k] != 0 && !seen[k] {
					seen[k] = true
					open = append(open, k)
				}
			}
		}
	}
	return m
}
