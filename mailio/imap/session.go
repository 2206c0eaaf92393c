// Package imap fetches messages from IMAP mailboxes (RFC 3501 and 9051, with
// IDLE of RFC 2177, UIDPLUS of RFC 4315 and $MDNSent of RFC 3503).
//
// A [Fetcher] stays logged in to one mailbox, hears of new mail by IDLE, and
// hands each message to a mailio.Handler once. What was durably kept is deleted
// by UID EXPUNGE, which touches no message but the fetcher's own.
package imap

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"faxgate/mailio"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// An Error is a server's NO or BAD, verbatim.
type Error struct {
	Command string
	Code    string // RFC 5530 and others, such as "AUTHENTICATIONFAILED", empty if none is given
	Text    string
}

func (e *Error) Error() string {
	text := e.Text
	if e.Code != "" {
		text = "[" + e.Code + "] " + text
	}
	return fmt.Sprintf("the server refused %s: %s", e.Command, text)
}

// Temporary tells whether the server says that it may be better later.
func (e *Error) Temporary() bool {
	switch imap.ResponseCode(e.Code) {
	case imap.ResponseCodeUnavailable, imap.ResponseCodeInUse, imap.ResponseCodeLimit, imap.ResponseCodeServerBug:
		return true
	}
	return false
}

// waiting is for reads while nothing is expected.
const waiting = 24 * time.Hour

// A session is one connection, in the order open, login, choose. It is used by
// one goroutine.
type session struct {
	box   *mailio.Mailbox
	conn  *mailio.Conn
	guard *guard
	imap  *imapclient.Client
	news  chan struct{} // the server has told of new messages

	tls          string // protocol and cipher, empty in plain text
	note         string // why it is in plain text, or unverified, although TLS was wanted
	confidential bool

	validity string // UIDVALIDITY
	messages int    // in the mailbox when it was chosen
	canFlag  func(imap.Flag) bool
}

// open connects and secures the connection as box.TLS says. The connection is
// closed when ctx ends.
func open(ctx context.Context, box *mailio.Mailbox) (*session, error) {
	conn, err := box.Dial(ctx)
	if err != nil {
		return nil, err
	}
	s := &session{box: box, conn: conn, news: make(chan struct{}, 1)}
	wire, said, err := s.secure(ctx)
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	s.guard = &guard{Conn: wire, replay: said}
	s.guard.allow(replies)
	s.imap = imapclient.New(s.guard, &imapclient.Options{
		UnilateralDataHandler: &imapclient.UnilateralDataHandler{Mailbox: s.hear},
	})
	if err := s.imap.WaitGreeting(); err != nil {
		s.close()
		return nil, s.greetingError(err)
	}
	return s, nil
}

// greetingError is not an *Error: a server that will not talk now may do so
// soon.
func (s *session) greetingError(err error) error {
	if e, ok := errors.AsType[*imap.Error](err); ok {
		return fmt.Errorf("the server ends the connection: %s", e.Text)
	}
	return fmt.Errorf("waiting for the greeting: %w", s.guard.cause(err))
}

// hear runs in the client's own goroutine.
func (s *session) hear(data *imapclient.UnilateralDataMailbox) {
	if data.NumMessages == nil {
		return
	}
	select {
	case s.news <- struct{}{}:
	default: // known already
	}
}

func (s *session) close() {
	_ = s.guard.Close() // with TLS' close_notify, RFC 8314
	_ = s.conn.Close()
	_ = s.imap.Close() // waits for its goroutine
}

// do runs one command: begin sends it and waits. The server may take Timeout
// for each piece of its answer, which may have size octets more than an answer
// usually has.
func (s *session) do(command string, size int64, begin func() error) error {
	s.say("C: " + command)
	s.guard.allow(replies + size)
	s.conn.Expect(s.box.Timeout)
	err := begin()
	s.conn.Expect(waiting)
	if err == nil {
		s.say("S: OK " + command)
		return nil
	}
	verb, _, _ := strings.Cut(command, " ")
	err = s.asError(verb, err)
	s.say("S: " + err.Error())
	return err
}

func (s *session) say(line string) {
	if s.box.Transcript != nil {
		s.box.Transcript(line)
	}
}

// asError puts an error of the library in this package's words.
func (s *session) asError(command string, err error) error {
	if e, ok := errors.AsType[*imap.Error](err); ok {
		return &Error{Command: command, Code: string(e.Code), Text: e.Text}
	}
	if _, ok := errors.AsType[*transferError](err); ok {
		return err
	}
	return fmt.Errorf("%s: %w", command, s.guard.cause(err))
}

// login logs in with the account's mechanisms, or with the strongest one that
// the server offers and takes.
func (s *session) login() error {
	if s.imap.State() == imap.ConnStateAuthenticated {
		return nil // PREAUTH
	}
	caps := s.imap.Caps()
	if caps == nil {
		return errors.New("the server tells no capabilities")
	}
	offered := caps.AuthMechanisms()
	if !caps.Has(imap.CapLoginDisabled) && !slices.Contains(offered, "LOGIN") {
		offered = append(offered, "LOGIN")
	}
	slices.Sort(offered)
	chosen, err := s.box.Auth.Choose(offered, s.confidential)
	if err != nil {
		return err
	}
	for _, mech := range chosen {
		err = s.authenticate(mech, !caps.Has(imap.CapLoginDisabled))
		e, ok := errors.AsType[*Error](err)
		if err == nil {
			return nil
		}
		err = fmt.Errorf("logging in as %s with %s: %w", s.box.Auth.User, mech, err)
		if !ok || e.Temporary() {
			return err
		}
	}
	return err
}

