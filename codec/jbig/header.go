package jbig

import (
	"encoding/binary"
	"fmt"
	"math"
)

// headerSize is that of the bi-level image header (BIH), T.82 section 6.2.2.
const headerSize = 20

// privateTable is the size of a deterministic prediction table that a header may bring along. Only resolution layers
// above the lowest would use it.
const privateTable = 1728

// Bits of the header's last byte.
const (
	optDPLAST  = 0x01
	optDPPRIV  = 0x02
	optDPON    = 0x04
	optTPBON   = 0x08
	optVLENGTH = 0x20
	optLRLTWO  = 0x40
	optUnknown = 0x80
)

// Markers, T.82 Table 11: an ESC byte and one of these.
const (
	esc      = 0xff
	mSTUFF   = 0x00 // the ESC is a byte of coded data
	mSDNORM  = 0x02 // ends a stripe
	mSDRST   = 0x03 // ends a stripe, and what was learnt from it is forgotten
	mABORT   = 0x04
	mNEWLEN  = 0x05
	mATMOVE  = 0x06
	mCOMMENT = 0x07
)

// defaultStripe is T.85's basic value of L0.
const defaultStripe = 128

// unknownHeight is the largest YD, which says nothing.
const unknownHeight = math.MaxUint32

// appendHeader appends the header of a page.
func appendHeader(b []byte, p Params) []byte {
	height, options := uint32(p.Height), byte(0)
	if p.VariableLength {
		options |= optVLENGTH
	}
	if p.Height == 0 {
		height = unknownHeight
	}
	if p.TwoLine {
		options |= optLRLTWO
	}
	if !p.NoTypical {
		options |= optTPBON
	}
	b = append(b, 0, 0, 1, 0) // DL, D, P: one layer, one plane
	b = binary.BigEndian.AppendUint32(b, uint32(p.Width))
	b = binary.BigEndian.AppendUint32(b, height)
	b = binary.BigEndian.AppendUint32(b, uint32(p.Stripe))
	return append(b, byte(p.MX), 0, 0, options)
}

// parseHeader reads a header; table says that a private table follows it. The order of stripes, layers and planes says
// nothing where there is one layer of one plane, nor do the options for higher layers.
func parseHeader(b *[headerSize]byte) (p Params, table bool, err error) {
	options := b[19]
	width, stripe := binary.BigEndian.Uint32(b[4:]), binary.BigEndian.Uint32(b[12:])
	height := binary.BigEndian.Uint32(b[8:])
	switch {
	case b[0] != 0 || b[1] != 0:
		return p, false, fmt.Errorf("%w: %d to %d of its resolution layers, and T.85 has only one", ErrUnsupported, b[0], b[1])
	case b[2] != 1:
		return p, false, fmt.Errorf("%w: %d planes, and T.85 has only one", ErrUnsupported, b[2])
	case options&optUnknown != 0:
		return p, false, fmt.Errorf("%w: options %#02x", ErrUnsupported, options)
	case width < 1 || height < 1 || stripe < 1:
		return p, false, fmt.Errorf("%w: %d by %d pixels in stripes of %d rows", ErrParams, width, height, stripe)
	case width > math.MaxInt32:
		return p, false, fmt.Errorf("%w: width %d", ErrLimit, width)
	}
	p = Params{
		Width: int(width), Height: int(min(height, math.MaxInt32)), Stripe: int(min(stripe, math.MaxInt32)), MX: int(b[16]),
		VariableLength: options&optVLENGTH != 0, TwoLine: options&optLRLTWO != 0, NoTypical: options&optTPBON == 0,
	}
	if p.VariableLength && height == unknownHeight {
		p.Height = 0
	}
	table = options&(optDPON|optDPPRIV|optDPLAST) == optDPON|optDPPRIV
	return p, table, nil
}
