package gateway

import (
	"errors"
	"slices"
	"strings"

	"faxgate/ifax"
	"faxgate/mdn"
	"faxgate/spool"
)

// match finds the message that a report speaks of by the keys of the report, in their order of trust, and tells which key it was. Message-IDs and envelope ids are random and of one recipient
// each: who knows one has seen the fax. Nothing that can be guessed (the subject, the recipient) is a key.
func (g *Gateway) match(tx *spool.Tx, msg *ifax.Message) (spool.Message, spool.Task, string, error) {
	for _, k := range msg.Keys("").Candidates() {
		m, err := g.byKey(tx, k)
		if errors.Is(err, spool.ErrNotFound) {
			continue
		}
		if err != nil {
			return spool.Message{}, spool.Task{}, "", err
		}
		t, err := tx.Task(m.Task)
		if err == nil && k.Field == mdn.KeyEnvelopeID && contradicts(msg.DSN, t.Recipient) {
			continue
		}
		return m, t, k.Field, err
	}
	return spool.Message{}, spool.Task{}, "", spool.ErrNotFound
}

func (g *Gateway) byKey(tx *spool.Tx, k mdn.Key) (spool.Message, error) {
	if k.Field == mdn.KeyEnvelopeID {
		return tx.MessageByEnvID(k.Value)
	}
	return tx.MessageByMessageID(k.Value)
}

// contradicts tells a DSN that has our envelope id and an original recipient that never went with it: a server that hands on the one hands on the other (RFC 3461 section 5.2.1), so no server
// has written this.
func contradicts(d *mdn.DSN, recipient string) bool {
	var names []string
	for _, r := range d.Recipients {
		if r.OriginalRecipient != "" {
			names = append(names, strings.ToLower(r.OriginalRecipient))
		}
	}
	return len(names) > 0 && !mdn.Keys{Recipients: names}.Concerns(strings.ToLower(recipient))
}

// noteLikely notes a receipt in words, which names no message, on the only fax that it can be meant for. It proves nothing, as anybody could have written it, so the fax stays as it is.
func (g *Gateway) noteLikely(tx *spool.Tx, rec spool.Received, msg *ifax.Message) error {
	if len(msg.Keys("").Candidates()) > 0 {
		return nil
	}
	since := tx.Now().Add(-g.cfg.Retry.Monitoring.D())
	for _, name := range msg.Keys("").Recipients {
		sent, err := tx.MessagesByRecipient(name, since, spool.Window{Limit: all})
		if err != nil {
			return err
		}
		var tasks []spool.ID
		for _, m := range sent {
			if !slices.Contains(tasks, m.Task) {
				tasks = append(tasks, m.Task)
			}
		}
		if len(tasks) != 1 {
			continue
		}
		t, err := tx.Task(tasks[0])
		if err != nil || t.Kind != KindFax {
			return err
		}
		for _, f := range findings(msg) {
			if err := g.note(tx, t, rec.ID, "a receipt that names no message, and so proves nothing, may be for this fax: "+f.words); err != nil {
				return err
			}
		}
		return nil
	}
	return nil
}
