package spool_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"faxgate/spool"
)

// at is a time as the database keeps it.
func at(s int) time.Time {
	return time.Date(2026, 11, 21, 20, 0, s, int(7*time.Millisecond), time.UTC)
}

func atp(s int) *time.Time { return new(at(s)) }

// rows is one row of everything.
type rows struct {
	job    spool.Job
	rec    spool.Received
	doc    spool.Document
	page   spool.Page
	task   spool.Task
	old    spool.Message
	msg    spool.Message
	att    spool.Attempt
	con    spool.Confirmation
	item   spool.MailboxItem
	notice spool.Notice
	peer   spool.Peer
	event  spool.Event
	token  spool.Token
}

// newRows sets every member of every row.
func newRows() (r rows) {
	hash := spool.SumHash([32]byte{1, 2, 3})
	attrs := json.RawMessage(`{"a": ["ü", 1]}`)
	r.job = spool.Job{ID: spool.NewID(), Key: "k", Origin: "api", Sender: "s", Subject: "ß\n", Text: "t", Attrs: attrs, CreatedAt: at(1)}
	r.rec = spool.Received{
		ID: spool.NewID(), Blob: hash, Size: 5 << 40, EnvelopeFrom: "a@b", EnvelopeTo: "c@d", Source: "smtp", DedupKey: "d", State: "new",
		Kind: "fax", From: "f", Subject: "s", MessageID: "<m@x.>", Pages: 3, Error: "e", Attrs: attrs, ReceivedAt: at(2),
	}
	r.doc = spool.Document{ID: spool.NewID(), Job: r.job.ID, Pos: 1, Name: "n", Type: "image/tiff", Hash: hash, Size: 7, Pages: 2, BadRows: 4, Error: "e"}
	r.page = spool.Page{Document: r.doc.ID, Index: 1, Width: 1728, Height: 2287, XRes: 203.2, YRes: 195.58, Coding: "MH", Error: "e"}
	r.task = spool.Task{
		ID: spool.NewID(), Job: r.job.ID, Received: r.rec.ID, Kind: "fax", Recipient: "r", State: "queued", Late: true, DueAt: atp(3), Attempts: 2,
		Reason: "w", What: attrs, CreatedAt: at(3), UpdatedAt: at(4),
	}
	r.old = spool.Message{ID: spool.NewID(), Task: r.task.ID, CreatedAt: at(5)}
	r.msg = spool.Message{
		ID: spool.NewID(), Task: r.task.ID, MessageID: "<1@x>", EnvID: "v1", Form: attrs, Blob: hash, Size: 9, Part: 1, Parts: 2,
		Supersedes: r.old.ID, CreatedAt: at(5),
	}
	r.att = spool.Attempt{
		ID: spool.NewID(), Message: r.msg.ID, StartedAt: at(6), DotAt: atp(7), EndedAt: atp(8), Hop: "h:25", Code: 250, Reply: "250 ok\r\n", TLS: "1.3", Outcome: "o",
	}
	r.con = spool.Confirmation{ID: spool.NewID(), Message: r.msg.ID, Kind: "mdn", Deadline: atp(9), ReceivedAt: atp(10), Result: "r", Report: r.rec.ID}
	r.item = spool.MailboxItem{Account: "a", Validity: "4294967295", UID: "u", Received: r.rec.ID, DeletedAt: atp(11)}
	r.notice = spool.Notice{Received: r.rec.ID, Recipient: "r", Kind: "mdn", Task: r.task.ID, SentAt: atp(12)}
	r.peer = spool.Peer{
		Address: "p@x", Raw: "(&)", Canonical: "c", Source: "mdn", LearnedFrom: r.rec.ID, LearnedAt: at(13), ExpiresAt: atp(14), Pinned: true, Attrs: attrs,
	}
	r.event = spool.Event{ID: spool.NewID(), At: at(15), Job: r.job.ID, Task: r.task.ID, Received: r.rec.ID, Kind: "k", Words: "w", Data: attrs}
	r.token = spool.Token{ID: spool.NewID(), Name: "n", Hash: "h", Scope: "admin", CreatedAt: at(16), RevokedAt: atp(17), LastUsed: atp(18)}
	return r
}

func (r *rows) add(tx *spool.Tx) error {
	return errors.Join(
		second(tx.AddJob(r.job)), second(tx.AddReceived(r.rec)), second(tx.AddDocument(r.doc)), tx.PutPage(r.page), second(tx.AddTask(r.task)),
		second(tx.AddMessage(r.old)), second(tx.AddMessage(r.msg)), second(tx.AddAttempt(r.att)), second(tx.AddConfirmation(r.con)),
		tx.PutMailboxItem(r.item), second(tx.AddNotice(r.notice)), tx.PutPeer(r.peer), second(tx.AddEvent(r.event)), second(tx.AddToken(r.token)),
	)
}

