package spool

import (
	"fmt"
	"time"
)

var messages = table[Message]{
	name: "message",
	cols: []string{
		"id", "task_id", "message_id", "envid", "form", "blob", "size", "part", "parts", "supersedes", "created_at",
	},
	bind: func(r *Message) []any {
		return []any{
			&r.ID, &r.Task, opt(&r.MessageID), opt(&r.EnvID),
			jsonText{&r.Form},
			opt(&r.Blob), &r.Size, &r.Part, &r.Parts,
			opt(&r.Supersedes),
			millis{&r.CreatedAt},
		}
	},
}

var attempts = table[Attempt]{
	name: "attempt",
	cols: []string{"id", "message_id", "started_at", "dot_at", "ended_at", "hop", "code", "reply", "tls", "outcome"},
	bind: func(r *Attempt) []any {
		return []any{
			&r.ID, &r.Message, millis{&r.StartedAt}, optMillis{&r.DotAt}, optMillis{&r.EndedAt}, &r.Hop, &r.Code, &r.Reply, &r.TLS, &r.Outcome,
		}
	},
}

var confirmations = table[Confirmation]{
	name: "confirmation",
	cols: []string{"id", "message_id", "kind", "deadline", "received_at", "result", "report_id"},
	bind: func(r *Confirmation) []any {
		return []any{
			&r.ID, &r.Message, &r.Kind, optMillis{&r.Deadline}, optMillis{&r.ReceivedAt}, &r.Result, opt(&r.Report),
		}
	},
}

// AddMessage adds a composed message; an empty ID or CreatedAt is filled in. A MessageID or EnvID that is there already is a
// [*DuplicateError] with the id of its message.
func (tx *Tx) AddMessage(m Message) (ID, error) {
	identify(&m.ID)
	tx.stamp(&m.CreatedAt)
	added, err := messages.insert(tx, &m)
	if err == nil && !added {
		err = messages.known(tx, [2]string{"message_id", m.MessageID}, [2]string{"envid", m.EnvID}, [2]string{"id", string(m.ID)})
	}
	return m.ID, err
}

// Message gives the message with this id, or [ErrNotFound].
func (tx *Tx) Message(id ID) (Message, error) { return messages.one(tx, "id", string(id)) }

// Messages lists the messages of a task, oldest first.
func (tx *Tx) Messages(task ID) ([]Message, error) {
	q := query{order: "id"}
	q.equal("task_id", string(task))
	return messages.list(tx, &q)
}

// MessageByMessageID gives the message that was sent under this Message-ID, or [ErrNotFound].
func (tx *Tx) MessageByMessageID(id string) (Message, error) {
	return messages.one(tx, "message_id", id)
}

// MessageByEnvID gives the message that was sent under this envelope id (RFC 3461 section 4.4), or [ErrNotFound].
func (tx *Tx) MessageByEnvID(id string) (Message, error) { return messages.one(tx, "envid", id) }

// MessagesByRecipient lists the messages of all tasks for this recipient that were made since then, newest first.
func (tx *Tx) MessagesByRecipient(recipient string, since time.Time, w Window) ([]Message, error) {
	var q query
	q.where = append(q.where, "task_id IN (SELECT id FROM task WHERE recipient = "+q.arg(recipient)+")")
	q.where = append(q.where, "created_at >= "+q.arg(since.UnixMilli()))
	q.window(w)
	return messages.list(tx, &q)
}

// AddAttempt adds an attempt; an empty ID or StartedAt is filled in.
func (tx *Tx) AddAttempt(a Attempt) (ID, error) {
	identify(&a.ID)
	tx.stamp(&a.StartedAt)
	added, err := attempts.insert(tx, &a)
	if err == nil && !added {
		err = attempts.known(tx, [2]string{"id", string(a.ID)})
	}
	return a.ID, err
}

// Attempts lists the attempts at a message, oldest first.
func (tx *Tx) Attempts(message ID) ([]Attempt, error) {
	q := query{order: "id"}
	q.equal("message_id", string(message))
	return attempts.list(tx, &q)
}

// SetDot notes that the final dot of an attempt is about to be sent: from here on it may have been accepted.
func (tx *Tx) SetDot(attempt ID, at time.Time) error {
	n, err := tx.exec("UPDATE attempt SET dot_at = $1 WHERE id = $2", at.UnixMilli(), attempt)
	if err != nil {
		return fmt.Errorf("changing attempt %s: %w", attempt, err)
	}
	if n == 0 {
		return notFound("attempt", string(attempt))
	}
	return nil
}

// AttemptEnd is how an attempt ended.
type AttemptEnd struct {
	At         time.Time // zero: now
	Hop        string
	Code       int
	Reply, TLS string
	Outcome    string
}

// EndAttempt notes how an attempt ended. Its start and its dot stay as they are.
func (tx *Tx) EndAttempt(attempt ID, e AttemptEnd) error {
	tx.stamp(&e.At)
	n, err := tx.exec("UPDATE attempt SET ended_at = $1, hop = $2, code = $3, reply = $4, tls = $5, outcome = $6 WHERE id = $7",
		e.At.UnixMilli(), e.Hop, e.Code, e.Reply, e.TLS, e.Outcome, attempt)
	if err != nil {
		return fmt.Errorf("changing attempt %s: %w", attempt, err)
	}
	if n == 0 {
		return notFound("attempt", string(attempt))
	}
	return nil
}

// AddConfirmation adds an answer that is waited for; an empty ID is filled in.
func (tx *Tx) AddConfirmation(c Confirmation) (ID, error) {
	identify(&c.ID)
	added, err := confirmations.insert(tx, &c)
	if err == nil && !added {
		err = confirmations.known(tx, [2]string{"id", string(c.ID)})
	}
	return c.ID, err
}

// SetConfirmation writes the whole row of an existing confirmation.
func (tx *Tx) SetConfirmation(c Confirmation) error { return confirmations.update(tx, c.ID, &c) }

// Confirmations lists the answers to a message, oldest first.
func (tx *Tx) Confirmations(message ID) ([]Confirmation, error) {
	q := query{order: "id"}
	q.equal("message_id", string(message))
	return confirmations.list(tx, &q)
}
