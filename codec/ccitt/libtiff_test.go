package ccitt

import (
	"bytes"
	"math/rand/v2"
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

// TestLibtiffClips compares rows of the wrong length with what libtiff makes of
// them.
func TestLibtiffClips(t *testing.T) {
	const width, height = 96, 300
	rng := rand.New(rand.NewPCG(3, 3))
	var data strings.Builder
	for range height {
		data.WriteString(eol)
		lengths := []int{1 + rng.IntN(width)}
		for total := lengths[0]; total < width && rng.IntN(8) > 0; {
			n := 1 + rng.IntN(40)
			lengths = append(lengths, n)
			total += n
		}
		data.WriteString(runs(lengths...))
	}
	strip := bitString(data.String())
	plain, words := tryTiffcp(t, writeTIFF(width, height, 3, 1, 0, strip), "-c", "none")
	if !strings.Contains(words, "Line length mismatch") || !strings.Contains(words, "Premature EOL") {
		t.Fatalf("libtiff has nothing to say of these rows: %q", words)
	}
	d := NewDecoder(Limits{})
	if err := d.Reset(bytes.NewReader(strip), Params{Coding: MH, EOL: true, Width: width, Rows: height}); err != nil {
		t.Fatal(err)
	}
	if got := drain(t, d); !bytes.Equal(got, readTIFF(t, plain)[0].pixels()) {
		t.Error("other pixels than libtiff's")
	}
	if st := d.Stats(); st.Bad < height/2 || st.Bad == height {
		t.Errorf("%+v", st)
	}
}
