package pdf

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
)

// TestFrames: what is written is read.
func TestFrames(t *testing.T) {
	var pipe bytes.Buffer
	w := bufio.NewWriter(&pipe)
	for _, n := range []int{0, 1, 100_000, maxBand} {
		if err := writeFrame(w, frameBand, bytes.Repeat([]byte{7}, n)); err != nil {
			t.Fatal(err)
		}
	}
	var buf []byte
	for _, n := range []int{0, 1, 100_000, maxBand} {
		f, err := readFrame(&pipe, &buf)
		if err != nil || f.kind != frameBand || len(f.data) != n {
			t.Errorf("%c of %d bytes, %v; want %d", f.kind, len(f.data), err, n)
		}
	}
	if _, err := readFrame(&pipe, &buf); !errors.Is(err, io.EOF) {
		t.Errorf("at the end: %v", err)
	}
}

// TestForeignWorker: a program that is no worker is told from a bad document, whatever it prints.
func TestForeignWorker(t *testing.T) {
	for _, command := range [][]string{
		{"/bin/echo", "hello"}, {"/bin/cat"}, {"/bin/sh", "-c", "echo no room >&2; exit 3"}, {"/bin/sh", "-c", "printf 'B\\377\\377\\377\\377'"},
	} {
		opts := WorkerOptions{Command: command, OpenTimeout: 2 * time.Second}
		_, err := OpenReader(context.Background(), opts, strings.NewReader("%PDF-1.4"), 8)
		if !errors.Is(err, ErrUnavailable) {
			t.Errorf("%q: %v", command, err)
		}
		if strings.Contains(command[len(command)-1], "no room") && !strings.Contains(err.Error(), "no room") {
			t.Errorf("%q: %v does not tell what the program said", command, err)
		}
	}
}

// FuzzReadFrame: no bytes make the reader panic or take memory beyond the limit.
func FuzzReadFrame(f *testing.F) {
	f.Add([]byte("B\x00\x00\x00\x02ab"))
	f.Add([]byte("B\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var buf []byte
		r := bytes.NewReader(data)
		for {
			fr, err := readFrame(r, &buf)
			if err != nil {
				return
			}
			if len(fr.data) > maxBand+1<<16 {
				t.Fatalf("%d bytes", len(fr.data))
			}
		}
	})
}
