package spool

import "time"

var jobs = table[Job]{
	name: "job",
	cols: []string{"id", "dedup_key", "origin", "sender", "subject", "body", "attrs", "created_at"},
	bind: func(r *Job) []any {
		return []any{&r.ID, opt(&r.Key), &r.Origin, &r.Sender, &r.Subject, &r.Text, jsonText{&r.Attrs}, millis{&r.CreatedAt}}
	},
}

var documents = table[Document]{
	name: "document",
	cols: []string{"id", "job_id", "received_id", "pos", "name", "type", "hash", "size", "pages", "bad_rows", "error"},
	bind: func(r *Document) []any {
		return []any{
			&r.ID, opt(&r.Job), opt(&r.Received), &r.Pos, &r.Name, &r.Type, opt(&r.Hash), &r.Size, &r.Pages, &r.BadRows, &r.Error,
		}
	},
}

var pages = table[Page]{
	name: "page",
	cols: []string{"document_id", "pos", "width", "height", "x_res", "y_res", "coding", "error"},
	bind: func(r *Page) []any {
		return []any{&r.Document, &r.Index, &r.Width, &r.Height, &r.XRes, &r.YRes, &r.Coding, &r.Error}
	},
}

// identify gives a new row its id.
func identify(id *ID) ID {
	if *id == "" {
		*id = NewID()
	}
	return *id
}

// stamp gives a new row its time.
func (tx *Tx) stamp(t *time.Time) {
	if t.IsZero() {
		*t = tx.now
	}
}

// AddJob adds a job; an empty ID or CreatedAt is filled in. A Key that is there already is a [*DuplicateError] with its job's id.
func (tx *Tx) AddJob(j Job) (ID, error) {
	identify(&j.ID)
	tx.stamp(&j.CreatedAt)
	added, err := jobs.insert(tx, &j)
	if err == nil && !added {
		err = jobs.known(tx, [2]string{"dedup_key", j.Key}, [2]string{"id", string(j.ID)})
	}
	return j.ID, err
}

// Job gives the job with this id, or [ErrNotFound].
func (tx *Tx) Job(id ID) (Job, error) { return jobs.one(tx, "id", string(id)) }

// SetJob writes the whole row of an existing job.
func (tx *Tx) SetJob(j Job) error { return jobs.update(tx, j.ID, &j) }

// JobByKey gives the job with this idempotency key, or [ErrNotFound].
func (tx *Tx) JobByKey(key string) (Job, error) { return jobs.one(tx, "dedup_key", key) }

// JobFilter selects jobs; empty members select all.
type JobFilter struct {
	Window
	Origin, Sender string
}

// Jobs lists jobs, newest first unless the window says otherwise.
func (tx *Tx) Jobs(f JobFilter) ([]Job, error) {
	var q query
	q.filter("origin", f.Origin)
	q.filter("sender", f.Sender)
	q.window(f.Window)
	return jobs.list(tx, &q)
}

// AddDocument adds a document of a job or of a received mail; an empty ID is filled in.
func (tx *Tx) AddDocument(d Document) (ID, error) {
	identify(&d.ID)
	added, err := documents.insert(tx, &d)
	if err == nil && !added {
		err = documents.known(tx, [2]string{"id", string(d.ID)})
	}
	return d.ID, err
}

// Document gives the document with this id, or [ErrNotFound].
func (tx *Tx) Document(id ID) (Document, error) { return documents.one(tx, "id", string(id)) }

// SetDocument writes the whole row of an existing document.
func (tx *Tx) SetDocument(d Document) error { return documents.update(tx, d.ID, &d) }

// Documents lists the documents of a job, in order.
func (tx *Tx) Documents(job ID) ([]Document, error) { return tx.documents("job_id", job) }

// ReceivedDocuments lists the documents of a received mail, in order.
func (tx *Tx) ReceivedDocuments(received ID) ([]Document, error) {
	return tx.documents("received_id", received)
}

func (tx *Tx) documents(column string, id ID) ([]Document, error) {
	q := query{order: "pos, id"}
	q.equal(column, string(id))
	return documents.list(tx, &q)
}

// PutPage adds what was read of a page, or replaces what an earlier reading said of it.
func (tx *Tx) PutPage(p Page) error { return pages.put(tx, &p, "document_id", "pos") }

// Pages lists the pages of a document, in order.
func (tx *Tx) Pages(document ID) ([]Page, error) {
	q := query{order: "pos"}
	q.equal("document_id", string(document))
	return pages.list(tx, &q)
}
