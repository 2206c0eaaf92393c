package jpeg

import (
	"bytes"
	"encoding/binary"
)

// Fax is what the G3FAX markers of a colour fax say, ITU-T T.4 annex E.
type Fax struct {
	Version int // a year, 1994
	DPI     int
	Gamut   Gamut // DefaultGamut if there is no marker for it
	White   White // D50 likewise
	// Custom says that there is a marker for the gamut.
	Custom bool
}

// Numbers of the markers, the sixth byte.
const (
	faxVersion    = 0
	faxGamut      = 1
	faxIlluminant = 2
)

// faxYear is the version of T.4 annex E.
const faxYear = 1994

var faxName = []byte("G3FAX")

// FaxSegment is the marker that every colour fax begins with.
func FaxSegment(dpi int) Segment {
	data := append(bytes.Clone(faxName), faxVersion)
	data = binary.BigEndian.AppendUint16(data, faxYear)
	return Segment{markerAPP1, binary.BigEndian.AppendUint16(data, uint16(dpi))}
}

// JFIFSegment is the marker of JPEG files outside of fax, with the resolution in dots per inch.
func JFIFSegment(x, y int) Segment {
	data := append([]byte("JFIF\x00"), 1, 2, 1)
	data = binary.BigEndian.AppendUint16(data, uint16(x))
	data = binary.BigEndian.AppendUint16(data, uint16(y))
	return Segment{markerAPP0, append(data, 0, 0)}
}

// fax reads a G3FAX marker; false if it is none.
func (h *Header) fax(data []byte) bool {
	body, ok := bytes.CutPrefix(data, faxName)
	if !ok || len(body) < 1 {
		return false
	}
	if h.Fax == nil {
		h.Fax = &Fax{Gamut: DefaultGamut()}
	}
	switch number, body := body[0], body[1:]; {
	case number == faxVersion && len(body) >= 4:
		h.Fax.Version = int(binary.BigEndian.Uint16(body))
		h.Fax.DPI = int(binary.BigEndian.Uint16(body[2:]))
	case number == faxGamut && len(body) >= 12:
		var offset, span [3]float64
		for i := range offset {
			offset[i] = float64(binary.BigEndian.Uint16(body[4*i:]))
			span[i] = float64(binary.BigEndian.Uint16(body[4*i+2:]))
		}
		if g := newGamut(offset, span); g.usable() {
			h.Fax.Gamut, h.Fax.Custom = g, true
		}
	case number == faxIlluminant && len(body) >= 4:
		h.Fax.White = white(body[:4])
	}
	return true
}

// white reads an illuminant: a name, or CT and a colour temperature.
func white(b []byte) White {
	kelvin := 0
	if b[0] == 'C' && b[1] == 'T' {
		kelvin = int(binary.BigEndian.Uint16(b[2:]))
	}
	if bytes.Contains(b, []byte("D65")) || kelvin >= 6000 && kelvin <= 7000 {
		return D65
	}
	return D50
}
