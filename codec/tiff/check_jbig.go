package tiff

import (
	"errors"
	"io"
	"math/bits"

	"faxgate/codec/jbig"
)

// checkJBIG looks at one strip of JBIG data.
func (c *checker) checkJBIG(p *Page, i int) {
	src, turned := p.JBIG(i)
	if turned {
		c.strip(i, c.section("2.1"), "FillOrder says in which order the bits of a byte are", "has them the other way than FillOrder %d says", p.FillOrder)
	}
	dec := jbig.NewDecoder(jbig.Limits{MaxWidth: p.Width, MaxRows: p.Strips[i].Rows})
	if err := dec.Reset(src); err != nil {
		c.strip(i, c.section("2.1"), "a strip of compression 9 is coded by ITU-T T.85", "cannot be read: %v", err)
		return
	}
	if w := dec.Params().Width; w != p.Width {
		c.strip(i, c.section("2.1"), "ImageWidth is the number of pixels in a row", "has rows of %d pixels, ImageWidth is %d", w, p.Width)
	}
	err := error(nil)
	for err == nil {
		_, err = dec.NextRow()
	}
	st := dec.Stats()
	if st.Bad > 0 || st.Partial {
		c.strip(i, "ITU-T T.82 section 6", "the coded data is whole", "is damaged after %d rows: %v", st.Rows, st.Err)
	}
	if want := p.Strips[i].Rows; st.Rows != want {
		c.strip(i, c.section("2.1"), "ImageLength is the number of rows", "has %d rows, the fields say %d", st.Rows, want)
	}
	if !errors.Is(err, io.EOF) {
		c.strip(i, tiff6, "a strip must be readable", "cannot be read: %v", err)
	}
}

// JBIG gives the JBIG data of strip i, most significant bit first. Turned says that the order of the bits in the file is
// not the one that FillOrder tells; the number of planes, a byte of 1 in T.82's header, gives it away.
func (p *Page) JBIG(i int) (src io.Reader, turned bool) {
	src = p.Strip(i)
	lsb := p.FillOrder == 2
	var planes [1]byte
	if _, err := p.Strip(i).ReadAt(planes[:], planesAt); err == nil && (planes[0] == 1 || planes[0] == 0x80) {
		turned = lsb != (planes[0] == 0x80)
	}
	if lsb != turned {
		src = reversed{src}
	}
	return src, turned
}

// planesAt is where T.82's header has the number of planes.
const planesAt = 2

// reversed turns the bits of each byte.
type reversed struct{ src io.Reader }

func (r reversed) Read(b []byte) (int, error) {
	n, err := r.src.Read(b)
	for i, v := range b[:n] {
		b[i] = bits.Reverse8(v)
	}
	return n, err
}
