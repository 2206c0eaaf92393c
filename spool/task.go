package spool

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

var tasks = table[Task]{
	name: "task",
	cols: []string{
		"id", "job_id", "received_id", "kind", "recipient", "state", "late", "priority", "due_at", "attempts", "fence", "lease_by", "lease_until",
		"reason", "what", "created_at", "updated_at",
	},
	bind: func(r *Task) []any {
		return []any{
			&r.ID, opt(&r.Job), opt(&r.Received), &r.Kind, &r.Recipient, &r.State, &r.Late, &r.Priority,
			optMillis{&r.DueAt},
			&r.Attempts, &r.Fence,
			opt(&r.LeaseBy),
			optMillis{&r.LeaseUntil},
			&r.Reason,
			jsonText{&r.What},
			millis{&r.CreatedAt},
			millis{&r.UpdatedAt},
		}
	},
}

// AddTask adds a task without a lease; an empty ID, CreatedAt or UpdatedAt is filled in. With DueAt it is work from then on.
func (tx *Tx) AddTask(t Task) (ID, error) {
	identify(&t.ID)
	tx.stamp(&t.CreatedAt)
	tx.stamp(&t.UpdatedAt)
	t.Fence, t.LeaseBy, t.LeaseUntil = 0, "", nil
	added, err := tasks.insert(tx, &t)
	if err == nil && !added {
		err = tasks.known(tx, [2]string{"id", string(t.ID)})
	}
	tx.due = tx.due || t.DueAt != nil
	return t.ID, err
}

// Task gives the task with this id, or [ErrNotFound].
func (tx *Tx) Task(id ID) (Task, error) { return tasks.one(tx, "id", string(id)) }

// TaskFilter selects tasks; empty members select all.
type TaskFilter struct {
	Window
	Job, Received ID
	Kinds         []Kind
	States        []State
	Recipient     string
}

// Tasks lists tasks, newest first unless the window says otherwise.
func (tx *Tx) Tasks(f TaskFilter) ([]Task, error) {
	var q query
	q.filter("job_id", string(f.Job))
	q.filter("received_id", string(f.Received))
	q.filter("recipient", f.Recipient)
	among(&q, "kind", f.Kinds)
	among(&q, "state", f.States)
	q.window(f.Window)
	return tasks.list(tx, &q)
}

// TaskChange is what changes in a task; members that are empty or nil leave it as it is.
type TaskChange struct {
	State    State
	Late     *bool
	Due      time.Time // when there is work again
	NoDue    bool      // there is no more work
	Attempts *int
	Reason   *string
	What     json.RawMessage
	// Release ends the lease, whoever has it: another worker may take the task once it is due, and the old one can write no more
	// ([ErrLeaseLost]). Within [Lease.Update] it is the end of the own lease.
	Release bool
}

// SetTask changes a task. A lease on it is not asked for: a worker writes through [Lease.Update], and a person's wish, such as
// to cancel, is written with Release, which takes the task from its worker.
func (tx *Tx) SetTask(id ID, c TaskChange) error {
	var q query
	set := c.columns(&q)
	set = append(set, "updated_at = "+q.arg(millis{&tx.now}))
	n, err := tx.exec("UPDATE task SET "+strings.Join(set, ", ")+" WHERE id = "+q.arg(id), q.args...)
	if err != nil {
		return fmt.Errorf("changing task %s: %w", id, err)
	}
	if n == 0 {
		return notFound("task", string(id))
	}
	tx.due = tx.due || !c.Due.IsZero() || c.Release
	return nil
}

func (c *TaskChange) columns(q *query) []string {
	var set []string
	add := func(column string, v any) { set = append(set, column+" = "+q.arg(v)) }
	if c.State != "" {
		add("state", c.State)
	}
	if c.Late != nil {
		add("late", *c.Late)
	}
	if c.NoDue {
		set = append(set, "due_at = NULL")
	} else if !c.Due.IsZero() {
		add("due_at", millis{&c.Due})
	}
	if c.Attempts != nil {
		add("attempts", *c.Attempts)
	}
	if c.Reason != nil {
		add("reason", *c.Reason)
	}
	if c.What != nil {
		add("what", jsonText{&c.What})
	}
	if c.Release {
		set = append(set, "fence = fence + 1", "lease_by = NULL", "lease_until = NULL")
	}
	return set
}
