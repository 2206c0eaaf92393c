package codec

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"

	"faxgate/codec/ccitt"
	"faxgate/codec/tiff"
)

// recipe makes one damaged file of the pages of letterRows. What is to come of it stands in testdata/damaged.tsv.
type recipe struct {
	name string
	make func(c coder) []byte
}

// file is a one-page file of one strip.
func file(compression uint32, data []byte) []byte {
	return newBook(newLeaf(compression, data)).bytes()
}

// t4, t6 and t2 are one-page files of coded bits.
func t4(data bitRow) []byte { return file(tiff.CompressionT4, data.bytes()) }
func t6(data bitRow) []byte { return file(tiff.CompressionT6, data.bytes()) }

// two is a file of T.4 data that is said to be two-dimensional.
func two(data bitRow) []byte {
	return newBook(newLeaf(tiff.CompressionT4, data.bytes()).set(tiff.TagT4Options, tiff.T4TwoDimensional)).bytes()
}

// wrongBits damages single bits and bursts of them.
func wrongBits() []recipe {
	first := letterRows(1)
	// inRow damages the codes of row n.
	inRow := func(l lines, n, at, bits int) lines {
		l[n] = l[n].turn(at, bits)
		return l
	}
	inMMR := func(c coder, n, bits int) []byte {
		return t6(bitsOf(c.mmr(first)).turn(c.mmrAt(first, n)+40, bits))
	}
	return []recipe{
		{"mh-bit-first-row", func(c coder) []byte { return t4(inRow(c.mhLines(first), 0, 30, 1).join()) }},
		{"mh-bit-middle", func(c coder) []byte { return t4(inRow(c.mhLines(first), 100, 60, 1).join()) }},
		{"mh-bit-last-row", func(c coder) []byte { return t4(inRow(c.mhLines(first), 199, 60, 1).join()) }},
		{"mh-burst", func(c coder) []byte { return t4(inRow(c.mhLines(first), 100, 20, 40).join()) }},
		{"mh-burst-over-eol", func(c coder) []byte {
			l := c.mhLines(first)
			return t4(l.join().turn(len(l[:101].join())-24, 60))
		}},
		{"mh-noise", func(c coder) []byte {
			l, rng := c.mhLines(first), rand.New(rand.NewPCG(6, 6))
			for _, n := range rng.Perm(damagedRows)[:30] {
				l[n] = l[n].turn(rng.IntN(len(l[n])), 1)
			}
			return t4(l.join())
		}},
		{"mh-zeros", func(c coder) []byte {
			data := c.mh(first)
			clear(data[len(data)/2:][:200])
			return file(tiff.CompressionT4, data)
		}},
		{"mr-bit-1d-row", func(c coder) []byte { return two(inRow(c.mrLines(first), 100, 60, 1).join()) }},
		{"mr-bit-2d-row", func(c coder) []byte { return two(inRow(c.mrLines(first), 101, 40, 1).join()) }},
		{"mr-tag-bit", func(c coder) []byte { return two(inRow(c.mrLines(first), 100, 0, 1).join()) }},
		{"mr-noise", func(c coder) []byte {
			l, rng := c.mrLines(first), rand.New(rand.NewPCG(7, 7))
			for _, n := range rng.Perm(damagedRows)[:10] {
				l[n] = l[n].turn(rng.IntN(len(l[n])), 1)
			}
			return two(l.join())
		}},
		{"mmr-bit-start", func(c coder) []byte { return inMMR(c, 3, 1) }},
		{"mmr-bit-middle", func(c coder) []byte { return inMMR(c, 100, 1) }},
		{"mmr-bit-end", func(c coder) []byte { return inMMR(c, 198, 1) }},
		{"mmr-burst", func(c coder) []byte { return inMMR(c, 100, 60) }},
		{"rle-bit", func(c coder) []byte {
			data := c.rle(first)
			data[len(c.rle(first[:100]))+8] ^= 0x10
			return file(tiff.CompressionRLE, data)
		}},
	}
}

