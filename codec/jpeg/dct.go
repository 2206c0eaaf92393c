package jpeg

// dctScale is what a coefficient of transform is too large by in each direction, besides 8 in all: the transform of Arai,
// Agui and Nakajima leaves it to the quantisation. It is 1, and then √2·cos(kπ/16).
var dctScale = [8]float64{1, 1.3870398453221475, 1.3065629648763766, 1.1758756024193588, 1, 0.7856949583871022, 0.5411961001461971, 0.2758993792829431}

// Factors of the transform: with c(k) = cos(kπ/16), c(4), c(6), c(2)-c(6) and c(2)+c(6).
const (
	dctC4    = 0.7071067811865476
	dctC6    = 0.3826834323650898
	dctMinus = 0.5411961001461970
	dctPlus  = 1.3065629648763766
)

// transform is the forward DCT of a block (T.81 section A.3.3), rows and then columns.
func transform(b *[64]float32) {
	for i := 0; i < 64; i += 8 {
		transform8(b, i, 1)
	}
	for i := range 8 {
		transform8(b, i, 8)
	}
}

// transform8 transforms the eight values that stand step apart from index at.
func transform8(b *[64]float32, at, step int) {
	i0, i1, i2, i3 := at, at+step, at+2*step, at+3*step
	i4, i5, i6, i7 := at+4*step, at+5*step, at+6*step, at+7*step
	s07, d07 := b[i0]+b[i7], b[i0]-b[i7]
	s16, d16 := b[i1]+b[i6], b[i1]-b[i6]
	s25, d25 := b[i2]+b[i5], b[i2]-b[i5]
	s34, d34 := b[i3]+b[i4], b[i3]-b[i4]

	// Even coefficients: a transform of four values.
	s, d := s07+s34, s07-s34
	t, u := s16+s25, s16-s25
	b[i0], b[i4] = s+t, s-t
	r := (u + d) * dctC4
	b[i2], b[i6] = d+r, d-r

	// Odd coefficients.
	p, q, v := d34+d25, d25+d16, d16+d07
	w := (p - v) * dctC6
	p, v = p*dctMinus+w, v*dctPlus+w
	q *= dctC4
	plus, minus := d07+q, d07-q
	b[i5], b[i3] = minus+p, minus-p
	b[i1], b[i7] = plus+v, plus-v
}
