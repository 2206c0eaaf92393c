package codec

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/jpeg"
	"math"
	"slices"

	"faxgate/codec/tiff"
)

// wrongFields lies about the page.
func wrongFields() []recipe {
	first := letterRows(1)
	// mh and mmr are pages whose fields are then changed.
	mh := func(c coder, change func(*leaf)) []byte {
		s := newLeaf(tiff.CompressionT4, c.mh(first))
		change(s)
		return newBook(s).bytes()
	}
	mmr := func(c coder, change func(*leaf)) []byte {
		s := newLeaf(tiff.CompressionT6, c.mmr(first))
		change(s)
		return newBook(s).bytes()
	}
	return []recipe{
		{"width-plus-8-mh", func(c coder) []byte { return mh(c, func(s *leaf) { s.set(tiff.TagImageWidth, damagedWidth+8) }) }},
		{"width-minus-8-mh", func(c coder) []byte { return mh(c, func(s *leaf) { s.set(tiff.TagImageWidth, damagedWidth-8) }) }},
		{"width-plus-8-mmr", func(c coder) []byte { return mmr(c, func(s *leaf) { s.set(tiff.TagImageWidth, damagedWidth+8) }) }},
		{"width-minus-8-mmr", func(c coder) []byte { return mmr(c, func(s *leaf) { s.set(tiff.TagImageWidth, damagedWidth-8) }) }},
		{"width-2048-mmr", func(c coder) []byte { return mmr(c, func(s *leaf) { s.set(tiff.TagImageWidth, 2048) }) }},
		{"width-minus-8-mr", func(c coder) []byte {
			s := newLeaf(tiff.CompressionT4, c.mr(first)).set(tiff.TagT4Options, tiff.T4TwoDimensional)
			return newBook(s.set(tiff.TagImageWidth, damagedWidth-8)).bytes()
		}},
		{"no-bits-per-sample", func(c coder) []byte {
			return mmr(c, func(s *leaf) { s.drop(tiff.TagBitsPerSample, tiff.TagSamplesPerPixel) })
		}},
		{"bits-per-sample-8", func(c coder) []byte { return mmr(c, func(s *leaf) { s.set(tiff.TagBitsPerSample, 8) }) }},
		{"length-missing", func(c coder) []byte {
			return mh(c, func(s *leaf) { s.drop(tiff.TagImageLength, tiff.TagRowsPerStrip) })
		}},
		{"length-0", func(c coder) []byte {
			return mmr(c, func(s *leaf) { s.set(tiff.TagImageLength, 0).set(tiff.TagRowsPerStrip, 0) })
		}},
		{"fewer-rows", func(c coder) []byte {
			return mh(c, func(s *leaf) { s.set(tiff.TagImageLength, 300).set(tiff.TagRowsPerStrip, 300) })
		}},
		{"fewer-rows-mmr", func(c coder) []byte {
			return mmr(c, func(s *leaf) { s.set(tiff.TagImageLength, 300).set(tiff.TagRowsPerStrip, 300) })
		}},
		{"more-rows", func(c coder) []byte {
			return mh(c, func(s *leaf) { s.set(tiff.TagImageLength, 150).set(tiff.TagRowsPerStrip, 150) })
		}},
		{"more-rows-mmr", func(c coder) []byte {
			return mmr(c, func(s *leaf) { s.set(tiff.TagImageLength, 150).set(tiff.TagRowsPerStrip, 150) })
		}},
		{"photometric-missing", func(c coder) []byte { return mh(c, func(s *leaf) { s.drop(tiff.TagPhotometric) }) }},
		{"photometric-rgb", func(c coder) []byte { return mh(c, func(s *leaf) { s.set(tiff.TagPhotometric, tiff.RGB) }) }},
		{"resolution-0", func(c coder) []byte {
			return mh(c, func(s *leaf) { s.set(tiff.TagXResolution, 0, 0).set(tiff.TagYResolution, 0, 0) })
		}},
		{"resolution-absurd", func(c coder) []byte {
			return mh(c, func(s *leaf) {
				s.set(tiff.TagXResolution, math.MaxUint32, 1).set(tiff.TagYResolution, 1, math.MaxUint32)
			})
		}},
		{"tags-unsorted", func(c coder) []byte { return mh(c, func(s *leaf) { slices.Reverse(s.fields) }) }},
		{"tags-doubled", func(c coder) []byte {
			return mh(c, func(s *leaf) {
				s.fields = append(s.fields, leafField{tiff.TagImageWidth, tiff.TypeShort, []uint32{99}})
			})
		}},
		{"big-endian-wrong-halves", func(c coder) []byte {
			s := newLeaf(tiff.CompressionT6, c.mmr(first))
			for i, f := range s.fields {
				if f.typ == tiff.TypeShort { // A SHORT whose value stands in the low half, as if it were a LONG.
					s.fields[i].vals = append([]uint32{0}, f.vals...)
				}
			}
			b := newBook(s)
			b.order = binary.BigEndian
			data := b.bytes()
			for i := b.ifds[0] + 2; i < b.links[1]; i += 12 {
				if binary.BigEndian.Uint16(data[i+2:]) == uint16(tiff.TypeShort) {
					binary.BigEndian.PutUint32(data[i+4:], 1)
				}
			}
			return data
		}},
	}
}

