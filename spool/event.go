package spool

var events = table[Event]{
	name: "event",
	cols: []string{"id", "at", "job_id", "task_id", "received_id", "kind", "words", "data"},
	bind: func(r *Event) []any {
		return []any{&r.ID, millis{&r.At}, opt(&r.Job), opt(&r.Task), opt(&r.Received), &r.Kind, &r.Words, jsonText{&r.Data}}
	},
}

// AddEvent writes a line of the journal; an empty ID or At is filled in. There is no way to change or remove one.
func (tx *Tx) AddEvent(e Event) (ID, error) {
	identify(&e.ID)
	tx.stamp(&e.At)
	added, err := events.insert(tx, &e)
	if err == nil && !added {
		err = events.known(tx, [2]string{"id", string(e.ID)})
	}
	return e.ID, err
}

// EventFilter selects lines of the journal; empty members select all.
type EventFilter struct {
	Window
	Job, Task, Received ID
	Kinds               []string
}

// Events lists the journal, newest first unless the window says otherwise.
func (tx *Tx) Events(f EventFilter) ([]Event, error) {
	var q query
	q.filter("job_id", string(f.Job))
	q.filter("task_id", string(f.Task))
	q.filter("received_id", string(f.Received))
	among(&q, "kind", f.Kinds)
	q.window(f.Window)
	return events.list(tx, &q)
}
