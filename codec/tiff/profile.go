package tiff

import "slices"

// Profile gives the letter of the profile of RFC 3949 that the page looks like from its fields: 'S', 'F', 'J', 'C',
// 'L' or 'M'; 0 if it is none of them. Check tells whether it keeps that profile's rules.
func (p *Page) Profile() byte {
	const maskLayer = 1 << 4
	switch {
	case p.NewSubfileType&maskLayer != 0 || p.Has(TagImageLayer):
		return 'M'
	case p.Compression == CompressionT43:
		return 'L'
	case p.Compression == CompressionT85:
		return 'J'
	case p.Compression == CompressionJPEG && p.Photometric == ITULab:
		return 'C'
	case p.Compression != CompressionT4 && p.Compression != CompressionT6 || !p.faxSize():
		return 0
	case p.looksMinimal():
		return 'S'
	}
	return 'F'
}

// faxSize says whether resolution and width belong together in Profile F.
func (p *Page) faxSize() bool {
	l, ok := lookup(legalTable, int(p.XRes), int(p.YRes))
	return ok && slices.Contains(l.widths[:], p.Width)
}

// looksMinimal says whether the page keeps within Profile S.
func (p *Page) looksMinimal() bool {
	return p.file.ByteOrder.Uint16([]byte{1, 0}) == 1 && p.Compression == CompressionT4 &&
		p.T4Options&(T4TwoDimensional|T4Uncompressed) == 0 && p.FillOrder == 2 && p.Photometric == WhiteIsZero &&
		p.ResolutionUnit == 2 && len(p.Strips) == 1 && legalSize('S', p.Width, int(p.XRes), int(p.YRes)) == nil
}
