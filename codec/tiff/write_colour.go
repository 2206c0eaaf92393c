package tiff

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
)

// blob is the value of a field that does not fit its entry.
type blob struct {
	tag  Tag
	data []byte
}

// place puts blobs one behind the other on word boundaries from offset at, and tells their fields where.
func place(fields []field, blobs []blob, at int64) (extra []byte) {
	for _, b := range blobs {
		i := slices.IndexFunc(fields, func(f field) bool { return f.tag == b.tag })
		fields[i].value = uint32(at) + uint32(len(extra))
		extra = append(extra, b.data...)
		extra = append(extra, make([]byte, len(extra)%2)...)
	}
	return extra
}

// checkColour says whether such a page of profile C may be written.
func (i PageInfo) checkColour() error {
	switch {
	case i.Samples != 1 && i.Samples != 3:
		return fmt.Errorf("profile C has 1 or 3 samples for each pixel, not %d", i.Samples)
	case i.Sampling != 1 && i.Sampling != 2:
		return fmt.Errorf("profile C has a sample of a* and b* for 1 or 2 pixels both ways, not %d", i.Sampling)
	case i.Quality != nil:
		return errors.New("profile C has no page-quality fields")
	case i.Width < 1 || i.Width > math.MaxUint16 || i.Height < 0 || i.Height > math.MaxUint16:
		return fmt.Errorf("a page of %d×%d pixels cannot be", i.Width, i.Height)
	}
	l, ok := lookup(colourTable, i.XRes, i.YRes)
	switch {
	case !ok:
		return fmt.Errorf("profile C takes %s dots per inch, not %d×%d", resolutions(colourTable), i.XRes, i.YRes)
	case !slices.Contains(l.widths[:], i.Width):
		return fmt.Errorf("profile C at %d×%d dots per inch takes %d (A4, Letter, Legal), %d (B4) or %d (A3) pixels in a row, not %d",
			i.XRes, i.YRes, l.widths[0], l.widths[1], l.widths[2], i.Width)
	}
	return nil
}

// Values of FaxProfile and CodingMethods, RFC 3949 section 2.2.4.
const (
	faxProfileJ = 3
	faxProfileC = 4
	codingJBIG  = 1 << 4
	codingJPEG  = 1 << 5
)

// colourFields lists the entries of a page of profile C, RFC 3949 section 6.2. The gamut is T.42's, which Decode spells
// out; the first page says by GlobalParametersIFD what the whole file needs.
func (p *PageWriter) colourFields() (fields []field, blobs []blob) {
	colour := p.info.Samples == 3
	for _, f := range p.fields() {
		switch f.tag {
		case TagBitsPerSample:
			f.value = 8
			if colour {
				f.count = 3
				blobs = append(blobs, blob{f.tag, []byte{8, 0, 8, 0, 8, 0}})
			}
		case TagCompression:
			f.value = CompressionJPEG
		case TagPhotometric:
			f.value = ITULab
		case TagFillOrder:
			f.value = 1
		case TagSamplesPerPixel:
			f.value = uint32(p.info.Samples)
		case TagT4Options, TagT6Options:
			continue
		}
		fields = append(fields, f)
	}
	if p.number == 0 {
		fields = append(fields, field{TagGlobalParametersIFD, TypeIFD, 1, 0})
		blobs = append(blobs, blob{TagGlobalParametersIFD, global(faxProfileC, codingJPEG)})
	}
	fields = append(fields, field{TagDecode, TypeSRational, uint32(2 * p.info.Samples), 0})
	blobs = append(blobs, blob{TagDecode, decodeValues(p.info.Samples)})
	if colour {
		sampling := uint32(p.info.Sampling)
		fields = append(fields, field{TagChromaSubSampling, TypeShort, 2, sampling | sampling<<16}, field{TagChromaPositioning, TypeShort, 1, 1})
	}
	return fields, blobs
}

// global is the directory of the parameters of the whole file.
func global(profile, methods uint32) []byte {
	le := binary.LittleEndian
	fields := []field{{TagProfileType, TypeLong, 1, 1}, {TagFaxProfile, TypeByte, 1, profile}, {TagCodingMethods, TypeLong, 1, methods}}
	b := le.AppendUint16(nil, uint16(len(fields)))
	for _, f := range fields {
		b = le.AppendUint16(b, uint16(f.tag))
		b = le.AppendUint16(b, uint16(f.typ))
		b = le.AppendUint32(b, f.count)
		b = le.AppendUint32(b, f.value)
	}
	return le.AppendUint32(b, 0)
}

// defaultDecode is the gamut of T.42 for samples of 8 bits: L*, a* and b* at samples 0 and 255, as numerators over the
// denominators.
var defaultDecode = [6][2]int32{{0, 1}, {100, 1}, {-21760, 255}, {21590, 255}, {-19200, 255}, {31800, 255}}

// decodeValues gives the value of Decode.
func decodeValues(samples int) (b []byte) {
	for _, v := range defaultDecode[:2*samples] {
		b = binary.LittleEndian.AppendUint32(b, uint32(v[0]))
		b = binary.LittleEndian.AppendUint32(b, uint32(v[1]))
	}
	return b
}
