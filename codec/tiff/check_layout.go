package tiff

import "encoding/binary"

// checkFile looks at the header and the chain of directories.
func (c *checker) checkFile() {
	first := c.f.Pages[0].IFDOffset
	if c.profile == 'S' {
		if c.f.ByteOrder == binary.ByteOrder(binary.BigEndian) {
			c.broke(c.section("5"), "Profile S is little-endian (II)", "the file is big-endian (MM)")
		}
		if first != 8 {
			c.broke(c.section("5"), "the first directory follows the header, at offset 8", "it is at %d", first)
		}
	}
	if c.f.stopped != "" {
		c.broke(tiff6, "the chain of directories ends with an offset of 0", "%s", c.f.stopped)
	}
}

// checkLayout looks where the page's parts are.
func (c *checker) checkLayout(p *Page) {
	if p.IFDOffset%2 != 0 {
		c.broke(tiff6, "a directory begins on a word boundary", "the directory is at the odd offset %d", p.IFDOffset)
	}
	if p.Truncated {
		c.broke(rfcCommon, "StripOffsets and StripByteCounts stay within the file", "strips are missing or run past the end of the file")
	}
	if p.Tiled {
		c.broke(c.section("2.1"), "a page is in strips", "the page is in tiles")
		return
	}
	if c.profile == 'S' {
		c.checkStrict(p)
		return
	}
	c.checkAdvised(p)
}

// checkStrict is the layout of RFC 3949 section 3.5: directory, resolutions, strip, next directory, each right after
// the other.
func (c *checker) checkStrict(p *Page) {
	section := c.section("5")
	c.checkOneStrip(p)
	end := p.IFDOffset + 2 + int64(len(p.entries)) + 4
	next := end
	for e := range p.Entries() {
		switch {
		case e.inline():
		case e.Tag != TagXResolution && e.Tag != TagYResolution:
			c.broke(section, "only XResolution and YResolution have their values outside of the directory", "%s has its values at %d", e.Tag, p.offset(e))
		case p.offset(e) != next:
			c.broke(section, "the values of XResolution and YResolution follow the directory immediately, in this order",
				"%s has its value at %d instead of %d", e.Tag, p.offset(e), next)
			next += 8
		default:
			next += 8
		}
	}
	strip := p.Strips[0]
	if strip.Offset != end+16 {
		c.broke(section, "the strip follows the resolutions immediately", "the strip is at %d instead of %d", strip.Offset, end+16)
	}
	after := strip.Offset + strip.Size
	after += after % 2
	if p.NextIFD != 0 && p.NextIFD != after {
		c.broke(section, "the next directory follows the strip, on a word boundary", "it is at %d instead of %d", p.NextIFD, after)
	}
}

// checkOneStrip looks whether the page is a single strip.
func (c *checker) checkOneStrip(p *Page) {
	section := c.section("5")
	if len(p.Strips) != 1 {
		c.broke(section, "a page is a single strip", "there are %d strips", len(p.Strips))
	}
	if rows := p.scalar(TagRowsPerStrip, 0); rows != 0 && int64(rows) != int64(p.Height) {
		c.broke(section, "RowsPerStrip is ImageLength", "RowsPerStrip is %d, ImageLength %d", rows, p.Height)
	}
}

// checkAdvised is the layout that RFC 3949 section 4.4.6 recommends to the other profiles, so that a machine with
// little memory can print while it receives.
func (c *checker) checkAdvised(p *Page) {
	section := "RFC 3949 section 4.4.6"
	if len(p.Strips) > 1 {
		c.should(section, "a page is a single strip", "there are %d strips", len(p.Strips))
	}
	last := p.IFDOffset
	for i, s := range p.Strips {
		if s.Offset < last {
			c.should(section, "the directory stands before its strips and these go from top to bottom", "strip %d is at %d, before %d", i+1, s.Offset, last)
			break
		}
		last = s.Offset
	}
	if p.NextIFD != 0 && p.NextIFD < p.IFDOffset {
		c.should(section, "the directories are in the order of the pages", "the next directory is at %d, before this one at %d", p.NextIFD, p.IFDOffset)
	}
}