// check reads each row in every way there is.
func (r *rows) check(tx *spool.Tx) error {
	return errors.Join(
		same(r.job)(tx.Job(r.job.ID)), same(r.job)(tx.JobByKey("k")), same([]spool.Job{r.job})(tx.Jobs(spool.JobFilter{Origin: "api", Sender: "s"})),
		same(r.rec)(tx.Received(r.rec.ID)), same(r.rec)(tx.ReceivedByDedupKey("d")),
		same([]spool.Received{r.rec})(tx.ReceivedList(spool.ReceivedFilter{
			States: []spool.State{"new", "old"}, Kinds: []string{"fax"}, From: "f", EnvelopeTo: "c@d", MessageID: "<m@x.>", Since: at(2),
		})),
		same(r.doc)(tx.Document(r.doc.ID)), same([]spool.Document{r.doc})(tx.Documents(r.job.ID)), same([]spool.Page{r.page})(tx.Pages(r.doc.ID)),
		same(r.task)(tx.Task(r.task.ID)),
		same([]spool.Task{r.task})(tx.Tasks(spool.TaskFilter{
			Job: r.job.ID, Received: r.rec.ID, Kinds: []spool.Kind{"x", "fax"}, States: []spool.State{"queued"}, Recipient: "r",
		})),
		same(r.msg)(tx.Message(r.msg.ID)), same(r.msg)(tx.MessageByMessageID("<1@x>")), same(r.msg)(tx.MessageByEnvID("v1")),
		same([]spool.Message{r.old, r.msg})(tx.Messages(r.task.ID)),
		same([]spool.Message{r.msg, r.old})(tx.MessagesByRecipient("r", at(5), spool.Window{})),
		same([]spool.Attempt{r.att})(tx.Attempts(r.msg.ID)), same([]spool.Confirmation{r.con})(tx.Confirmations(r.msg.ID)),
		same(r.item)(tx.MailboxItem("a", "4294967295", "u")), same([]spool.MailboxItem(nil))(tx.MailboxItems("a")),
		same(r.notice)(tx.Notice(r.rec.ID, "r", "mdn")), same([]spool.Notice{r.notice})(tx.Notices(r.rec.ID)),
		same(r.peer)(tx.Peer("p@x")), same([]spool.Peer{r.peer})(tx.Peers(spool.PeerFilter{})),
		same([]spool.Event{r.event})(tx.Events(spool.EventFilter{Job: r.job.ID, Task: r.task.ID, Received: r.rec.ID, Kinds: []string{"k"}})),
		same(r.token)(tx.Token(r.token.ID)), same(r.token)(tx.TokenByHash("h")), same([]spool.Token{r.token})(tx.Tokens(spool.Window{})),
	)
}

// change writes the rows that can be changed, and reads them again.
func (r *rows) change(tx *spool.Tx) error {
	r.doc.Pages, r.doc.Error, r.doc.Job, r.doc.Received = 9, "", "", r.rec.ID
	r.rec.State, r.rec.Pages, r.rec.DedupKey = "done", 4, "d"
	r.con.Result, r.con.ReceivedAt = "displayed", nil
	r.page.Error, r.peer.Pinned, r.item.DeletedAt = "", false, nil
	r.att.DotAt, r.att.EndedAt, r.att.Hop, r.att.Code, r.att.Reply, r.att.TLS, r.att.Outcome = atp(20), atp(21), "h2:25", 451, "451 x", "", "refused"
	r.token.LastUsed = atp(22) // RevokedAt stays what it was first.
	return errors.Join(
		tx.SetDocument(r.doc), tx.SetReceived(r.rec), tx.SetConfirmation(r.con), tx.PutPage(r.page), tx.PutPeer(r.peer), tx.PutMailboxItem(r.item),
		tx.SetDot(r.att.ID, at(20)), tx.EndAttempt(r.att.ID, spool.AttemptEnd{At: at(21), Hop: "h2:25", Code: 451, Reply: "451 x", Outcome: "refused"}),
		same([]spool.Attempt{r.att})(tx.Attempts(r.msg.ID)),
		tx.RevokeToken(r.token.ID, at(23)), tx.SetTokenUsed(r.token.ID, at(22)), same(r.token)(tx.Token(r.token.ID)),
		same([]spool.Document{r.doc})(tx.ReceivedDocuments(r.rec.ID)), same(r.rec)(tx.Received(r.rec.ID)),
		same([]spool.Confirmation{r.con})(tx.Confirmations(r.msg.ID)), same([]spool.Page{r.page})(tx.Pages(r.doc.ID)), same(r.peer)(tx.Peer("p@x")),
		same([]spool.MailboxItem{r.item})(tx.MailboxItems("a")),
		tx.SetMailboxItemDeleted("a", "4294967295", "u", at(24)), same([]spool.MailboxItem(nil))(tx.MailboxItems("a")),
	)
}

