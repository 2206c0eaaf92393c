package jbig

// The probability estimation of T.82 (section 6.8.2, Table 24) is a machine of 113 states. A state and the more probable
// symbol (MPS) that belongs to it are one number here, state<<1 | MPS, and each context holds all that is to be known of
// its own: an entry.

// entry is a context: the size of the less probable symbol's interval in the place where the interval registers have it,
// the numbers that follow upon either symbol, and the MPS.
type entry uint64

const (
	// qShift is where the interval's 16 bits begin in the registers: bit 16 of T.82's A is bit 63 of ours, and what is
	// below are bits of the code that T.82 has not come to yet.
	qShift = 47
	half   = 0x8000 << qShift // below it the interval is to be renormalised
	qMask  = entry(1<<64 - 1<<qShift)
)

// size is the interval of the less probable symbol.
func (e entry) size() uint64 { return uint64(e & qMask) }

// qe is the size as T.82 has it.
func (e entry) qe() uint64 { return uint64(e) >> qShift }

// mps is the more probable symbol, 0 or 1.
func (e entry) mps() uint64 { return uint64(e) & 1 }

// contexts is the memory of the estimator: T.82's templates have ten pixels.
type contexts [1024]entry

// reset brings all contexts to state 0, where white is as probable as black.
func (c *contexts) reset() {
	for i := range c {
		c[i] = machine[0]
	}
}

// machine holds the entries by number.
var machine = func() (m [256]entry) {
	for i, s := range states {
		for mps := range 2 {
			lps := int(s.lps)<<1 | mps
			if s.change {
				lps ^= 1
			}
			m[i<<1|mps] = entry(s.qe)<<qShift | entry(lps)<<9 | entry(int(s.mps)<<1|mps)<<1 | entry(mps)
		}
	}
	return m
}()

// states is T.82 Table 24: the size of the LPS interval (LSZ), the states after an LPS and after an MPS (NLPS, NMPS), and
// whether an LPS changes what is more probable (SWTCH).
var states = [113]struct {
	qe       uint16
	lps, mps uint8
	change   bool
}{
	{0x5a1d, 1, 1, true},
	{0x2586, 14, 2, false},
	{0x1114, 16, 3, false},
	{0x080b, 18, 4, false},
	{0x03d8, 20, 5, false},
	{0x01da, 23, 6, false},
	{0x00e5, 25, 7, false},
	{0x006f, 28, 8, false},
	{0x0036, 30, 9, false},
	{0x001a, 33, 10, false},
	{0x000d, 35, 11, false},
	{0x0006, 9, 12, false},
	{0x0003, 10, 13, false},
	{0x0001, 12, 13, false},
	{0x5a7f, 15, 15, true},
	{0x3f25, 36, 16, false},
	{0x2cf2, 38, 17, false},
	{0x207c, 39, 18, false},
	{0x17b9, 40, 19, false},
	{0x1182, 42, 20, false},
	{0x0cef, 43, 21, false},
	{0x09a1, 45, 22, false},
	{0x072f, 46, 23, false},
	{0x055c, 48, 24, false},
	{0x0406, 49, 25, false},
	{0x0303, 51, 26, false},
	{0x0240, 52, 27, false},
	{0x01b1, 54, 28, false},
	{0x0144, 56, 29, false},
	{0x00f5, 57, 30, false},
	{0x00b7, 59, 31, false},
	{0x008a, 60, 32, false},
	{0x0068, 62, 33, false},
	{0x004e, 63, 34, false},
	{0x003b, 32, 35, false},
	{0x002c, 33, 9, false},
	{0x5ae1, 37, 37, true},
	{0x484c, 64, 38, false},
	{0x3a0d, 65, 39, false},
	{0x2ef1, 67, 40, false},
	{0x261f, 68, 41, false},
	{0x1f33, 69, 42, false},
	{0x19a8, 70, 43, false},
	{0x1518, 72, 44, false},
	{0x1177, 73, 45, false},
	{0x0e74, 74, 46, false},
	{0x0bfb, 75, 47, false},
	{0x09f8, 77, 48, false},
	{0x0861, 78, 49, false},
	{0x0706, 79, 50, false},
	{0x05cd, 48, 51, false},
	{0x04de, 50, 52, false},
	{0x040f, 50, 53, false},
	{0x0363, 51, 54, false},
	{0x02d4, 52, 55, false},
	{0x025c, 53, 56, false},
	{0x01f8, 54, 57, false},
	{0x01a4, 55, 58, false},
	{0x0160, 56, 59, false},
	{0x0125, 57, 60, false},
	{0x00f6, 58, 61, false},
	{0x00cb, 59, 62, false},
	{0x00ab, 61, 63, false},
	{0x008f, 61, 32, false},
	{0x5b12, 65, 65, true},
	{0x4d04, 80, 66, false},
	{0x412c, 81, 67, false},
	{0x37d8, 82, 68, false},
	{0x2fe8, 83, 69, false},
	{0x293c, 84, 70, false},
	{0x2379, 86, 71, false},
	{0x1edf, 87, 72, false},
	{0x1aa9, 87, 73, false},
	{0x174e, 72, 74, false},
	{0x1424, 72, 75, false},
	{0x119c, 74, 76, false},
	{0x0f6b, 74, 77, false},
	{0x0d51, 75, 78, false},
	{0x0bb6, 77, 79, false},
	{0x0a40, 77, 48, false},
	{0x5832, 80, 81, true},
	{0x4d1c, 88, 82, false},
	{0x438e, 89, 83, false},
	{0x3bdd, 90, 84, false},
	{0x34ee, 91, 85, false},
	{0x2eae, 92, 86, false},
	{0x299a, 93, 87, false},
	{0x2516, 86, 71, false},
	{0x5570, 88, 89, true},
	{0x4ca9, 95, 90, false},
	{0x44d9, 96, 91, false},
	{0x3e22, 97, 92, false},
	{0x3824, 99, 93, false},
	{0x32b4, 99, 94, false},
	{0x2e17, 93, 86, false},
	{0x56a8, 95, 96, true},
	{0x4f46, 101, 97, false},
	{0x47e5, 102, 98, false},
	{0x41cf, 103, 99, false},
	{0x3c3d, 104, 100, false},
	{0x375e, 99, 93, false},
	{0x5231, 105, 102, false},
	{0x4c0f, 106, 103, false},
	{0x4639, 107, 104, false},
	{0x415e, 103, 99, false},
	{0x5627, 105, 106, true},
	{0x50e7, 108, 107, false},
	{0x4b85, 109, 103, false},
	{0x5597, 110, 109, false},
	{0x504f, 111, 107, false},
	{0x5a10, 110, 111, true},
	{0x5522, 112, 109, false},
	{0x59eb, 112, 111, true},
}
