package gateway_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"faxgate/codec"
)

// minutes keeps the SMTP sessions of a scene in the order in which they began, which is that of cause and effect: nobody opens one before he has what he sends in it.
type minutes struct {
	mu    sync.Mutex
	talks []*talk
}

// talk is one SMTP connection as it passed a tap.
type talk struct {
	mu      sync.Mutex
	title   string
	client  []string // lines, what stands between DATA and the dot as one with line ends
	replies []string // the last lines of each reply with those before, joined by line ends
}

// tap stands between an SMTP client and a server, and writes down what both say.
type tap struct {
	t      *testing.T
	rec    *minutes
	title  string
	ln     net.Listener
	work   sync.WaitGroup
	mu     sync.Mutex
	target string
	damage func(message []string) []string // what befalls the next message on the way; nil: nothing
}

// newTap listens; to gives it somebody to speak to. It ends with the test.
func newTap(t *testing.T, rec *minutes, title string) *tap {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &tap{t: t, rec: rec, title: title, ln: ln}
	p.work.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			p.work.Go(func() { p.serve(conn) })
		}
	})
	t.Cleanup(func() {
		_ = ln.Close()
		p.work.Wait()
	})
	return p
}

func (p *tap) port() int { return p.ln.Addr().(*net.TCPAddr).Port }

func (p *tap) to(addr string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.target = addr
}

// hurt makes damage befall the next message.
func (p *tap) hurt(damage func([]string) []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.damage = damage
}

func (p *tap) serve(client net.Conn) {
	defer client.Close()
	p.mu.Lock()
	target := p.target
	p.mu.Unlock()
	server, err := net.Dial("tcp", target)
	if err != nil {
		return // nobody is there yet: Postfix comes again
	}
	defer server.Close()
	s := &talk{title: p.title}
	p.rec.mu.Lock()
	p.rec.talks = append(p.rec.talks, s)
	p.rec.mu.Unlock()
	var both sync.WaitGroup
	both.Go(func() {
		p.up(s, server, client)
		_ = server.(*net.TCPConn).CloseWrite() // Postfix leaves without hearing the answer to QUIT, which is kept all the same
	})
	both.Go(func() {
		down(s, client, server)
		_ = client.Close()
	})
	both.Wait()
}

// up carries what the client says, line by line, a message as a whole.
func (p *tap) up(s *talk, server io.Writer, client io.Reader) {
	in := bufio.NewReader(client)
	var message []string
	inMessage := false
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		switch {
		case inMessage && line != ".":
			message = append(message, line)
			continue
		case inMessage:
			message = p.damaged(message)
			s.said(strings.Join(message, "\n"))
			if len(message) > 0 {
				line = strings.Join(message, "\r\n") + "\r\n" + line
			}
			inMessage, message = false, nil
			s.said(".")
		default:
			s.said(line)
			inMessage = strings.EqualFold(line, "DATA") // both speakers wait for the 354, and each recipient here was taken
		}
		if _, err := io.WriteString(server, line+"\r\n"); err != nil {
			return
		}
	}
}

// damaged lets the damage befall the message that it is meant for, once.
func (p *tap) damaged(message []string) []string {
	p.mu.Lock()
	damage := p.damage
	p.damage = nil
	p.mu.Unlock()
	if damage == nil {
		return message
	}
	return damage(message)
}

func (s *talk) said(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.client = append(s.client, line)
}

// down carries the replies.
func down(s *talk, client io.Writer, server io.Reader) {
	in := bufio.NewReader(server)
	var reply []string
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		reply = append(reply, strings.TrimRight(line, "\r\n"))
		if len(line) > 3 && line[3] != '-' {
			s.mu.Lock()
			s.replies = append(s.replies, strings.Join(reply, "\n"))
			s.mu.Unlock()
			reply = nil
		}
		_, _ = io.WriteString(client, line) // who has left needs no answer
	}
}

// over counts the sessions of a title that have been ended with QUIT, answered.
func (r *minutes) over(title string) (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.talks {
		s.mu.Lock()
		if s.title == title && len(s.replies) > 1 && strings.HasPrefix(s.replies[len(s.replies)-1], "221") {
			n++
		}
		s.mu.Unlock()
	}
	return n
}

// write gives the sessions as an engineer reads them: each command before its reply, although Postfix sends several at once (RFC 2920).
func (r *minutes) write(t *testing.T) string {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	var b strings.Builder
	for i, s := range r.talks {
		s.mu.Lock()
		fmt.Fprintf(&b, "\n==== %d. %s ====\n\n", i+1, s.title)
		replies := s.replies
		next := func() {
			if len(replies) > 0 {
				fmt.Fprintln(&b, "S: "+strings.ReplaceAll(replies[0], "\n", "\nS: "))
				replies = replies[1:]
			}
		}
		next()
		for i, line := range s.client {
			if i > 0 && strings.EqualFold(s.client[i-1], "DATA") {
				fmt.Fprintln(&b, "   | "+strings.ReplaceAll(withoutPages(t, line), "\n", "\n   | "))
				continue
			}
			fmt.Fprintln(&b, "C: "+line)
			next()
		}
		s.mu.Unlock()
	}
	return trimLines(b.String())
}

// trimLines takes the blanks at the ends of lines away, which no editor keeps.
func trimLines(s string) string {
	var b strings.Builder
	for line := range strings.Lines(s) {
		b.WriteString(strings.TrimRight(line, " \t\n") + "\n")
	}
	return b.String()
}

// withoutPages puts what a TIFF file is in the place of its base64 lines, however deep in a report it stands.
func withoutPages(t *testing.T, message string) string {
	t.Helper()
	lines := strings.Split(message, "\n")
	var out []string
	for i := 0; i < len(lines); i++ {
		if !isTIFF(lines[i]) {
			out = append(out, lines[i])
			continue
		}
		last := endOfBase64(lines, i)
		out = append(out, "["+tiffInWords(t, lines[i:last])+"]")
		i = last - 1
	}
	return strings.Join(out, "\n")
}

// isTIFF tells the first line of a TIFF file in base64.
func isTIFF(line string) bool { return strings.HasPrefix(line, "SUkqA") }

func endOfBase64(lines []string, from int) int {
	for i := from; i < len(lines); i++ {
		if lines[i] == "" || strings.HasPrefix(lines[i], "--") {
			return i
		}
	}
	return len(lines)
}

func tiffInWords(t *testing.T, lines []string) string {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(strings.Join(lines, ""))
	if err != nil {
		t.Fatal(err)
	}
	info, err := codec.Info(context.Background(), bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return fmt.Sprintf("what is left of a TIFF file in base64: %d octets", len(raw))
	}
	words := fmt.Sprintf("a TIFF file in base64, pages: %d", len(info.Pages))
	for _, p := range info.Pages {
		words += fmt.Sprintf("; %d pixels wide at %.0f by %.0f dpi, %s", p.Width, p.XRes, p.YRes, p.Coding)
		if p.Error != "" {
			words += ", which cannot be read"
		}
	}
	return words
}