// TestRows writes one row of everything, with every member set, reads it again, changes it and reads it once more.
func TestRows(t *testing.T) {
	eachEngine(t, func(t *testing.T, e *engine) {
		s := e.open(t, "a")
		r := newRows()
		update(t, s, r.add)
		if err := s.View(t.Context(), r.check); err != nil {
			t.Fatal(err)
		}
		if faults, err := s.Check(t.Context()); err != nil || len(faults) != 3 {
			t.Errorf("check found %q, %v; want the three rows whose blob is missing", faults, err)
		}
		update(t, s, r.change)
	})
}

// second is the error of a call that gives two things.
func second[T any](_ T, err error) error { return err }

// same compares what a call gives.
func same[R any](want R) func(R, error) error {
	return func(got R, err error) error {
		if err != nil {
			return err
		}
		if diff := cmp.Diff(want, got); diff != "" {
			return fmt.Errorf("%T (-want +got):\n%s", got, diff)
		}
		return nil
	}
}

// TestMissing asks for, and writes to, what is not there.
func TestMissing(t *testing.T) {
	eachEngine(t, func(t *testing.T, e *engine) {
		s := e.open(t, "a")
		for name, ask := range map[string]func(tx *spool.Tx) error{
			"job":              func(tx *spool.Tx) error { return second(tx.Job("x")) },
			"job by key":       func(tx *spool.Tx) error { return second(tx.JobByKey("")) },
			"task":             func(tx *spool.Tx) error { return second(tx.Task("x")) },
			"document":         func(tx *spool.Tx) error { return second(tx.Document("x")) },
			"message":          func(tx *spool.Tx) error { return second(tx.MessageByEnvID("x")) },
			"received":         func(tx *spool.Tx) error { return second(tx.ReceivedByDedupKey("x")) },
			"peer":             func(tx *spool.Tx) error { return second(tx.Peer("x")) },
			"item":             func(tx *spool.Tx) error { return second(tx.MailboxItem("a", "", "u")) },
			"notice":           func(tx *spool.Tx) error { return second(tx.Notice("x", "r", "mdn")) },
			"token":            func(tx *spool.Tx) error { return second(tx.TokenByHash("x")) },
			"set task":         func(tx *spool.Tx) error { return tx.SetTask("x", spool.TaskChange{State: "s"}) },
			"set document":     func(tx *spool.Tx) error { return tx.SetDocument(spool.Document{ID: "x", Job: "j"}) },
			"set received":     func(tx *spool.Tx) error { return tx.SetReceived(spool.Received{ID: "x", ReceivedAt: at(1)}) },
			"set confirmation": func(tx *spool.Tx) error { return tx.SetConfirmation(spool.Confirmation{ID: "x", Message: "m"}) },
			"set dot":          func(tx *spool.Tx) error { return tx.SetDot("x", at(1)) },
			"end attempt":      func(tx *spool.Tx) error { return tx.EndAttempt("x", spool.AttemptEnd{}) },
			"delete peer":      func(tx *spool.Tx) error { return tx.DeletePeer("x") },
			"revoke token":     func(tx *spool.Tx) error { return tx.RevokeToken("x", at(1)) },
			"item deleted":     func(tx *spool.Tx) error { return tx.SetMailboxItemDeleted("a", "", "u", at(1)) },
			"notice sent":      func(tx *spool.Tx) error { return second(tx.SetNoticeSent("x", "r", "mdn", at(1))) },
		} {
			if err := s.Update(t.Context(), ask); !errors.Is(err, spool.ErrNotFound) {
				t.Errorf("%s: %v, want ErrNotFound", name, err)
			}
		}
	})
}

// TestReferences shows that no row can refer to a missing one, and that a failed transaction keeps nothing.
func TestReferences(t *testing.T) {
	eachEngine(t, func(t *testing.T, e *engine) {
		s := e.open(t, "a")
		for name, add := range map[string]func(tx *spool.Tx) error{
			"document of no job":   func(tx *spool.Tx) error { return second(tx.AddDocument(spool.Document{Job: "x"})) },
			"document of nothing":  func(tx *spool.Tx) error { return second(tx.AddDocument(spool.Document{})) },
			"message of no task":   func(tx *spool.Tx) error { return second(tx.AddMessage(spool.Message{Task: "x"})) },
			"event of no received": func(tx *spool.Tx) error { return second(tx.AddEvent(spool.Event{Received: "x"})) },
			"attributes not JSON":  func(tx *spool.Tx) error { return second(tx.AddJob(spool.Job{Attrs: []byte("{")})) },
		} {
			err := s.Update(t.Context(), func(tx *spool.Tx) error {
				if _, err := tx.AddEvent(spool.Event{Kind: "before"}); err != nil {
					t.Error(err)
				}
				return add(tx)
			})
			if err == nil {
				t.Errorf("%s: kept", name)
			}
		}
		if got := view(t, s, func(tx *spool.Tx) ([]spool.Event, error) { return tx.Events(spool.EventFilter{}) }); len(got) != 0 {
			t.Errorf("failed transactions kept %v", got)
		}
	})
}
