package selftest

import (
	"context"
	"fmt"
	"net"
	"net/textproto"
	"strings"
	"time"
)

// handOver talks to the gateway as a machine does: HELO with whatever name it has, one recipient, and the mail. The error has the gateway's own words.
func handOver(ctx context.Context, addr, helo string, l letter) error {
	conn, err := (&net.Dialer{Timeout: quietTime}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	_ = conn.SetDeadline(time.Now().Add(quietTime))
	defer conn.Close()
	c := textproto.NewConn(conn)
	hello := "HELO " + helo
	if l.params != [2]string{} {
		hello = "EHLO " + helo
	}
	if _, _, err := c.ReadResponse(220); err != nil {
		return fmt.Errorf("the greeting: %w", err)
	}
	for _, command := range []struct {
		line string
		want int
	}{
		{hello, 250},
		{strings.TrimSpace("MAIL FROM:<" + l.from + "> " + l.params[0]), 250},
		{strings.TrimSpace("RCPT TO:<" + l.to + "> " + l.params[1]), 250},
		{"DATA", 354},
	} {
		if err := say(c, command.line, command.want); err != nil {
			return err
		}
	}
	w := c.DotWriter()
	if _, err := w.Write([]byte(l.raw)); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	if _, _, err := c.ReadResponse(250); err != nil {
		return fmt.Errorf("the end of the mail: %w", err)
	}
	return say(c, "QUIT", 221)
}

// say sends a command and wants its reply.
func say(c *textproto.Conn, line string, want int) error {
	if err := c.PrintfLine("%s", line); err != nil {
		return err
	}
	if _, _, err := c.ReadResponse(want); err != nil {
		return fmt.Errorf("%s: %w", line, err)
	}
	return nil
}
