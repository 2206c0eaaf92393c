package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
)

// TestMain is a rival, too: started with asRival set, the test's own program
// speaks the drivers' protocol.
func TestMain(m *testing.M) {
	if os.Getenv(asRival) != "" {
		if err := playRival(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

const asRival = "FAXGATE_BENCH_RIVAL"

// playRival codes as we do, takes 7 ms for everything, knows no JBIG, and for a
// page that is 9 pixels wide makes wrong pixels.
func playRival(in io.Reader, out io.Writer) error {
	r := bufio.NewReader(in)
	o := newOurs()
	slots := map[int]*drawn{}
	var result []byte
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return nil
		}
		if line == "result\n" {
			fmt.Fprintf(out, "%d\n%s", len(result), result)
			continue
		}
		var slot, a, b int
		var word string
		if _, err := fmt.Sscan(line, &word, &slot, &a); err != nil {
			return fmt.Errorf("%q: %w", line, err)
		}
		_, _ = fmt.Sscan(line, &word, &slot, &a, &b)
		switch word {
		case "page":
			slots[slot] = &drawn{}
			p := &slots[slot].page
			p.Width, p.Height = a, b
			p.Bits = make([]byte, p.Stride()*b)
			_, err = io.ReadFull(r, p.Bits)
			fmt.Fprintln(out, "ok")
		case "data":
			slots[slot].coded[a] = make([]byte, b)
			_, err = io.ReadFull(r, slots[slot].coded[a])
			fmt.Fprintln(out, "ok")
		default:
			if coding(a) == t85 {
				fmt.Fprintln(out, "error cannot")
				continue
			}
			c := &benchCase{op: operation(word), coding: coding(a), drawn: slots[slot]}
			err = o.work(c)()
			result = append([]byte(nil), o.result(c)...)
			if c.page.Width == 9 {
				result = make([]byte, len(result))
			}
			fmt.Fprintf(out, "7000000 %d\n", len(result))
		}
		if err != nil {
			return fmt.Errorf("%q: %w", strings.TrimSpace(line), err)
		}
	}
}
