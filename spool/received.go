package spool

import (
	"fmt"
	"time"
)

var receivedMail = table[Received]{
	name: "received",
	cols: []string{
		"id", "blob", "size", "envelope_from", "envelope_to", "source", "dedup_key", "state", "kind", "sender", "subject", "message_id",
		"pages", "error", "attrs", "received_at",
	},
	bind: func(r *Received) []any {
		return []any{
			&r.ID, opt(&r.Blob), &r.Size, &r.EnvelopeFrom, &r.EnvelopeTo, &r.Source, opt(&r.DedupKey), &r.State, &r.Kind, &r.From,
			&r.Subject, opt(&r.MessageID), &r.Pages, &r.Error,
			jsonText{&r.Attrs},
			millis{&r.ReceivedAt},
		}
	},
}

var mailboxItems = table[MailboxItem]{
	name: "mailbox_item",
	cols: []string{"account", "validity", "uid", "received_id", "deleted_at"},
	bind: func(r *MailboxItem) []any {
		return []any{&r.Account, &r.Validity, &r.UID, opt(&r.Received), optMillis{&r.DeletedAt}}
	},
}

var notices = table[Notice]{
	name: "notice",
	cols: []string{"received_id", "recipient", "kind", "task_id", "sent_at"},
	bind: func(r *Notice) []any {
		return []any{&r.Received, &r.Recipient, &r.Kind, opt(&r.Task), optMillis{&r.SentAt}}
	},
}

// AddReceived adds a received mail; an empty ID or ReceivedAt is filled in. A DedupKey that is there already is a
// [*DuplicateError] with the id of the first.
func (tx *Tx) AddReceived(r Received) (ID, error) {
	identify(&r.ID)
	tx.stamp(&r.ReceivedAt)
	added, err := receivedMail.insert(tx, &r)
	if err == nil && !added {
		err = receivedMail.known(tx, [2]string{"dedup_key", r.DedupKey}, [2]string{"id", string(r.ID)})
	}
	return r.ID, err
}

// Received gives the received mail with this id, or [ErrNotFound].
func (tx *Tx) Received(id ID) (Received, error) { return receivedMail.one(tx, "id", string(id)) }

// ReceivedByDedupKey gives the received mail with this key, or [ErrNotFound].
func (tx *Tx) ReceivedByDedupKey(key string) (Received, error) {
	return receivedMail.one(tx, "dedup_key", key)
}

// SetReceived writes the whole row of an existing received mail. A DedupKey that another one has is a [*DuplicateError].
func (tx *Tx) SetReceived(r Received) error {
	if r.DedupKey != "" {
		id, err := tx.text("SELECT id FROM received WHERE dedup_key = $1 AND id <> $2", r.DedupKey, r.ID)
		if err != nil {
			return fmt.Errorf("reading received: %w", err)
		}
		if id != "" {
			return &DuplicateError{Table: "received", Column: "dedup_key", Value: r.DedupKey, ID: ID(id)}
		}
	}
	return receivedMail.update(tx, r.ID, &r)
}

// ReceivedFilter selects received mail; empty members select all.
type ReceivedFilter struct {
	Window
	States     []State
	Kinds      []string
	From       string
	EnvelopeTo string
	MessageID  string
	Since      time.Time
}

// ReceivedList lists received mail, newest first unless the window says otherwise.
func (tx *Tx) ReceivedList(f ReceivedFilter) ([]Received, error) {
	var q query
	q.filter("sender", f.From)
	q.filter("envelope_to", f.EnvelopeTo)
	q.filter("message_id", f.MessageID)
	among(&q, "state", f.States)
	among(&q, "kind", f.Kinds)
	if !f.Since.IsZero() {
		q.where = append(q.where, "received_at >= "+q.arg(f.Since.UnixMilli()))
	}
	q.window(f.Window)
	return receivedMail.list(tx, &q)
}

// PutMailboxItem adds or replaces a mailbox item.
func (tx *Tx) PutMailboxItem(m MailboxItem) error {
	return mailboxItems.put(tx, &m, "account", "validity", "uid")
}

// MailboxItem gives the item with this name, or [ErrNotFound].
func (tx *Tx) MailboxItem(account, validity, uid string) (MailboxItem, error) {
	q := query{limit: 1}
	q.equal("account", account)
	q.equal("validity", validity)
	q.equal("uid", uid)
	list, err := mailboxItems.list(tx, &q)
	if err == nil && len(list) == 0 {
		err = notFound("mailbox_item", account+" "+validity+" "+uid)
	}
	if err != nil {
		return MailboxItem{}, err
	}
	return list[0], nil
}

// MailboxItems lists the items of an account that are still on the server, as far as is known.
func (tx *Tx) MailboxItems(account string) ([]MailboxItem, error) {
	q := query{order: "validity, uid", where: []string{"deleted_at IS NULL"}}
	q.equal("account", account)
	return mailboxItems.list(tx, &q)
}

// SetMailboxItemDeleted notes that the server no longer has the item. The row stays, so that a server that brings it back is known.
func (tx *Tx) SetMailboxItemDeleted(account, validity, uid string, at time.Time) error {
	n, err := tx.exec("UPDATE mailbox_item SET deleted_at = $1 WHERE account = $2 AND validity = $3 AND uid = $4",
		at.UnixMilli(), account, validity, uid)
	if err != nil {
		return fmt.Errorf("changing mailbox_item: %w", err)
	}
	if n == 0 {
		return notFound("mailbox_item", account+" "+validity+" "+uid)
	}
	return nil
}

// AddNotice adds a receipt that is owed; false: it is owed or given already, and nothing was changed.
func (tx *Tx) AddNotice(n Notice) (bool, error) { return notices.insert(tx, &n) }

// Notice gives the receipt for this mail, recipient and kind, or [ErrNotFound].
func (tx *Tx) Notice(received ID, recipient, kind string) (Notice, error) {
	q := query{limit: 1}
	q.equal("received_id", string(received))
	q.equal("recipient", recipient)
	q.equal("kind", kind)
	list, err := notices.list(tx, &q)
	if err == nil && len(list) == 0 {
		err = notFound("notice", string(received)+" "+recipient+" "+kind)
	}
	if err != nil {
		return Notice{}, err
	}
	return list[0], nil
}

// Notices lists the receipts for a received mail.
func (tx *Tx) Notices(received ID) ([]Notice, error) {
	q := query{order: "recipient, kind"}
	q.equal("received_id", string(received))
	return notices.list(tx, &q)
}

// SetNoticeSent notes that the receipt goes out now; false: it has gone out already, and must not again (RFC 8098 section 2.1).
func (tx *Tx) SetNoticeSent(received ID, recipient, kind string, at time.Time) (bool, error) {
	n, err := tx.exec("UPDATE notice SET sent_at = $1 WHERE received_id = $2 AND recipient = $3 AND kind = $4 AND sent_at IS NULL",
		at.UnixMilli(), received, recipient, kind)
	if err != nil {
		return false, fmt.Errorf("changing notice: %w", err)
	}
	if n > 0 {
		return true, nil
	}
	_, err = tx.Notice(received, recipient, kind)
	return false, err
}
