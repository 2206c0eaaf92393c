package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"

	"faxgate/codec/bench/pages"
	"faxgate/codec/ccitt"
	"faxgate/codec/jbig"
)

// ours runs the project's own codecs, with memory that is used again.
type ours struct {
	dec     *ccitt.Decoder
	enc     *ccitt.Encoder
	jbigDec *jbig.Decoder
	jbigEnc *jbig.Encoder
	src     bytes.Reader
	out     bytes.Buffer
	bits    []byte
}

func newOurs() *ours {
	return &ours{
		dec: ccitt.NewDecoder(ccitt.Limits{}), enc: ccitt.NewEncoder(),
		jbigDec: jbig.NewDecoder(jbig.Limits{}), jbigEnc: jbig.NewEncoder(),
	}
}

// turn runs a case until the budget is used up and returns the fastest run.
func (o *ours) turn(c *benchCase, budget time.Duration) (time.Duration, error) {
	run := o.work(c)
	least := time.Duration(-1)
	for start := cpuTime(); ; {
		before := cpuTime()
		if err := run(); err != nil {
			return 0, fmt.Errorf("%s: %w", c.name(), err)
		}
		after := cpuTime()
		if t := after - before; least < 0 || t < least {
			least = t
		}
		if after-start >= budget {
			return least, nil
		}
	}
}

// work is what a run of the case does.
func (o *ours) work(c *benchCase) func() error {
	p := c.get()
	switch {
	case c.coding == t85 && c.op == encode:
		return func() error { return o.encodeJBIG(p) }
	case c.coding == t85:
		return func() error { return o.decodeJBIG(p, c.coded[t85]) }
	case c.op == encode:
		return func() error { return o.encode(p, c.coding.params(p)) }
	case c.op == recode:
		return func() error { return o.recode(c.coded[mh], mh.params(p), mmr.params(p)) }
	}
	return func() error { return o.decode(p, c.coding.params(p), c.coded[c.coding]) }
}

// encode leaves the coded page in o.out.
func (o *ours) encode(p pages.Page, params ccitt.Params) error {
	o.out.Reset()
	if err := o.enc.Reset(&o.out, params); err != nil {
		return err
	}
	for bits, stride := p.Bits, p.Stride(); len(bits) > 0; bits = bits[stride:] {
		if err := o.enc.PutRow(bits[:stride]); err != nil {
			return err
		}
	}
	return o.enc.Close()
}

// decode leaves the page in o.bits.
func (o *ours) decode(p pages.Page, params ccitt.Params, data []byte) error {
	o.bits = room(o.bits, len(p.Bits))
	o.src.Reset(data)
	if err := o.dec.Reset(&o.src, params); err != nil {
		return err
	}
	if _, err := o.dec.ReadRows(o.bits); err != nil {
		return err
	}
	if _, err := o.dec.NextRow(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("the page does not end with its last row: %w", err)
	}
	return nil
}

// recode leaves the page, coded anew, in o.out: from list to list of changes.
func (o *ours) recode(data []byte, from, to ccitt.Params) error {
	o.out.Reset()
	o.src.Reset(data)
	if err := errors.Join(o.dec.Reset(&o.src, from), o.enc.Reset(&o.out, to)); err != nil {
		return err
	}
	for {
		row, err := o.dec.NextRow()
		if errors.Is(err, io.EOF) {
			return o.enc.Close()
		}
		if err != nil {
			return err
		}
		if err := o.enc.PutChanges(row); err != nil {
			return err
		}
	}
}

// room is a slice of n bytes, the old one where it is large enough.
func room(old []byte, n int) []byte {
	if cap(old) < n {
		return make([]byte, n)
	}
	return old[:n]
}