// wrongEnds loses, doubles and invents EOLs, RTCs and EOFBs.
func wrongEnds() []recipe {
	first := letterRows(1)
	return []recipe{
		{"mh-eol-lost", func(c coder) []byte { return t4(c.mhLines(first).joinBut(100)) }},
		{"mh-10-eols-lost", func(c coder) []byte {
			return t4(c.mhLines(first).joinBut(5, 30, 31, 32, 60, 90, 91, 130, 160, 199))
		}},
		{"mh-only-first-eol", func(c coder) []byte { return t4(eolBitRow + bitRow(strings.Join(texts(c.mhLines(first)), ""))) }},
		{"mh-no-eols", func(c coder) []byte { return t4(bitRow(strings.Join(texts(c.mhLines(first)), ""))) }},
		{"mh-no-first-eol", func(c coder) []byte { return t4(c.mhLines(first).joinBut(0)) }},
		{"mh-eol-doubled", func(c coder) []byte {
			l := c.mhLines(first)
			l[100] = eolBitRow + l[100]
			return t4(l.join())
		}},
		{"mh-eols-all-doubled", func(c coder) []byte {
			l := c.mhLines(first)
			for i := range l {
				l[i] = eolBitRow + l[i]
			}
			return t4(l.join())
		}},
		{"mr-eol-lost", func(c coder) []byte {
			l := c.mrLines(first)
			l[101] += l[102][1:]
			return two(slices.Delete(l, 102, 103).join())
		}},
		{"mh-rtc-and-rubbish", func(c coder) []byte {
			return t4(c.mhLines(first).join() + rtcBits("") + bitsOf(rubbish(50)))
		}},
		{"mh-rtc-in-the-middle", func(c coder) []byte {
			l := c.mhLines(first)
			l[100] = rtcBits("")[12:] + eolBitRow + l[100]
			return t4(l.join())
		}},
		{"mh-rtc-cut", func(c coder) []byte {
			data := c.mhLines(first).join() + rtcBits("")[:36]
			return newBook(newLeaf(tiff.CompressionT4, data.bytes()).set(tiff.TagImageLength, 210).drop(tiff.TagRowsPerStrip)).bytes()
		}},
		{"mr-rtc", func(c coder) []byte { return two(c.mrLines(first).join() + rtcBits("1")) }},
		{"mh-much-fill", func(c coder) []byte {
			l := c.mhLines(first)
			for i := range l {
				l[i] += bitRow(strings.Repeat("0", 320+i%8))
			}
			return t4(l.join())
		}},
		{"mmr-no-eofb", func(c coder) []byte {
			data := c.mmr(first)
			return file(tiff.CompressionT6, data[:len(data)-3])
		}},
		{"mmr-eofb-in-the-middle", func(c coder) []byte {
			return file(tiff.CompressionT6, slices.Concat(c.mmr(first[:100]), c.mmr(first[100:])))
		}},
		{"mmr-uncompressed-mode", func(c coder) []byte {
			var s strings.Builder
			for _, row := range first {
				s.WriteString(string(inUncompressedMode(row, damagedWidth)))
			}
			return t6(bitRow(s.String()) + eolBitRow + eolBitRow)
		}},
		{"mh-uncompressed-mode", func(c coder) []byte {
			l := c.mhLines(first)
			for i := 50; i < 150; i++ {
				l[i] = "00" + inUncompressedMode(first[i], damagedWidth)
			}
			return t4(l.join())
		}},
		{"tail-rubbish", func(c coder) []byte { return append(file(tiff.CompressionT6, c.mmr(first)), rubbish(10_000)...) }},
	}
}

func texts(l lines) []string {
	out := make([]string, len(l))
	for i, row := range l {
		out[i] = string(row)
	}
	return out
}

// rtcBits is an RTC; with MR each EOL has its tag bit.
func rtcBits(tag bitRow) bitRow { return bitRow(strings.Repeat(string(eolBitRow+tag), 6)) }

// rubbish is n bytes that mean nothing.
func rubbish(n int) []byte {
	rng := rand.New(rand.NewPCG(uint64(n), 1))
	out := make([]byte, n)
	for i := range out {
		out[i] = byte(rng.Uint32())
	}
	return out
}

// wrongCoding says that data is coded otherwise than it is.
func wrongCoding() []recipe {
	first := letterRows(1)
	return []recipe{
		{"mr-as-1d", func(c coder) []byte { return file(tiff.CompressionT4, c.mr(first)) }},
		{"mh-as-2d", func(c coder) []byte { return two(bitsOf(c.mh(first))) }},
		{"mh-as-aligned", func(c coder) []byte {
			return newBook(newLeaf(tiff.CompressionT4, c.mh(first)).set(tiff.TagT4Options, tiff.T4ByteAligned)).bytes()
		}},
		{"aligned-as-mh", func(c coder) []byte {
			return file(tiff.CompressionT4, c.code(ccitt.Params{Coding: ccitt.MH, EOL: true, ByteAlign: true}, first))
		}},
		{"mmr-as-t4", func(c coder) []byte { return file(tiff.CompressionT4, c.mmr(first)) }},
		{"mh-as-t6", func(c coder) []byte { return file(tiff.CompressionT6, c.mh(first)) }},
		{"mr-as-t6", func(c coder) []byte { return file(tiff.CompressionT6, c.mr(first)) }},
		{"rle-as-t4", func(c coder) []byte { return file(tiff.CompressionT4, c.rle(first)) }},
		{"rle-as-t6", func(c coder) []byte { return file(tiff.CompressionT6, c.rle(first)) }},
		{"t4-as-rle", func(c coder) []byte { return file(tiff.CompressionRLE, c.mh(first)) }},
		{"mmr-as-uncompressed", func(c coder) []byte { return file(tiff.CompressionNone, c.mmr(first)) }},
		{"mh-as-0", func(c coder) []byte { return file(0, c.mh(first)) }},
		{"mmr-as-lzw", func(c coder) []byte { return file(tiff.CompressionLZW, c.mmr(first)) }},
		{"lsb-as-msb", func(c coder) []byte {
			return file(tiff.CompressionT4, c.code(ccitt.Params{Coding: ccitt.MH, EOL: true, LSBFirst: true}, first))
		}},
		{"msb-as-lsb", func(c coder) []byte {
			return newBook(newLeaf(tiff.CompressionT6, c.mmr(first)).set(tiff.TagFillOrder, 2)).bytes()
		}},
		{"lsb-mr-as-t6", func(c coder) []byte {
			return file(tiff.CompressionT6, c.code(ccitt.Params{Coding: ccitt.MR, K: 4, LSBFirst: true}, first))
		}},
		{"words-swapped", func(c coder) []byte {
			data := append(c.mmr(first), 0)
			for i := 0; i+1 < len(data); i += 2 {
				data[i], data[i+1] = data[i+1], data[i]
			}
			return file(tiff.CompressionT6, data)
		}},
	}
}

// jpegMark is where the scan of a JPEG stream begins.
func jpegMark(data []byte) int { return bytes.Index(data, []byte{0xff, 0xda}) }
