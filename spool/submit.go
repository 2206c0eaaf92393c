package spool

import (
	"context"
	"errors"
)

// Draft is a job with all that belongs to it. Ids that are empty, and the references to the job, are filled in.
type Draft struct {
	Key       string // the submitter's idempotency key; empty: none
	Job       Job
	Documents []Document
	Tasks     []Task
	Events    []Event // about the job, unless they name another; one that names a task has the ID that the task was given here
}

// Submit keeps the draft in one transaction and gives the id of its job. It is idempotent: a Key that is there already keeps
// nothing and gives the id of the first job.
func (s *Spool) Submit(ctx context.Context, d Draft) (id ID, err error) {
	err = s.Update(ctx, func(tx *Tx) error {
		id, _, err = tx.Submit(d)
		return err
	})
	return id, err
}

// Submit is [Spool.Submit] within a transaction; fresh is false when the Key was there already.
func (tx *Tx) Submit(d Draft) (id ID, fresh bool, err error) {
	if d.Key != "" {
		d.Job.Key = d.Key
	}
	id, err = tx.AddJob(d.Job)
	if dup, ok := errors.AsType[*DuplicateError](err); ok && dup.Column == "dedup_key" {
		return dup.ID, false, nil
	}
	if err != nil {
		return "", false, err
	}
	return id, true, tx.addDraft(id, d)
}

func (tx *Tx) addDraft(job ID, d Draft) error {
	for i, doc := range d.Documents {
		doc.Job, doc.Pos = job, i
		if _, err := tx.AddDocument(doc); err != nil {
			return err
		}
	}
	for _, t := range d.Tasks {
		t.Job = job
		if _, err := tx.AddTask(t); err != nil {
			return err
		}
	}
	for _, e := range d.Events {
		if e.Job == "" {
			e.Job = job
		}
		if _, err := tx.AddEvent(e); err != nil {
			return err
		}
	}
	return nil
}
