-- The schema of the spool, for SQLite and PostgreSQL alike. Times are UTC milliseconds, ids are UUIDv7 texts, JSON is text.
-- Each migration begins with a line "-- version N" and is a list of statements, each ended by a semicolon, which stands nowhere
-- else. A version that has been released is never changed again.

-- version 1

CREATE TABLE job (
	id         TEXT PRIMARY KEY,
	dedup_key  TEXT UNIQUE,
	origin     TEXT NOT NULL,
	sender     TEXT NOT NULL,
	subject    TEXT NOT NULL,
	body       TEXT NOT NULL,
	attrs      TEXT,
	created_at BIGINT NOT NULL
);

CREATE TABLE received (
	id            TEXT PRIMARY KEY,
	blob          TEXT,
	size          BIGINT NOT NULL,
	envelope_from TEXT NOT NULL,
	envelope_to   TEXT NOT NULL,
	source        TEXT NOT NULL,
	dedup_key     TEXT UNIQUE,
	state         TEXT NOT NULL,
	kind          TEXT NOT NULL,
	sender        TEXT NOT NULL,
	subject       TEXT NOT NULL,
	message_id    TEXT,
	pages         BIGINT NOT NULL,
	error         TEXT NOT NULL,
	attrs         TEXT,
	received_at   BIGINT NOT NULL
);
CREATE INDEX received_message_id ON received (message_id);
CREATE INDEX received_blob ON received (blob);
CREATE INDEX received_state ON received (state, id);

CREATE TABLE document (
	id          TEXT PRIMARY KEY,
	job_id      TEXT REFERENCES job (id),
	received_id TEXT REFERENCES received (id),
	pos         BIGINT NOT NULL,
	name        TEXT NOT NULL,
	type        TEXT NOT NULL,
	hash        TEXT,
	size        BIGINT NOT NULL,
	pages       BIGINT NOT NULL,
	bad_rows    BIGINT NOT NULL,
	error       TEXT NOT NULL,
	CHECK ((job_id IS NULL) <> (received_id IS NULL))
);
CREATE INDEX document_job ON document (job_id, pos);
CREATE INDEX document_received ON document (received_id, pos);
CREATE INDEX document_hash ON document (hash);

CREATE TABLE page (
	document_id TEXT NOT NULL REFERENCES document (id),
	pos         BIGINT NOT NULL,
	width       BIGINT NOT NULL,
	height      BIGINT NOT NULL,
	x_res       DOUBLE PRECISION NOT NULL,
	y_res       DOUBLE PRECISION NOT NULL,
	coding      TEXT NOT NULL,
	error       TEXT NOT NULL,
	PRIMARY KEY (document_id, pos)
);

CREATE TABLE task (
	id          TEXT PRIMARY KEY,
	job_id      TEXT REFERENCES job (id),
	received_id TEXT REFERENCES received (id),
	kind        TEXT NOT NULL,
	recipient   TEXT NOT NULL,
	state       TEXT NOT NULL,
	late        BOOLEAN NOT NULL,
	priority    BIGINT NOT NULL CHECK (priority BETWEEN -1 AND 1),
	due_at      BIGINT,
	attempts    BIGINT NOT NULL,
	fence       BIGINT NOT NULL,
	lease_by    TEXT,
	lease_until BIGINT,
	reason      TEXT NOT NULL,
	what        TEXT,
	created_at  BIGINT NOT NULL,
	updated_at  BIGINT NOT NULL
);
CREATE INDEX task_due ON task (due_at, id) WHERE due_at IS NOT NULL;
CREATE INDEX task_turn ON task (priority, due_at, id) WHERE due_at IS NOT NULL;
CREATE INDEX task_job ON task (job_id, id);
CREATE INDEX task_received ON task (received_id, id);
CREATE INDEX task_kind_state ON task (kind, state, id);
CREATE INDEX task_recipient ON task (recipient, id);
CREATE INDEX task_lease_by ON task (lease_by) WHERE lease_by IS NOT NULL;

CREATE TABLE message (
	id         TEXT PRIMARY KEY,
	task_id    TEXT NOT NULL REFERENCES task (id),
	message_id TEXT UNIQUE,
	envid      TEXT UNIQUE,
	form       TEXT,
	blob       TEXT,
	size       BIGINT NOT NULL,
	part       BIGINT NOT NULL,
	parts      BIGINT NOT NULL,
	supersedes TEXT REFERENCES message (id),
	created_at BIGINT NOT NULL
);
CREATE INDEX message_task ON message (task_id, id);
CREATE INDEX message_blob ON message (blob);

CREATE TABLE attempt (
	id         TEXT PRIMARY KEY,
	message_id TEXT NOT NULL REFERENCES message (id),
	started_at BIGINT NOT NULL,
	dot_at     BIGINT,
	ended_at   BIGINT,
	hop        TEXT NOT NULL,
	code       BIGINT NOT NULL,
	reply      TEXT NOT NULL,
	tls        TEXT NOT NULL,
	outcome    TEXT NOT NULL
);
CREATE INDEX attempt_message ON attempt (message_id, id);

