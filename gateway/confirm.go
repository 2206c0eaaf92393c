package gateway

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"faxgate/ifax"
	"faxgate/mdn"
	"faxgate/spool"
)

// finding is what one report says of one message of ours.
type finding struct {
	verdict  mdn.Verdict
	kind     string // mdn or dsn
	words    string
	by       string
	features string
	names    []string // whom the report speaks of: Original- and Final-Recipient
	ours     bool     // the task's own recipient is among them
	refusal  ifax.Refusal
}

// confirm applies a report (MDN or DSN) that has come in: find the message that it speaks of, see what it says, and bring the fax to the rung that this proves. A report that matches
// nothing changes nothing (RFC 8098 section 6.1, RFC 3464 section 4.1).
func (g *Gateway) confirm(ctx context.Context, l *spool.Lease, rec spool.Received, msg *ifax.Message) error {
	var after spool.Task
	var words string
	err := l.Update(ctx, func(tx *spool.Tx) error {
		after = spool.Task{}
		m, t, key, err := g.match(tx, msg)
		words = "a receipt was matched by its " + key
		switch {
		case errors.Is(err, spool.ErrNotFound):
			words = "a receipt that matches nothing sent from here: kept, nothing changed"
			if err := g.noteLikely(tx, rec, msg); err != nil {
				return err
			}
		case err != nil:
			return err
		default:
			if err := g.applyAll(tx, t, m, rec.ID, findings(msg)); err != nil {
				return err
			}
			if after, err = tx.Task(t.ID); err != nil {
				return err
			}
		}
		if _, err := tx.AddEvent(spool.Event{Received: rec.ID, Kind: "report", Words: words}); err != nil {
			return err
		}
		return g.finishIntake(tx, l.Task, rec, Reported, 0, "")
	})
	if err == nil {
		g.log.InfoContext(ctx, words, "fax", after.Job, "task", after.ID, "to", after.Recipient, "state", after.State, "inbox", rec.ID)
	}
	return err
}

// applyAll applies what a report says. A report that names the task's own recipient says nothing about it by what it tells of others, as a server does that reports on several at once.
func (g *Gateway) applyAll(tx *spool.Tx, t spool.Task, m spool.Message, report spool.ID, list []finding) error {
	for i := range list {
		list[i].ours = mdn.Keys{Recipients: list[i].names}.Concerns(t.Recipient)
	}
	if slices.ContainsFunc(list, func(f finding) bool { return f.ours }) {
		list = slices.DeleteFunc(list, func(f finding) bool { return !f.ours })
	}
	for _, f := range list {
		if err := g.applyFinding(tx, t, m, report, f); err != nil {
			return err
		}
		var err error
		if t, err = tx.Task(t.ID); err != nil {
			return err
		}
	}
	return nil
}

// findings lists what the report says, one for an MDN, one for each recipient of a DSN.
func findings(msg *ifax.Message) []finding {
	if m := msg.MDN; m != nil {
		words := strings.Join(append([]string{strings.TrimSpace(m.Mode + "/" + m.Sending + "; " + m.Type)}, m.Modifiers...), "/")
		words = strings.Join(slices.Concat([]string{words}, m.Errors, m.Failures, m.Warnings), "; ")
		return []finding{{
			verdict: m.Verdict(), kind: "mdn", words: words, by: m.FinalRecipient, features: m.Features,
			names:   []string{m.OriginalRecipient, m.FinalRecipient},
			refusal: ifax.Refusal{Report: unreadable(m), Words: words, Status: statusIn(m.Errors)},
		}}
	}
	var list []finding
	if d := msg.DSN; d != nil {
		for _, r := range d.Recipients {
			words := strings.TrimSpace(fmt.Sprintf("%s %s %s", r.Action, r.Status, r.Diagnostic))
			list = append(list, finding{
				verdict: r.Verdict(), kind: "dsn", words: words, by: d.ReportingMTA, features: r.Features,
				names:   []string{r.OriginalRecipient, r.FinalRecipient},
				refusal: ifax.Refusal{Status: r.Cause(), Words: words, Machine: true},
			})
		}
	}
	return list
}

// unreadable tells whether a bad receipt says that the fax could not be processed. That the mailbox is gone, or that the message came too late, is bad news of another kind: no other form of
// the fax helps there.
func unreadable(m *mdn.MDN) bool {
	return m.Type == mdn.TypeFailed || slices.Contains(m.Modifiers, mdn.ModifierError)
}

// statusIn finds an enhanced status code at the head of an MDN's Error field, where devices put it.
func statusIn(errs []string) string {
	for _, e := range errs {
		if code, _, _ := strings.Cut(strings.TrimSpace(e), " "); strings.Count(code, ".") == 2 && (strings.HasPrefix(code, "5.") || strings.HasPrefix(code, "4.")) {
			return code
		}
	}
	return ""
}

