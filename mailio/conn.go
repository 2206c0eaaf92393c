package mailio

import (
	"context"
	"net"
	"sync"
	"time"
)

// A Conn is a connection whose reads and writes each have a deadline of their
// own: a slow peer that goes on is waited for, a silent one is not. Deadlines
// that a library sets on it are ignored.
type Conn struct {
	net.Conn
	stop func() bool // ends the watch over the context

	mu       sync.Mutex
	patience time.Duration
}

// NewConn wraps conn, which is closed when ctx ends. Whoever has the Conn
// closes it.
func NewConn(ctx context.Context, conn net.Conn, patience time.Duration) *Conn {
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	return &Conn{Conn: conn, stop: stop, patience: patience}
}

// Expect sets how long each read may last from now on, the one under way
// included.
func (c *Conn) Expect(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.patience = d
	_ = c.Conn.SetReadDeadline(time.Now().Add(d)) // a closed connection ends the read as well
}

// Read reads what comes within the time that Expect gave.
func (c *Conn) Read(p []byte) (int, error) {
	c.mu.Lock()
	err := c.Conn.SetReadDeadline(time.Now().Add(c.patience))
	c.mu.Unlock()
	if err != nil {
		return 0, peerError(err)
	}
	n, err := c.Conn.Read(p)
	return n, err
}

// Write writes within the same time.
func (c *Conn) Write(p []byte) (int, error) {
	c.mu.Lock()
	err := c.Conn.SetWriteDeadline(time.Now().Add(c.patience))
	c.mu.Unlock()
	if err != nil {
		return 0, peerError(err)
	}
	n, err := c.Conn.Write(p)
	return n, peerError(err)
}

// Close closes the connection.
func (c *Conn) Close() error {
	c.stop()
	return c.Conn.Close()
}

// SetDeadline does nothing: deadlines are the Conn's.
func (c *Conn) SetDeadline(time.Time) error { return nil }

// SetReadDeadline does nothing: deadlines are the Conn's.
func (c *Conn) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline does nothing: deadlines are the Conn's.
func (c *Conn) SetWriteDeadline(time.Time) error { return nil }
