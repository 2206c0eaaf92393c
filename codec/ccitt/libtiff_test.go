package ccitt

import (
	"bytes"
	"strings"
	"testing"
)

// TestLibtiffReads has libtiff decode what the encoder writes: every form,
// kind of page and width, without so much as a warning.
func TestLibtiffReads(t *testing.T) {
	const height = 40
	e := NewEncoder()
	eachCase(height, func(name string, f form, page []byte) {
		if f.p.RTC {
			return // RFC 3949 section 3.4.1; libtiff warns where one ends a strip
		}
		if strings.Contains(name, "/stripes/") && f.p.Coding == MH {
			return // libtiff 4.5 has no room for width+1 runs (its issue 513)
		}
		order := 1
		if f.p.LSBFirst {
			order = 2
		}
		strip := encode(t, e, f.p, page)
		if f.tiff == 2 {
			// libtiff 4.5 loses the byte boundary in the last two bytes of a strip.
			strip = append(strip, 0, 0)
		}
		file := writeTIFF(f.p.Width, height, f.tiff, order, f.opts, strip)
		plain, words := tryTiffcp(t, file, "-c", "none")
		if got := readTIFF(t, plain)[0].pixels(); words != "" || !bytes.Equal(got, page) {
			t.Errorf("%s: libtiff sees other pixels: %s", name, words)
		}
	})
}

// TestLibtiffWrites decodes what libtiff encodes; where both code alike, byte
// for byte alike.
func TestLibtiffWrites(t *testing.T) {
	const height = 40
	e, d := NewEncoder(), NewDecoder(Limits{})
	same := map[string]Params{
		"g3:1d": {Coding: MH, EOL: true}, "g3:1d:fill": {Coding: MH, EOL: true, ByteAlign: true},
		"g3:2d": {Coding: MR, K: 2}, "g4": {Coding: MMR},
	}
	for _, width := range []int{1728, 2432, 7296, 1001} {
		for _, kind := range kinds {
			page := testPage(kind, width, height)
			plain := writeTIFF(width, height, 1, 1, -1, page)
			for _, args := range []string{"g3:1d", "g3:2d", "g3:1d:fill", "g3:2d:fill", "g4", "g3:2d -f lsb2msb", "g4 -f lsb2msb"} {
				p := readTIFF(t, tiffcp(t, plain, strings.Fields("-r 1000 -c "+args)...))[0]
				strip := bytes.Join(p.strips, nil)
				if got := decode(t, d, p.params(height), strip); !bytes.Equal(got, page) {
					t.Errorf("%s %s %d: other pixels than libtiff coded", args, kind, width)
				}
				if q, ok := same[args]; ok {
					q.Width = width
					if ours := encode(t, e, q, page); !bytes.Equal(ours, strip) {
						t.Errorf("%s %s %d: %d bytes differ from libtiff's %d", args, kind, width, len(ours), len(strip))
					}
				}
			}
		}
	}
}
