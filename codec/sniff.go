package codec

import (
	"bytes"
	"unicode/utf8"
)

// Media types that Open takes.
const (
	typeTIFF = "image/tiff"
	typePDF  = "application/pdf"
	typePNG  = "image/png"
	typeJPEG = "image/jpeg"
	typeText = "text/plain"
)

// signatures of the documents that Open takes, besides text.
var signatures = []struct{ magic, mediaType string }{
	{"II*\x00", typeTIFF},
	{"MM\x00*", typeTIFF},
	{"II+\x00", typeTIFF}, // BigTIFF: package tiff says what to do.
	{"MM\x00+", typeTIFF},
	{"MM*\x00", typeTIFF}, // The mark lies.
	{"II\x00*", typeTIFF},
	{"\x89PNG\r\n\x1a\n", typePNG},
	{"\xff\xd8\xff", typeJPEG},
	{"%PDF-", typePDF},
}

// foreign are documents that Open does not take: what each is and what its owner can do.
var foreign = []struct{ magic, what string }{
	{"MZ", "a Windows program (.exe)"},
	{"\x7fELF", "a program (ELF)"},
	{"\xcf\xfa\xed\xfe", "a program (macOS)"},
	{"#!", "a script"},
	{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document (.doc, .xls, .ppt, .msg): export it as PDF"},
	{"{\\rtf", "a rich text document (.rtf): export it as PDF"},
	{"Rar!", "an archive (.rar): send the documents in it one by one"},
	{"7z\xbc\xaf\x27\x1c", "an archive (.7z): send the documents in it one by one"},
	{"\x1f\x8b", "a compressed file (.gz): send what is in it"},
	{"GIF8", "a GIF picture: save it as PNG"},
	{"BM", "a BMP picture: save it as PNG"},
	{"\x00\x00\x01\x00", "an icon: save it as PNG"},
	{"%!PS", "a PostScript document: export it as PDF"},
	{"8BPS", "a Photoshop document: save it as PNG"},
	{"\x00\x00\x00\x0cjP  ", "a JPEG 2000 picture: save it as JPEG"},
	{"ID3", "a sound file"},
	{"OggS", "a sound or video file"},
	{"fLaC", "a sound file"},
	{"\x78\x9f\x3e\x22", "a TNEF attachment (winmail.dat): send the document itself"},
	{"<svg", "an SVG drawing: export it as PDF"},
}

// zipped are documents inside ZIP archives, told by a name that stands near the beginning.
var zipped = []struct{ name, what string }{
	{"word/", "a Word document (.docx): export it as PDF"},
	{"xl/", "an Excel workbook (.xlsx): export it as PDF"},
	{"ppt/", "a PowerPoint presentation (.pptx): export it as PDF"},
	{"opendocument", "an OpenDocument file: export it as PDF"},
	{"[Content_Types].xml", "an Office document: export it as PDF"},
}

// Sniff gives the media type of a document by its first bytes, "" if it is none that Open takes. 1024 bytes are enough.
func Sniff(head []byte) string {
	for _, s := range signatures {
		if bytes.HasPrefix(head, []byte(s.magic)) {
			return s.mediaType
		}
	}
	// ISO 32000-1 annex H: readers look for the header in the first 1024 bytes.
	if i := bytes.Index(head[:min(len(head), 1024)], []byte("%PDF-")); i >= 0 {
		return typePDF
	}
	if len(head) > 0 && named(head) == "" && isText(head) {
		return typeText
	}
	return ""
}

// Describe says what a document is that Open does not take, and what its owner can do, such as "a Word document (.docx):
// export it as PDF"; empty if that is not known.
func Describe(head []byte) string { return named(head) }

// named says what a document is that Open does not take, "" if it is not known.
func named(head []byte) string {
	for _, f := range foreign {
		if bytes.HasPrefix(head, []byte(f.magic)) {
			// Text may begin with two or three letters of a signature.
			if len(f.magic) <= 3 && f.magic != "#!" && isText(head) {
				continue
			}
			return f.what
		}
	}
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		for _, z := range zipped {
			if bytes.Contains(head, []byte(z.name)) {
				return z.what
			}
		}
		return "a ZIP archive: send the documents in it one by one"
	case len(head) > 12 && bytes.HasPrefix(head, []byte("RIFF")) && string(head[8:12]) == "WEBP":
		return "a WebP picture: save it as PNG or JPEG"
	case len(head) > 12 && bytes.HasPrefix(head, []byte("RIFF")):
		return "a sound or video file"
	case len(head) > 12 && string(head[4:8]) == "ftyp":
		return heif(string(head[8:12]))
	}
	return markup(head)
}

func heif(brand string) string {
	switch brand {
	case "heic", "heix", "mif1", "msf1", "avif":
		return "a HEIC or AVIF picture: save it as JPEG"
	}
	return "a video file"
}

// markup tells texts that are not meant to be read as they are.
func markup(head []byte) string {
	start := bytes.ToLower(bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n"))
	switch {
	case bytes.HasPrefix(start, []byte("<!doctype html")), bytes.HasPrefix(start, []byte("<html")):
		return "a web page (HTML): print it as PDF"
	case bytes.HasPrefix(start, []byte("<?xml")):
		return "an XML file: export it as PDF"
	}
	return ""
}

// isText says whether the bytes are UTF-8, UTF-16 with its mark, or Latin-1 with nothing but printable characters.
func isText(head []byte) bool {
	if bytes.HasPrefix(head, []byte("\xff\xfe")) || bytes.HasPrefix(head, []byte("\xfe\xff")) {
		return true
	}
	for _, c := range head {
		if c < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != '\b' && c != 0x1b || c == 0x7f {
			return false
		}
	}
	if validPrefix(head) {
		return true
	}
	// Latin-1 and Windows-1252 text is mostly ASCII.
	high := 0
	for _, c := range head {
		if c >= 0x80 {
			high++
		}
	}
	return high*2 < len(head)
}

// validPrefix says whether the bytes are UTF-8, but for a character that is cut off at the end.
func validPrefix(b []byte) bool {
	for i := 0; i < utf8.UTFMax && i <= len(b); i++ {
		if utf8.Valid(b[:len(b)-i]) {
			return i == 0 || !utf8.FullRune(b[len(b)-i:])
		}
	}
	return false
}
