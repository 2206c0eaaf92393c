package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"time"
)

// bench runs cases by all who can.
type bench struct {
	ours   *ours
	rivals *rivals
	slice  time.Duration
}

// prepare draws and codes the pages, hands them round and compares what each
// makes of them. After it no memory is given back or taken.
func (b *bench) prepare(cases []*benchCase) error {
	for _, c := range cases {
		if err := b.codes(c); err != nil {
			return fmt.Errorf("%s: %w", c.name(), err)
		}
		if err := b.compare(c); err != nil {
			return fmt.Errorf("%s: %w", c.name(), err)
		}
	}
	runtime.GC()
	debug.SetGCPercent(-1)
	return nil
}

// codes gives everyone the page and, coded by us, its data.
func (b *bench) codes(c *benchCase) error {
	p := c.get()
	if c.coded[c.coding] == nil {
		run := b.ours.work(&benchCase{op: encode, coding: c.coding, drawn: c.drawn})
		if err := run(); err != nil {
			return err
		}
		c.coded[c.coding] = bytes.Clone(b.ours.out.Bytes())
	}
	c.bytes = len(c.coded[c.coding])
	for _, r := range b.rivals.all {
		if err := r.give(c.slot, p); err != nil {
			return err
		}
		data, err := b.dataFor(r, c)
		if err != nil {
			return err
		}
		if err := r.giveCoded(c.slot, c.coding, data); err != nil {
			return err
		}
	}
	return nil
}

// dataFor is the coded page as the rival wants it: spandsp hands out the last row
// of T.4 data when it sees the RTC.
func (b *bench) dataFor(r *rival, c *benchCase) ([]byte, error) {
	if r.name != "spandsp" || c.coding == mmr || c.coding == t85 {
		return c.coded[c.coding], nil
	}
	return b.withRTC(c)
}

func (b *bench) withRTC(c *benchCase) ([]byte, error) {
	params := c.coding.params(c.page)
	params.RTC = true
	err := b.ours.encode(c.page, params)
	return b.ours.out.Bytes(), err
}

// compare runs a case once by everyone: the results have to be the page.
func (b *bench) compare(c *benchCase) error {
	run := b.ours.work(c)
	if err := run(); err != nil {
		return err
	}
	if err := b.check(c, "ours", b.ours.result(c)); err != nil {
		return err
	}
	for _, r := range b.rivals.all {
		_, ok, err := r.turn(c, 0)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		got, err := r.result()
		if err != nil {
			return err
		}
		if err := b.check(c, r.name, got); err != nil {
			return err
		}
		c.fastest[r.name] = 0
	}
	c.fastest["ours"] = 0
	return nil
}

// check decodes what a coder wrote.
func (b *bench) check(c *benchCase, who string, got []byte) error {
	if c.op != decode {
		as := &benchCase{op: decode, coding: c.coding, drawn: &drawn{page: c.page}}
		if c.op == recode {
			as.coding = mmr
		}
		as.coded[as.coding] = bytes.Clone(got)
		if err := b.ours.work(as)(); err != nil {
			return fmt.Errorf("what %s writes cannot be read: %w", who, err)
		}
		got = b.ours.bits
	}
	if !bytes.Equal(got, c.page.Bits) {
		return fmt.Errorf("%s makes other pixels of it", who)
	}
	return nil
}

// result is what the last run of the case made.
func (o *ours) result(c *benchCase) []byte {
	if c.op == decode {
		return o.bits
	}
	return o.out.Bytes()
}

// sweep lets everyone have a turn at every case.
func (b *bench) sweep(ctx context.Context, cases []*benchCase) error {
	for _, c := range cases {
		if err := ctx.Err(); err != nil {
			return err
		}
		t, err := b.ours.turn(c, b.slice)
		if err != nil {
			return err
		}
		c.note("ours", t)
		for _, r := range b.rivals.all {
			if _, can := c.fastest[r.name]; !can {
				continue
			}
			t, _, err := r.turn(c, b.slice)
			if err != nil {
				return err
			}
			c.note(r.name, t)
		}
	}
	return nil
}

func (c *benchCase) note(who string, t time.Duration) {
	if old := c.fastest[who]; old == 0 || t < old {
		c.fastest[who] = t
	}
}

// describeMachine is the processor's name and what Go is and builds for.
func describeMachine() string {
	name := "unknown processor"
	info, _ := os.ReadFile("/proc/cpuinfo")
	for line := range bytes.Lines(info) {
		if k, v, ok := bytes.Cut(line, []byte(":")); ok && string(bytes.TrimSpace(k)) == "model name" {
			name = string(bytes.TrimSpace(v))
			break
		}
	}
	return fmt.Sprintf("%s, %s %s/%s", name, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