// wrongStrips lies about where the data is.
func wrongStrips() []recipe {
	first := letterRows(1)
	one := func(c coder, hold func(at, n []uint32)) []byte {
		return newBook(newLeaf(tiff.CompressionT4, c.mh(first)).telling(hold)).bytes()
	}
	four := func(c coder) [][]byte {
		return [][]byte{c.mmr(first[:50]), c.mmr(first[50:100]), c.mmr(first[100:150]), c.mmr(first[150:])}
	}
	return []recipe{
		{"byte-count-0", func(c coder) []byte { return one(c, func(_, n []uint32) { n[0] = 0 }) }},
		{"byte-count-missing", func(c coder) []byte {
			return newBook(newLeaf(tiff.CompressionT4, c.mh(first)).drop(tiff.TagStripByteCounts)).bytes()
		}},
		{"byte-count-too-large", func(c coder) []byte { return one(c, func(_, n []uint32) { n[0] += 1 << 20 }) }},
		{"byte-count-too-small", func(c coder) []byte { return one(c, func(_, n []uint32) { n[0] /= 2 }) }},
		{"byte-count-too-small-mmr", func(c coder) []byte {
			return newBook(newLeaf(tiff.CompressionT6, c.mmr(first)).telling(func(_, n []uint32) { n[0] /= 2 })).bytes()
		}},
		{"offset-beyond-end", func(c coder) []byte { return one(c, func(at, _ []uint32) { at[0] += 1 << 20 }) }},
		{"offsets-missing", func(c coder) []byte {
			return newBook(newLeaf(tiff.CompressionT4, c.mh(first)).drop(tiff.TagStripOffsets)).bytes()
		}},
		{"strips-in-reverse", func(c coder) []byte {
			strips := four(c)
			slices.Reverse(strips)
			return newBook(newLeaf(tiff.CompressionT6, strips...).telling(func(at, n []uint32) {
				slices.Reverse(at)
				slices.Reverse(n)
			})).bytes()
		}},
		{"strips-overlap", func(c coder) []byte {
			return newBook(newLeaf(tiff.CompressionT6, four(c)...).telling(func(_, n []uint32) {
				for i := range n[:3] {
					n[i] += 300
				}
			})).bytes()
		}},
		{"strip-2-of-4-damaged", func(c coder) []byte {
			strips := four(c)
			strips[1] = bitsOf(strips[1]).turn(c.mmrAt(first[50:], 20)+40, 30).bytes()
			return newBook(newLeaf(tiff.CompressionT6, strips...)).bytes()
		}},
		{"strip-3-of-4-beyond-end", func(c coder) []byte {
			return newBook(newLeaf(tiff.CompressionT6, four(c)...).telling(func(at, _ []uint32) { at[2] = 1 << 30 })).bytes()
		}},
		{"strip-of-nothing", func(c coder) []byte {
			strips := four(c)
			strips[2] = nil
			return newBook(newLeaf(tiff.CompressionT6, strips...).telling(func(at, _ []uint32) { at[2] = 0 })).bytes()
		}},
		{"jpeg-broken-scan", func(coder) []byte { return brokenJPEG() }},
	}
}

