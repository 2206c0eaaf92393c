package main

import (
	"bufio"
	"bytes"
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"faxgate/codec/bench/pages"
)

// player starts this program as a rival.
func player(t *testing.T, name string) *rival {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	r := &rival{name: name, cmd: exec.Command(program), has: map[string]bool{}}
	r.cmd.Env = append(os.Environ(), asRival+"=1")
	r.cmd.Stderr = os.Stderr
	if r.in, err = r.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := r.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	r.out = bufio.NewReader(out)
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { (&rivals{all: []*rival{r}}).stop() })
	return r
}

func smallCases(width int) []*benchCase {
	var out []*benchCase
	d := &drawn{name: "text", size: pages.Size{Width: width, Height: 300}}
	d.draw = func() pages.Page { return pages.Draw(pages.Text, d.size) }
	for _, op := range []operation{decode, encode, recode} {
		for _, c := range []coding{mh, mr, mmr} {
			out = append(out, &benchCase{op: op, coding: c, drawn: d, fastest: map[string]time.Duration{}})
		}
	}
	return out
}

// TestSweep runs everything once, beside rivals that answer as the drivers do.
func TestSweep(t *testing.T) {
	b := &bench{ours: newOurs(), rivals: &rivals{all: []*rival{player(t, "libtiff"), player(t, "spandsp")}}}
	cases := smallCases(800)
	if err := b.prepare(cases); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := b.sweep(context.Background(), cases); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range cases {
		if c.fastest["libtiff"] != 7*time.Millisecond || c.fastest["spandsp"] != 7*time.Millisecond || c.fastest["ours"] <= 0 || c.fastest["ours"] > time.Second {
			t.Errorf("%s: %v", c.name(), c.fastest)
		}
		if c.bytes < 200 {
			t.Errorf("%s: %d bytes", c.name(), c.bytes)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := b.sweep(ctx, cases); err == nil {
		t.Error("goes on when told to stop")
	}
}

// TestWrongPixels expects that nobody is measured who does not do the work.
func TestWrongPixels(t *testing.T) {
	b := &bench{ours: newOurs(), rivals: &rivals{all: []*rival{player(t, "libtiff")}}}
	cases := smallCases(9)[:1]
	cases[0].draw = func() pages.Page {
		return pages.Page{Size: pages.Size{Width: 9, Height: 1}, Bits: []byte{0x55, 0x80}}
	}
	if err := b.prepare(cases); err == nil || !strings.Contains(err.Error(), "libtiff makes other pixels") {
		t.Errorf("got %v", err)
	}
}

// TestCannot leaves out who cannot code a page so, and reports one that is gone.
func TestCannot(t *testing.T) {
	r := player(t, "spandsp")
	d := &drawn{page: pages.Draw(pages.Text, pages.Size{Width: 100, Height: 20})}
	if err := r.give(0, d.page); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := r.turn(&benchCase{op: encode, coding: t85, drawn: d}, 0); ok || err != nil {
		t.Errorf("ok %v, %v", ok, err)
	}
	if _, ok, err := r.turn(&benchCase{op: encode, coding: mmr, drawn: d}, 0); !ok || err != nil {
		t.Errorf("ok %v, %v", ok, err)
	}
	got, err := r.result()
	if err != nil || !bytes.HasSuffix(bytes.TrimRight(got, "\x00"), []byte{0x10, 0x01}) && len(got) < 10 {
		t.Errorf("%x, %v", got, err)
	}
	_ = r.in.Close()
	if _, _, err := r.turn(&benchCase{op: encode, coding: mmr, drawn: d}, 0); err == nil || !strings.Contains(err.Error(), "spandsp") {
		t.Errorf("a rival that is gone: %v", err)
	}
}

// TestPackages expects that a library that is not there is named by its package.
func TestPackages(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, drivers); err != nil {
		t.Fatal(err)
	}
	_, err := library{"libtiff", "libtiff-dev", []string{"-lno-such-library"}}.start(context.Background(), dir)
	if err == nil || !strings.Contains(err.Error(), "apt-get install gcc libc6-dev libtiff-dev") {
		t.Errorf("got %v", err)
	}
}
