package gateway

import (
	"context"
	"fmt"
	"net/mail"
	"strings"

	"faxgate/ifax"
	"faxgate/spool"
)

// reportWhat is a notice: its words to the administrator, or what is to be told of a fax to its sender when the time has come.
type reportWhat struct {
	Subject string `json:"subject,omitempty"`
	Text    string `json:"text,omitempty"`
	Outcome bool   `json:"outcome,omitempty"` // what became of the fax, once it rests
	Trouble bool   `json:"trouble,omitempty"` // that the fax has not got through within the first hour, if so
}

// report tells the administrator, or the sender of a fax.
func (g *Gateway) report(ctx context.Context, l *spool.Lease) error {
	w := readWhat[reportWhat](l.Task)
	if w.Trouble {
		f, err := g.Fax(ctx, l.Task.Job)
		if err != nil {
			return err
		}
		if !stillTrouble(f) {
			return g.endMail(ctx, l, "", verdict{state: Done, words: "the fax was in no trouble after its first hour"})
		}
	}
	m, err := g.mailOf(ctx, l, func(m *spool.Message) error {
		if w.Outcome || w.Trouble {
			return g.outcomeMail(ctx, m, l.Task, w.Trouble)
		}
		return g.storeMail(ctx, m, ifax.Message{
			From: mail.Address{Name: g.cfg.Fax.Name, Address: g.cfg.Account()}, To: []mail.Address{{Address: l.Task.Recipient}},
			Date: g.now(), MessageID: m.MessageID, Subject: w.Subject, Text: w.Text, AutoSubmitted: automatic,
		})
	})
	return g.mail(ctx, l, m, err)
}

// tellAdministrator queues one notice. Without an administrator's address the journal has it, and the log.
func (g *Gateway) tellAdministrator(tx *spool.Tx, t spool.Task, s spool.State, words string) error {
	if g.cfg.Fax.Administrator == "" {
		return nil
	}
	w := reportWhat{Subject: fmt.Sprintf("faxgate: fax to %s is %s", t.Recipient, s), Text: g.noticeText(t, s, words)}
	switch t.Kind {
	case KindRoute:
		w.Subject = fmt.Sprintf("faxgate: a received fax could not be passed on to %s", t.Recipient)
	case KindIntake:
		w.Subject = "faxgate: a received fax cannot be read"
	}
	now := tx.Now()
	_, err := tx.AddTask(spool.Task{Job: t.Job, Received: t.Received, Kind: KindReport, Recipient: g.cfg.Fax.Administrator, State: Queued, DueAt: &now, What: marshal(w)})
	return err
}

func (g *Gateway) noticeText(t spool.Task, s spool.State, words string) string {
	var b strings.Builder
	if t.Job != "" {
		fmt.Fprintf(&b, "Fax:       %s\n", t.Job)
	}
	if t.Received != "" {
		fmt.Fprintf(&b, "Inbox:     %s\n", t.Received)
	}
	fmt.Fprintf(&b, "Recipient: %s\nState:     %s\nReason:    %s\n\n%s\n", t.Recipient, s, words, advice(t.Kind, s))
	return b.String()
}

// advice says what to do next.
func advice(k spool.Kind, s spool.State) string {
	switch {
	case k == KindRoute:
		return "The fax is in the inbox; correct the address, the folder or the mail server's settings, then run `faxgate job retry`."
	case k == KindIntake:
		return "The message is kept as it came: `faxgate inbox export` gives it out. Ask the sender for another format."
	case s == Expired:
		return "The fax was accepted, but no receipt came. Ask the recipient whether it arrived; it is not sent again by itself. A receipt that comes later is still recorded."
	case s == Uncertain:
		return "The connection broke just when the fax was handed over. If no report comes, the same message is sent once more; the recipient's machine can tell the repeat."
	case s == Held:
		return "Nothing more happens by itself: ask the recipient, then `faxgate job retry` or `faxgate job cancel`."
	default:
		return "Nothing more happens by itself: correct what the reason says, then `faxgate job retry`."
	}
}

// automatic marks mails that no person wrote, so that no robot answers them (RFC 3834 section 5).
const automatic = "auto-generated"
