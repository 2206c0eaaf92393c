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

// TestRows writes one row of everything, with every member set, and reads it again.
func TestRows(t *testing.T) {
	eachEngine(t, func(t *testing.T, e *engine) {
		s := e.open(t, "a")
		hash := spool.SumHash([32]byte{1, 2, 3})
		attrs := json.RawMessage(`{"a": ["ü", 1]}`)
		job := spool.Job{ID: spool.NewID(), Key: "k", Origin: "api", Sender: "s", Subject: "ß\n", Text: "t", Attrs: attrs, CreatedAt: at(1)}
		rec := spool.Received{
			ID: spool.NewID(), Blob: hash, Size: 5 << 40, EnvelopeFrom: "a@b", EnvelopeTo: "c@d", Source: "smtp", DedupKey: "d", State: "new",
			Kind: "fax", From: "f", Subject: "s", MessageID: "<m@x.>", Pages: 3, Error: "e", Attrs: attrs, ReceivedAt: at(2),
		}
		doc := spool.Document{ID: spool.NewID(), Job: job.ID, Pos: 1, Name: "n", Type: "image/tiff", Hash: hash, Size: 7, Pages: 2, BadRows: 4, Error: "e"}
		page := spool.Page{Document: doc.ID, Index: 1, Width: 1728, Height: 2287, XRes: 203.2, YRes: 195.58, Coding: "MH", Error: "e"}
		task := spool.Task{
			ID: spool.NewID(), Job: job.ID, Received: rec.ID, Kind: "fax", Recipient: "r", State: "queued", Late: true, DueAt: atp(3), Attempts: 2,
			Reason: "w", What: attrs, CreatedAt: at(3), UpdatedAt: at(4),
		}
		old := spool.Message{ID: spool.NewID(), Task: task.ID, CreatedAt: at(5)}
		msg := spool.Message{
			ID: spool.NewID(), Task: task.ID, MessageID: "<1@x>", EnvID: "v1", Form: attrs, Blob: hash, Size: 9, Part: 1, Parts: 2,
			Supersedes: old.ID, CreatedAt: at(5),
		}
		att := spool.Attempt{
			ID: spool.NewID(), Message: msg.ID, StartedAt: at(6), DotAt: atp(7), EndedAt: atp(8), Hop: "h:25", Code: 250, Reply: "250 ok\r\n", TLS: "1.3", Outcome: "o",
		}
		con := spool.Confirmation{ID: spool.NewID(), Message: msg.ID, Kind: "mdn", Deadline: atp(9), ReceivedAt: atp(10), Result: "r", Report: rec.ID}
		item := spool.MailboxItem{Account: "a", Validity: "4294967295", UID: "u", Received: rec.ID, DeletedAt: atp(11)}
		notice := spool.Notice{Received: rec.ID, Recipient: "r", Kind: "mdn", Task: task.ID, SentAt: atp(12)}
		peer := spool.Peer{
			Address: "p@x", Raw: "(&)", Canonical: "c", Source: "mdn", LearnedFrom: rec.ID, LearnedAt: at(13), ExpiresAt: atp(14), Pinned: true, Attrs: attrs,
		}
		event := spool.Event{ID: spool.NewID(), At: at(15), Job: job.ID, Task: task.ID, Received: rec.ID, Kind: "k", Words: "w", Data: attrs}
		token := spool.Token{ID: spool.NewID(), Name: "n", Hash: "h", Scope: "admin", CreatedAt: at(16), RevokedAt: atp(17), LastUsed: atp(18)}
		update(t, s, func(tx *spool.Tx) error {
			return errors.Join(
				second(tx.AddJob(job)), second(tx.AddReceived(rec)), second(tx.AddDocument(doc)), tx.PutPage(page), second(tx.AddTask(task)),
				second(tx.AddMessage(old)), second(tx.AddMessage(msg)), second(tx.AddAttempt(att)), second(tx.AddConfirmation(con)),
				tx.PutMailboxItem(item), second(tx.AddNotice(notice)), tx.PutPeer(peer), second(tx.AddEvent(event)), second(tx.AddToken(token)),
			)
		})
		check := func(tx *spool.Tx) error {
			return errors.Join(
				same(job)(tx.Job(job.ID)), same(job)(tx.JobByKey("k")), same([]spool.Job{job})(tx.Jobs(spool.JobFilter{Origin: "api", Sender: "s"})),
				same(rec)(tx.Received(rec.ID)), same(rec)(tx.ReceivedByDedupKey("d")),
				same([]spool.Received{rec})(tx.ReceivedList(spool.ReceivedFilter{
					States: []spool.State{"new", "old"}, Kinds: []string{"fax"}, From: "f", EnvelopeTo: "c@d", MessageID: "<m@x.>", Since: at(2),
				})),
				same(doc)(tx.Document(doc.ID)), same([]spool.Document{doc})(tx.Documents(job.ID)), same([]spool.Page{page})(tx.Pages(doc.ID)),
				same(task)(tx.Task(task.ID)),
				same([]spool.Task{task})(tx.Tasks(spool.TaskFilter{
					Job: job.ID, Received: rec.ID, Kinds: []spool.Kind{"x", "fax"}, States: []spool.State{"queued"}, Recipient: "r",
				})),
				same(msg)(tx.Message(msg.ID)), same(msg)(tx.MessageByMessageID("<1@x>")), same(msg)(tx.MessageByEnvID("v1")),
				same([]spool.Message{old, msg})(tx.Messages(task.ID)),
				same([]spool.Message{msg, old})(tx.MessagesByRecipient("r", at(5), spool.Window{})),
				same([]spool.Attempt{att})(tx.Attempts(msg.ID)), same([]spool.Confirmation{con})(tx.Confirmations(msg.ID)),
				same(item)(tx.MailboxItem("a", "4294967295", "u")), same([]spool.MailboxItem(nil))(tx.MailboxItems("a")),
				same(notice)(tx.Notice(rec.ID, "r", "mdn")), same([]spool.Notice{notice})(tx.Notices(rec.ID)),
				same(peer)(tx.Peer("p@x")), same([]spool.Peer{peer})(tx.Peers(spool.PeerFilter{})),
				same([]spool.Event{event})(tx.Events(spool.EventFilter{Job: job.ID, Task: task.ID, Received: rec.ID, Kinds: []string{"k"}})),
				same(token)(tx.Token(token.ID)), same(token)(tx.TokenByHash("h")), same([]spool.Token{token})(tx.Tokens(spool.Window{})),
			)
		}
		if err := s.View(t.Context(), check); err != nil {
			t.Fatal(err)
		}
		if faults, err := s.Check(t.Context()); err != nil || len(faults) != 3 {
			t.Errorf("check found %q, %v; want the three rows whose blob is missing", faults, err)
		}
		update(t, s, func(tx *spool.Tx) error {
			doc.Pages, doc.Error, doc.Job, doc.Received = 9, "", "", rec.ID
			rec.State, rec.Pages, rec.DedupKey = "done", 4, "d"
			con.Result, con.ReceivedAt = "displayed", nil
			page.Error, peer.Pinned, item.DeletedAt = "", false, nil
			return errors.Join(
				tx.SetDocument(doc), tx.SetReceived(rec), tx.SetConfirmation(con), tx.PutPage(page), tx.PutPeer(peer), tx.PutMailboxItem(item),
				same([]spool.Document{doc})(tx.ReceivedDocuments(rec.ID)), same(rec)(tx.Received(rec.ID)),
				same([]spool.Confirmation{con})(tx.Confirmations(msg.ID)), same([]spool.Page{page})(tx.Pages(doc.ID)), same(peer)(tx.Peer("p@x")),
				same([]spool.MailboxItem{item})(tx.MailboxItems("a")),
			)
		})
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