// authenticate tries one mechanism. The command LOGIN is preferred to the
// mechanism of that name, which no RFC describes.
func (s *session) authenticate(mech string, command bool) error {
	auth := s.box.Auth
	if mech == "LOGIN" && command {
		return s.do("LOGIN "+auth.User+" ****", 0, func() error { return s.imap.Login(auth.User, auth.Password).Wait() })
	}
	client, err := auth.Client(mech)
	if err != nil {
		return err
	}
	return s.do("AUTHENTICATE "+mech, 0, func() error { return s.imap.Authenticate(client) })
}

// choose selects INBOX.
func (s *session) choose() error {
	var data *imap.SelectData
	err := s.do("SELECT INBOX", 0, func() (err error) {
		data, err = s.imap.Select("INBOX", nil).Wait()
		return err
	})
	if err != nil {
		return err
	}
	if data.UIDValidity == 0 {
		return errors.New("the server has no lasting message numbers (UIDVALIDITY): use POP3 with it")
	}
	s.validity, s.messages = fmt.Sprint(data.UIDValidity), int(data.NumMessages)
	s.canFlag = func(f imap.Flag) bool {
		return slices.ContainsFunc(data.PermanentFlags, func(p imap.Flag) bool {
			return strings.EqualFold(string(p), string(f)) || p == imap.FlagWildcard && f[0] != '\\'
		})
	}
	return nil
}

// maxMessages is how many messages of a mailbox are looked at.
const maxMessages = 100_000

// A message is one line of a listing.
type message struct {
	uid     imap.UID
	size    int64
	mdnSent bool // or a draft, for which none may be sent (RFC 3503 section 3.1)
	deleted bool
}

// list returns the messages from the UID first on, in order.
func (s *session) list(first imap.UID) ([]message, error) {
	var all []message
	set := imap.UIDSet{}
	set.AddRange(first, 0)
	err := s.do(fmt.Sprintf("UID FETCH %d:* (UID RFC822.SIZE FLAGS)", first), 32<<20, func() error {
		cmd := s.imap.Fetch(set, &imap.FetchOptions{UID: true, RFC822Size: true, Flags: true})
		for data := cmd.Next(); data != nil; data = cmd.Next() {
			m, err := listed(data)
			if err != nil {
				_ = cmd.Close()
				return err
			}
			// n:* names the last message even if its UID is below n.
			if m.uid >= first && len(all) < maxMessages {
				all = append(all, m)
			}
		}
		return cmd.Close()
	})
	slices.SortFunc(all, func(a, b message) int { return int(int64(a.uid) - int64(b.uid)) })
	return all, err
}

func listed(data *imapclient.FetchMessageData) (message, error) {
	buf, err := data.Collect()
	if err != nil {
		return message{}, err
	}
	has := func(f imap.Flag) bool {
		return slices.ContainsFunc(buf.Flags, func(g imap.Flag) bool { return strings.EqualFold(string(f), string(g)) })
	}
	return message{uid: buf.UID, size: buf.RFC822Size, mdnSent: has(imap.FlagMDNSent) || has(imap.FlagDraft), deleted: has(imap.FlagDeleted)}, nil
}

// store adds flags to messages, as far as the mailbox keeps them.
func (s *session) store(uids []imap.UID, flags ...imap.Flag) error {
	flags = slices.DeleteFunc(flags, func(f imap.Flag) bool { return !s.canFlag(f) })
	if len(flags) == 0 || len(uids) == 0 {
		return nil
	}
	set := imap.UIDSetNum(uids...)
	return s.do(fmt.Sprintf("UID STORE %v +FLAGS.SILENT %v", set, flags), 0, func() error {
		return s.imap.Store(set, &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: flags}, nil).Close()
	})
}

// errForeign means that an EXPUNGE would delete messages that are not ours.
var errForeign = errors.New("the server can only delete all messages marked as deleted (it has no UIDPLUS), and others are marked too: expunge the mailbox by hand")

// expunge deletes messages, and no others.
func (s *session) expunge(uids []imap.UID) error {
	if err := s.store(uids, imap.FlagDeleted); err != nil {
		return err
	}
	if s.imap.Caps().Has(imap.CapUIDPlus) {
		set := imap.UIDSetNum(uids...)
		return s.do(fmt.Sprintf("UID EXPUNGE %v", set), 0, func() error { return s.imap.UIDExpunge(set).Close() })
	}
	var marked []imap.UID
	err := s.do("UID SEARCH DELETED", 1<<20, func() error {
		data, err := s.imap.UIDSearch(&imap.SearchCriteria{Flag: []imap.Flag{imap.FlagDeleted}}, nil).Wait()
		if err == nil {
			marked = data.AllUIDs()
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, uid := range marked {
		if !slices.Contains(uids, uid) {
			return errForeign
		}
	}
	return s.do("EXPUNGE", 0, func() error { return s.imap.Expunge().Close() })
}