// applyFinding brings one fax to the rung that the report proves. The first final MDN decides; what comes after it is journalled.
func (g *Gateway) applyFinding(tx *spool.Tx, t spool.Task, m spool.Message, report spool.ID, f finding) error {
	decided, late, err := g.record(tx, m, report, f)
	if err != nil {
		return err
	}
	if decided || t.Kind != KindFax {
		return g.applyOther(tx, t, report, f, decided)
	}
	if f.elsewhere() {
		f.words = "from another address than the fax was sent to (" + f.by + "): " + f.words
	}
	if f.ours && (f.verdict == mdn.Confirmed || f.verdict == mdn.Failed || f.verdict == mdn.Delivered) {
		if err := g.learn(tx, t, report, f.kind, f.features); err != nil {
			return err
		}
	}
	c := change{by: f.by, words: f.words, late: late || t.State == Expired}
	if readWhat[faxWhat](t).Whole == m.ID {
		return g.confirmFragments(tx, t, f, c)
	}
	if old, err := superseded(tx, t, m); err != nil || (old || t.State == Cancelled) && f.verdict != mdn.Confirmed {
		return errors.Join(err, g.note(tx, t, report, "of what was sent before, which changes nothing now: "+f.words))
	}
	if f.elsewhere() && (t.State == Confirmed || f.verdict != mdn.Confirmed && f.verdict != mdn.Failed) {
		return g.underWay(tx, t, m, report, f, c) // one of several who read that mailbox: the others may still tell
	}
	switch f.verdict {
	case mdn.Confirmed:
		return g.setState(tx, t, Confirmed, c)
	case mdn.Failed:
		return g.failedThere(tx, t, m, report, f, c)
	case mdn.Delivered:
		return g.delivered(tx, t, m, report, c)
	case mdn.Refused, mdn.Deleted:
		return g.notConfirmed(tx, t, report, f)
	case mdn.Negotiate:
		return g.negotiate(tx, t, m, report, f)
	case mdn.Relayed:
		return g.relayed(tx, t, m, report, f, c)
	default: // expanded, delayed, and what nobody understands
		return g.underWay(tx, t, m, report, f, c)
	}
}

// failedThere takes the news that the fax did not arrive, or could not be used. What another address says of it heals nothing: it tells nothing of the recipient's machine.
func (g *Gateway) failedThere(tx *spool.Tx, t spool.Task, m spool.Message, report spool.ID, f finding, c change) error {
	switch {
	case t.State == Confirmed:
		return g.note(tx, t, report, "a failure was reported after the confirmation: "+f.words)
	case !f.elsewhere():
		if divided, err := g.divide(tx, t, m, tooLarge{refusal: f.refusal, by: f.by}); divided || err != nil {
			return err
		}
		if healed, err := g.heal(tx, t, m, f.refusal); healed || err != nil {
			return err
		}
	}
	c.late = false
	return g.setState(tx, t, Failed, c)
}

// underWay takes a report that is neither good nor bad news: the rung stays, and people see what was said.
func (g *Gateway) underWay(tx *spool.Tx, t spool.Task, m spool.Message, report spool.ID, f finding, c change) error {
	if t.State == Uncertain {
		return g.arrived(tx, t, m, c)
	}
	if !final(t.State) {
		if err := tx.SetTask(t.ID, spool.TaskChange{Reason: &f.words}); err != nil {
			return err
		}
	}
	return g.note(tx, t, report, f.words)
}

// relayed takes the last word of the servers that report: the fax has gone on to one that does not (RFC 3464 section 2.3.3). Where no MDN is awaited the waiting is over.
func (g *Gateway) relayed(tx *spool.Tx, t spool.Task, m spool.Message, report spool.ID, f finding, c change) error {
	if t.State != Accepted || readForm(m).MDN {
		return g.underWay(tx, t, m, report, f, c)
	}
	return g.setState(tx, t, Accepted, change{by: f.by, words: "passed on to where no report comes from: " + f.words})
}

// superseded tells whether the fax has gone on from this message to a new one: then only a confirmation of it counts.
func superseded(tx *spool.Tx, t spool.Task, m spool.Message) (bool, error) {
	if readWhat[faxWhat](t).Spent == m.ID {
		return true, nil
	}
	list, err := tx.Messages(t.ID)
	return err == nil && list[len(list)-1].ID != m.ID, err
}

