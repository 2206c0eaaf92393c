package tiff

// maxReals bounds what Reals gives.
const maxReals = 64

// Reals gives the values of a field of fractions such as Decode, at most 64; nil if it is absent or of another type. A
// fraction over 0 is infinite or no number.
func (p *Page) Reals(tag Tag) []float64 {
	e, ok := p.find(tag)
	if !ok {
		return nil
	}
	switch e.Type {
	case TypeRational, TypeSRational, TypeFloat, TypeDouble:
	default:
		return nil
	}
	n := e.Type.size()
	b, err := p.raw(e, n*min(int64(e.Count), maxReals))
	if err != nil {
		return nil
	}
	var vals []float64
	for ; int64(len(b)) >= n; b = b[n:] {
		vals = append(vals, decodeReal(p.file.ByteOrder, e.Type, b))
	}
	return vals
}
