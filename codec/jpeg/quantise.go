package jpeg

// Tables K.1 and K.2 of T.81, row by row: the steps of lightness and of chroma at quality 50.
var standardSteps = [2][64]byte{
	{
		16, 11, 10, 16, 24, 40, 51, 61,
		12, 12, 14, 19, 26, 58, 60, 55,
		14, 13, 16, 24, 40, 57, 69, 56,
		14, 17, 22, 29, 51, 87, 80, 62,
		18, 22, 37, 56, 68, 109, 103, 77,
		24, 35, 55, 64, 81, 104, 113, 92,
		49, 64, 78, 87, 103, 121, 120, 101,
		72, 92, 95, 98, 112, 100, 103, 99,
	},
	{
		17, 18, 24, 47, 99, 99, 99, 99,
		18, 21, 26, 66, 99, 99, 99, 99,
		24, 26, 56, 99, 99, 99, 99, 99,
		47, 66, 99, 99, 99, 99, 99, 99,
		99, 99, 99, 99, 99, 99, 99, 99,
		99, 99, 99, 99, 99, 99, 99, 99,
		99, 99, 99, 99, 99, 99, 99, 99,
		99, 99, 99, 99, 99, 99, 99, 99,
	},
}

// zigzag gives the place in the block of each coefficient in the order of coding, T.81 figure A.6.
var zigzag = [64]byte{
	0, 1, 8, 16, 9, 2, 3, 10,
	17, 24, 32, 25, 18, 11, 4, 5,
	12, 19, 26, 33, 40, 48, 41, 34,
	27, 20, 13, 6, 7, 14, 21, 28,
	35, 42, 49, 56, 57, 50, 43, 36,
	29, 22, 15, 23, 30, 37, 44, 51,
	58, 59, 52, 45, 38, 31, 39, 46,
	53, 60, 61, 54, 47, 55, 62, 63,
}

// steps is a quantisation table in the order of coding.
type steps [64]byte

// newSteps scales table 0 (lightness) or 1 (chroma) to a quality of 1 to 100, on the scale that most encoders have.
func newSteps(table, quality int) (s steps) {
	scale := 200 - 2*quality
	if quality < 50 {
		scale = 5000 / quality
	}
	for i, at := range zigzag {
		s[i] = byte(min(255, max(1, (int(standardSteps[table][at])*scale+50)/100)))
	}
	return s
}

// factors gives what the coefficients of the forward transform are multiplied by, in the order of coding.
func (s steps) factors() (f [64]float32) {
	for i, at := range zigzag {
		f[i] = float32(1 / (float64(s[i]) * dctScale[at/8] * dctScale[at%8] * 8))
	}
	return f
}