// brokenJPEG is a grey page as JPEG of which the scan breaks off in the middle.
func brokenJPEG() []byte {
	img := image.NewGray(image.Rect(0, 0, damagedWidth, damagedRows))
	for y, row := range letterRows(1) {
		for x := range damagedWidth {
			if row[x/8]>>(7-x%8)&1 == 0 {
				img.Pix[y*img.Stride+x] = 255
			}
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		panic(err)
	}
	data := b.Bytes()
	data = data[:jpegMark(data)+(len(data)-jpegMark(data))/2]
	s := newLeaf(tiff.CompressionJPEG, data).set(tiff.TagBitsPerSample, 8).set(tiff.TagPhotometric, tiff.BlackIsZero)
	return newBook(s).bytes()
}

// wrongLinks damages what holds a file together.
func wrongLinks() []recipe {
	// three is a file of three pages and damage done to its bytes.
	three := func(c coder, damage func(b *book, data []byte) []byte) []byte {
		b := newBook()
		for i := 1; i <= 3; i++ {
			b.leaves = append(b.leaves, newLeaf(tiff.CompressionT6, c.mmr(letterRows(i))))
		}
		return damage(b, b.bytes())
	}
	last := func(c coder, damage func(b *book, data []byte) []byte) []byte {
		b := newBook(newLeaf(tiff.CompressionT4, c.mh(letterRows(1))))
		b.last = true
		return damage(b, b.bytes())
	}
	put := func(data []byte, at int, v int) []byte {
		binary.LittleEndian.PutUint32(data[at:], uint32(v))
		return data
	}
	return []recipe{
		{"cut-in-header", func(c coder) []byte { return three(c, func(_ *book, data []byte) []byte { return data[:6] }) }},
		{"cut-in-first-directory", func(c coder) []byte {
			return three(c, func(b *book, data []byte) []byte { return data[:b.ifds[0]+20] })
		}},
		{"cut-in-last-directory", func(c coder) []byte {
			return last(c, func(b *book, data []byte) []byte { return data[:b.ifds[0]+2+12*9+5] })
		}},
		{"cut-in-mh", func(c coder) []byte {
			data := file(tiff.CompressionT4, c.mh(letterRows(1)))
			return data[:len(data)-len(c.mh(letterRows(1)[100:]))]
		}},
		{"cut-in-mmr", func(c coder) []byte {
			data, rows := file(tiff.CompressionT6, c.mmr(letterRows(1))), letterRows(1)
			return data[:len(data)-len(c.mmr(rows))+c.mmrAt(rows, 100)/8]
		}},
		{"cut-in-page-2", func(c coder) []byte {
			return three(c, func(b *book, data []byte) []byte { return data[:b.data[1]+c.mmrAt(letterRows(2), 100)/8] })
		}},
		{"directory-after-data-on-odd-offset", func(c coder) []byte {
			b := newBook(newLeaf(tiff.CompressionT4, c.mh(letterRows(1))), newLeaf(tiff.CompressionT6, c.mmr(letterRows(2))))
			b.last, b.odd = true, true
			return b.bytes()
		}},
		{"directory-loop", func(c coder) []byte {
			return three(c, func(b *book, data []byte) []byte { return put(data, b.links[3], b.ifds[0]) })
		}},
		{"directory-loop-to-itself", func(c coder) []byte {
			return three(c, func(b *book, data []byte) []byte { return put(data, b.links[1], b.ifds[0]) })
		}},
		{"next-directory-beyond-end", func(c coder) []byte {
			return three(c, func(b *book, data []byte) []byte { return put(data, b.links[3], 1<<30) })
		}},
		{"next-directory-in-data", func(c coder) []byte {
			return three(c, func(b *book, data []byte) []byte { return put(data, b.links[3], b.data[0]+100) })
		}},
		{"first-directory-lost", func(c coder) []byte {
			return three(c, func(_ *book, data []byte) []byte { return put(data, 4, 0x7ffffff0) })
		}},
		{"second-directory-destroyed", func(c coder) []byte {
			return three(c, func(b *book, data []byte) []byte {
				copy(data[b.ifds[1]:b.data[1]], rubbish(b.data[1]-b.ifds[1]))
				return data
			})
		}},
		{"page-2-of-3-destroyed", func(c coder) []byte {
			return three(c, func(b *book, data []byte) []byte {
				copy(data[b.data[1]:b.ifds[2]], rubbish(b.ifds[2]-b.data[1]))
				return data
			})
		}},
		{"byte-order-mark-lies", func(c coder) []byte {
			return three(c, func(_ *book, data []byte) []byte { return append([]byte("MM"), data[2:]...) })
		}},
	}
}