// arrived ends an uncertainty: a report that is neither good nor bad news has at least come from where the message is.
func (g *Gateway) arrived(tx *spool.Tx, t spool.Task, m spool.Message, c change) error {
	if readForm(m).MDN {
		due := tx.Now().Add(g.cfg.Retry.Monitoring.D())
		c.due = &due
	}
	c.late = false
	return g.setState(tx, t, Accepted, c)
}

// delivered takes a delivery report: a rung up for what still waits below it. Where an MDN is awaited too, the waiting goes on.
func (g *Gateway) delivered(tx *spool.Tx, t spool.Task, m spool.Message, report spool.ID, c change) error {
	c.late = false // told of confirmations only
	switch t.State {
	case Sending, Accepted, Uncertain, Queued, Held:
		if readForm(m).MDN {
			due := tx.Now().Add(g.cfg.Retry.Monitoring.D())
			if t.State == Accepted && t.DueAt != nil {
				due = *t.DueAt
			}
			c.due = &due
		}
		return g.setState(tx, t, Delivered, c)
	case Expired:
		return g.setState(tx, t, Delivered, c)
	default:
		return g.note(tx, t, report, c.words)
	}
}

// notConfirmed takes a receipt that was denied, or a message deleted unread: the rung stays, and the waiting is over.
func (g *Gateway) notConfirmed(tx *spool.Tx, t spool.Task, report spool.ID, f finding) error {
	words := "receipt refused by the recipient: " + f.words
	if f.verdict == mdn.Deleted {
		words = "deleted by the recipient without a confirmation: " + f.words
	}
	if t.State == Uncertain {
		return g.setState(tx, t, Accepted, change{by: f.by, words: words})
	}
	waits := t.State == Accepted || t.State == Delivered
	if !final(t.State) {
		if err := tx.SetTask(t.ID, spool.TaskChange{Reason: &words, NoDue: waits}); err != nil {
			return err
		}
	}
	if err := g.note(tx, t, report, words); err != nil || !waits {
		return err
	}
	return g.tellOutcome(tx, t.Job)
}

// applyOther journals what changes no fax: a later receipt, or a report on a mail that is no fax. A bounced route is a failed route.
func (g *Gateway) applyOther(tx *spool.Tx, t spool.Task, report spool.ID, f finding, decided bool) error {
	if decided {
		return g.note(tx, t, report, "a later receipt, which changes nothing: "+f.words)
	}
	if t.Kind == KindRoute && f.verdict == mdn.Failed && t.State == Done {
		if err := g.setState(tx, t, Failed, change{by: f.by, words: f.words}); err != nil {
			return err
		}
		return g.tellAdministrator(tx, t, Failed, f.words)
	}
	return g.note(tx, t, report, f.words)
}

// record keeps the report with the message's confirmations. decided: an earlier final MDN has spoken already; late: it came after its deadline.
func (g *Gateway) record(tx *spool.Tx, m spool.Message, report spool.ID, f finding) (decided, late bool, err error) {
	list, err := tx.Confirmations(m.ID)
	if err != nil {
		return false, false, err
	}
	now := tx.Now()
	c := spool.Confirmation{Message: m.ID, Kind: f.kind}
	result := string(f.verdict)
	if f.elsewhere() {
		result += elsewhere
	}
	for _, old := range list {
		if old.Kind == "mdn" && old.ReceivedAt != nil && finalVerdict(old.Result) {
			decided = true
		}
		if old.Kind == f.kind && old.ReceivedAt == nil {
			late = old.Deadline != nil && now.After(*old.Deadline)
			if !f.elsewhere() {
				c = old
			}
		}
	}
	c.ReceivedAt, c.Result, c.Report = &now, result, report
	if c.ID == "" {
		_, err = tx.AddConfirmation(c)
		return decided, late, err
	}
	return decided, late, tx.SetConfirmation(c)
}

// elsewhere marks what an MDN from another address said: it may confirm, but the first of the recipient's own still decides.
const elsewhere = " elsewhere"

// elsewhere tells an MDN from another address than the fax was sent to: an alias, a list, one of several who read a mailbox. What a server reports is different: it names the address that it
// knows the recipient by.
func (f finding) elsewhere() bool { return f.kind == "mdn" && !f.ours }

// finalVerdict tells what ends the waiting for the recipient's MDN.
func finalVerdict(v string) bool {
	switch mdn.Verdict(v) {
	case mdn.Confirmed, mdn.Failed, mdn.Refused, mdn.Deleted:
		return true
	}
	return false
}

func (g *Gateway) note(tx *spool.Tx, t spool.Task, report spool.ID, words string) error {
	_, err := tx.AddEvent(spool.Event{Job: t.Job, Task: t.ID, Received: report, Kind: "note", Words: words})
	return err
}
