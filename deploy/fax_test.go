package deploy_test

import (
	"bytes"
	"io"
	"net"
	"net/mail"
	"net/smtp"
	"strings"
	"sync"
	"testing"
	"time"

	gosmtp "github.com/emersion/go-smtp"

	"faxgate/codec"
	"faxgate/ifax"
)

// faxMail is an Internet fax as a machine sends it: one page of text in a TIFF file of profile S.
func faxMail(t *testing.T, id string) []byte {
	t.Helper()
	text := strings.Repeat("The quick brown fox jumps over the lazy dog. ", 60)
	doc, err := codec.NewOpener(codec.OpenerOptions{}).Open(t.Context(), strings.NewReader(text), int64(len(text)))
	if err != nil {
		t.Fatal(err)
	}
	defer doc.Close()
	profile := codec.Profile{Letter: 'S', Coding: codec.MH}
	var tif, msg bytes.Buffer
	if _, err := codec.Write(t.Context(), &tif, profile, doc.Count(), codec.Fit(t.Context(), doc.Pages(t.Context()), codec.Target{Profile: profile})); err != nil {
		t.Fatal(err)
	}
	err = ifax.Compose(&msg, ifax.Message{
		From: mail.Address{Address: far}, To: []mail.Address{{Address: own}}, Subject: "fax", MessageID: id, Date: time.Now(),
		Documents: []ifax.Attachment{{
			Name: "fax.tif", Type: "image/tiff", Application: "faxbw",
			Open: func() (io.ReadCloser, error) { return io.NopCloser(&tif), nil },
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return msg.Bytes()
}

// transfer is a mail on its way to the container: half of it has been sent.
type transfer struct {
	client *smtp.Client
	body   io.WriteCloser
	rest   []byte
}

func (c *container) begin(msg []byte) *transfer {
	c.t.Helper()
	conn, err := net.DialTimeout("tcp", net.JoinHostPort(c.wire.inside, "2525"), 5*time.Second)
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		c.t.Fatal(err)
	}
	tr := &transfer{rest: msg[len(msg)/2:]}
	if tr.client, err = smtp.NewClient(conn, "far.example"); err != nil {
		c.t.Fatal(err)
	}
	if err := tr.client.Mail(far); err != nil {
		c.t.Fatal(err)
	}
	if err := tr.client.Rcpt(own); err != nil {
		c.t.Fatal(err)
	}
	if tr.body, err = tr.client.Data(); err != nil {
		c.t.Fatal(err)
	}
	if _, err := tr.body.Write(msg[:len(msg)/2]); err != nil {
		c.t.Fatal(err)
	}
	return tr
}

// finish sends the rest; nil means that the container has answered 250.
func (tr *transfer) finish() error {
	if _, err := tr.body.Write(tr.rest); err != nil {
		return err
	}
	return tr.body.Close()
}

// machine is a fax machine outside the container: it takes every fax, and lets the sender wait for its 250 until it is told to answer.
type machine struct {
	taken  chan struct{} // one for each fax that has arrived up to its final dot
	answer chan struct{} // closed to let it answer

	mu    sync.Mutex
	count int
}

// newMachine listens on the outer end of the wire and returns the port, too.
func newMachine(t *testing.T, w wire) (*machine, string) {
	t.Helper()
	m := &machine{taken: make(chan struct{}, 10), answer: make(chan struct{})}
	ln, err := net.Listen("tcp", net.JoinHostPort(w.outside, "0"))
	if err != nil {
		t.Fatal(err)
	}
	srv := gosmtp.NewServer(m)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = srv.Serve(ln)
	}()
	t.Cleanup(func() {
		_ = srv.Close()
		<-ended
	})
	_, port, err := net.SplitHostPort(ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return m, port
}

func (m *machine) faxes() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.count
}

// NewSession makes machine a backend of go-smtp.
func (m *machine) NewSession(*gosmtp.Conn) (gosmtp.Session, error) { return call{m}, nil }

// call is one connection to the machine.
type call struct{ m *machine }

func (call) Mail(string, *gosmtp.MailOptions) error { return nil }
func (call) Rcpt(string, *gosmtp.RcptOptions) error { return nil }
func (call) Reset()                                 {}
func (call) Logout() error                          { return nil }

func (c call) Data(r io.Reader) error {
	if _, err := io.Copy(io.Discard, r); err != nil {
		return err
	}
	c.m.mu.Lock()
	c.m.count++
	c.m.mu.Unlock()
	c.m.taken <- struct{}{}
	<-c.m.answer
	return nil
}