CREATE TABLE confirmation (
	id          TEXT PRIMARY KEY,
	message_id  TEXT NOT NULL REFERENCES message (id),
	kind        TEXT NOT NULL,
	deadline    BIGINT,
	received_at BIGINT,
	result      TEXT NOT NULL,
	report_id   TEXT REFERENCES received (id)
);
CREATE INDEX confirmation_message ON confirmation (message_id, id);

CREATE TABLE mailbox_item (
	account     TEXT NOT NULL,
	validity    TEXT NOT NULL,
	uid         TEXT NOT NULL,
	received_id TEXT REFERENCES received (id),
	deleted_at  BIGINT,
	PRIMARY KEY (account, validity, uid)
);

CREATE TABLE notice (
	received_id TEXT NOT NULL REFERENCES received (id),
	recipient   TEXT NOT NULL,
	kind        TEXT NOT NULL,
	task_id     TEXT REFERENCES task (id),
	sent_at     BIGINT,
	PRIMARY KEY (received_id, recipient, kind)
);

CREATE TABLE peer (
	address      TEXT PRIMARY KEY,
	raw          TEXT NOT NULL,
	canonical    TEXT NOT NULL,
	source       TEXT NOT NULL,
	learned_from TEXT,
	learned_at   BIGINT NOT NULL,
	expires_at   BIGINT,
	pinned       BOOLEAN NOT NULL,
	attrs        TEXT
);

CREATE TABLE event (
	id          TEXT PRIMARY KEY,
	at          BIGINT NOT NULL,
	job_id      TEXT REFERENCES job (id),
	task_id     TEXT REFERENCES task (id),
	received_id TEXT REFERENCES received (id),
	kind        TEXT NOT NULL,
	words       TEXT NOT NULL,
	data        TEXT
);
CREATE INDEX event_job ON event (job_id, id);
CREATE INDEX event_task ON event (task_id, id);
CREATE INDEX event_received ON event (received_id, id);

CREATE TABLE token (
	id         TEXT PRIMARY KEY,
	name       TEXT NOT NULL,
	hash       TEXT NOT NULL UNIQUE,
	scope      TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	revoked_at BIGINT,
	last_used  BIGINT
);

CREATE TABLE named_lease (
	name   TEXT PRIMARY KEY,
	holder TEXT NOT NULL,
	until  BIGINT NOT NULL,
	fence  BIGINT NOT NULL
);

CREATE TABLE contact (
	id         TEXT PRIMARY KEY,
	address    TEXT NOT NULL UNIQUE,
	code       TEXT UNIQUE,
	name       TEXT NOT NULL,
	kind       TEXT NOT NULL,
	attrs      TEXT,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL
);
CREATE INDEX contact_name ON contact (name, id);

CREATE TABLE contact_group (
	id         TEXT PRIMARY KEY,
	code       TEXT NOT NULL UNIQUE,
	name       TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL
);

CREATE TABLE contact_member (
	group_id   TEXT NOT NULL REFERENCES contact_group (id),
	contact_id TEXT NOT NULL REFERENCES contact (id),
	pos        BIGINT NOT NULL,
	PRIMARY KEY (group_id, contact_id)
);
CREATE INDEX contact_member_contact ON contact_member (contact_id);

CREATE TABLE counter (
	name  TEXT PRIMARY KEY,
	value BIGINT NOT NULL
);

CREATE TABLE route (
	id         TEXT PRIMARY KEY,
	pos        BIGINT NOT NULL,
	name       TEXT NOT NULL,
	enabled    BOOLEAN NOT NULL,
	attrs      TEXT,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL
);

CREATE TABLE account (
	name       TEXT PRIMARY KEY,
	kind       TEXT NOT NULL,
	state      TEXT NOT NULL,
	words      TEXT NOT NULL,
	attrs      TEXT,
	updated_at BIGINT NOT NULL
);

CREATE TABLE session (
	id         TEXT PRIMARY KEY,
	hash       TEXT NOT NULL UNIQUE,
	person     TEXT NOT NULL,
	attrs      TEXT,
	created_at BIGINT NOT NULL,
	expires_at BIGINT NOT NULL
);
CREATE INDEX session_expires ON session (expires_at);

-- version 2

CREATE TABLE reply (
	received_id TEXT PRIMARY KEY REFERENCES received (id),
	token       TEXT NOT NULL UNIQUE,
	expires_at  BIGINT NOT NULL
);

-- version 3

CREATE TABLE fragment (
	set_name    TEXT NOT NULL,
	number      BIGINT NOT NULL,
	total       BIGINT NOT NULL,
	received_id TEXT NOT NULL REFERENCES received (id),
	PRIMARY KEY (set_name, number)
);
CREATE INDEX fragment_received ON fragment (received_id);
