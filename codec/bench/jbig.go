package main

import (
	"errors"
	"io"

	"faxgate/codec/bench/pages"
	"faxgate/codec/jbig"
)

// encodeJBIG leaves the coded page in o.out.
func (o *ours) encodeJBIG(p pages.Page) error {
	o.out.Reset()
	if err := o.jbigEnc.Reset(&o.out, jbig.Params{Width: p.Width, Height: p.Height}); err != nil {
		return err
	}
	for bits, stride := p.Bits, p.Stride(); len(bits) > 0; bits = bits[stride:] {
		if err := o.jbigEnc.PutRow(bits[:stride]); err != nil {
			return err
		}
	}
	return o.jbigEnc.Close()
}

// decodeJBIG leaves the page in o.bits.
func (o *ours) decodeJBIG(p pages.Page, data []byte) error {
	o.bits = room(o.bits, len(p.Bits))
	o.src.Reset(data)
	if err := o.jbigDec.Reset(&o.src); err != nil {
		return err
	}
	for bits, stride := o.bits, p.Stride(); ; bits = bits[stride:] {
		row, err := o.jbigDec.NextRow()
		switch {
		case err == nil:
			copy(bits[:stride], row)
		case errors.Is(err, io.EOF) && len(bits) == 0:
			return nil
		default:
			return err
		}
	}
}
