package spool

import (
	"encoding/json"
	"fmt"
	"time"
)

// Contact is one entry of the address book.
type Contact struct {
	ID        ID              `json:"id"`
	Address   string          `json:"address"`        // unique
	Code      string          `json:"code,omitempty"` // a short name to send to, unique; empty: none
	Name      string          `json:"name"`
	Kind      string          `json:"kind"`            // "machine", "person", "unknown"
	Attrs     json.RawMessage `json:"attrs,omitempty"` // form, way, limits: the gateway's own
	CreatedAt time.Time       `json:"createdAt"`
	UpdatedAt time.Time       `json:"updatedAt"`
}

// Group is contacts that are sent to together.
type Group struct {
	ID        ID        `json:"id"`
	Code      string    `json:"code"` // unique
	Name      string    `json:"name"`
	CreatedAt time.Time `json:"createdAt"`
	UpdatedAt time.Time `json:"updatedAt"`
}

var contacts = table[Contact]{
	name: "contact",
	cols: []string{"id", "address", "code", "name", "kind", "attrs", "created_at", "updated_at"},
	bind: func(r *Contact) []any {
		return []any{&r.ID, &r.Address, opt(&r.Code), &r.Name, &r.Kind, jsonText{&r.Attrs}, millis{&r.CreatedAt}, millis{&r.UpdatedAt}}
	},
}

var groups = table[Group]{
	name: "contact_group",
	cols: []string{"id", "code", "name", "created_at", "updated_at"},
	bind: func(r *Group) []any {
		return []any{&r.ID, &r.Code, &r.Name, millis{&r.CreatedAt}, millis{&r.UpdatedAt}}
	},
}

// AddContact adds a contact; an empty ID, CreatedAt or UpdatedAt is filled in. An address or a code that is there already is a
// [*DuplicateError].
func (tx *Tx) AddContact(c Contact) (ID, error) {
	identify(&c.ID)
	tx.stamp(&c.CreatedAt)
	tx.stamp(&c.UpdatedAt)
	added, err := contacts.insert(tx, &c)
	if err == nil && !added {
		err = contacts.known(tx, [2]string{"address", c.Address}, [2]string{"code", c.Code}, [2]string{"id", string(c.ID)})
	}
	return c.ID, err
}

// SetContact writes every member of a contact but its ID and CreatedAt; UpdatedAt becomes now.
func (tx *Tx) SetContact(c Contact) error {
	old, err := contacts.one(tx, "id", string(c.ID))
	if err != nil {
		return err
	}
	c.CreatedAt, c.UpdatedAt = old.CreatedAt, tx.now
	if err := free(tx, &contacts, c.ID, func(r Contact) ID { return r.ID }, [2]string{"address", c.Address}, [2]string{"code", c.Code}); err != nil {
		return err
	}
	return contacts.update(tx, c.ID, &c)
}

// free says with a [*DuplicateError] which of the unique values belongs to another row than this one. It is asked before an
// update, because PostgreSQL gives up the whole transaction with one that fails.
func free[R any](tx *Tx, t *table[R], own ID, id func(R) ID, unique ...[2]string) error {
	for _, u := range unique {
		if u[1] == "" {
			continue
		}
		rows, err := t.list(tx, (&query{}).only(u[0], u[1]))
		if err != nil {
			return err
		}
		if len(rows) > 0 && id(rows[0]) != own {
			return &DuplicateError{Table: t.name, Column: u[0], Value: u[1], ID: id(rows[0])}
		}
	}
	return nil
}

// only is the query for the rows where the column has this value.
func (q *query) only(column, value string) *query {
	q.equal(column, value)
	return q
}

// Contact gives the contact with this address, or [ErrNotFound].
func (tx *Tx) Contact(address string) (Contact, error) { return contacts.one(tx, "address", address) }

// ContactByCode gives the contact with this code, or [ErrNotFound].
func (tx *Tx) ContactByCode(code string) (Contact, error) { return contacts.one(tx, "code", code) }

// Contacts lists all contacts by name.
func (tx *Tx) Contacts() ([]Contact, error) {
	return contacts.list(tx, &query{order: "name, id"})
}

// DeleteContact removes a contact, from its groups as well; one that is not there is [ErrNotFound].
func (tx *Tx) DeleteContact(id ID) error {
	if _, err := tx.exec("DELETE FROM contact_member WHERE contact_id = $1", id); err != nil {
		return fmt.Errorf("deleting contact: %w", err)
	}
	return tx.remove("contact", id)
}

func (tx *Tx) remove(table string, id ID) error {
	n, err := tx.exec("DELETE FROM "+table+" WHERE id = $1", id)
	if err != nil {
		return fmt.Errorf("deleting %s: %w", table, err)
	}
	if n == 0 {
		return notFound(table, string(id))
	}
	return nil
}

// AddGroup adds a group without members; an empty ID, CreatedAt or UpdatedAt is filled in. A code that is there already is a
// [*DuplicateError].
func (tx *Tx) AddGroup(g Group) (ID, error) {
	identify(&g.ID)
	tx.stamp(&g.CreatedAt)
	tx.stamp(&g.UpdatedAt)
	added, err := groups.insert(tx, &g)
	if err == nil && !added {
		err = groups.known(tx, [2]string{"code", g.Code}, [2]string{"id", string(g.ID)})
	}
	return g.ID, err
}

// SetGroup writes code and name of a group; UpdatedAt becomes now.
func (tx *Tx) SetGroup(g Group) error {
	old, err := groups.one(tx, "id", string(g.ID))
	if err != nil {
		return err
	}
	g.CreatedAt, g.UpdatedAt = old.CreatedAt, tx.now
	if err := free(tx, &groups, g.ID, func(r Group) ID { return r.ID }, [2]string{"code", g.Code}); err != nil {
		return err
	}
	return groups.update(tx, g.ID, &g)
}

// Group gives the group with this code, or [ErrNotFound].
func (tx *Tx) Group(code string) (Group, error) { return groups.one(tx, "code", code) }

// Groups lists all groups by code.
func (tx *Tx) Groups() ([]Group, error) { return groups.list(tx, &query{order: "code"}) }

// GroupsOf lists the groups that a contact is in, by code.
func (tx *Tx) GroupsOf(contact ID) ([]Group, error) {
	q := query{order: "code"}
	q.where = append(q.where, "id IN (SELECT group_id FROM contact_member WHERE contact_id = "+q.arg(contact)+")")
	return groups.list(tx, &q)
}

// DeleteGroup removes a group, not its members; one that is not there is [ErrNotFound].
func (tx *Tx) DeleteGroup(id ID) error {
	if _, err := tx.exec("DELETE FROM contact_member WHERE group_id = $1", id); err != nil {
		return fmt.Errorf("deleting group: %w", err)
	}
	return tx.remove("contact_group", id)
}

// SetMembers makes these contacts, in this order, the members of a group. Who is named twice is in it once.
func (tx *Tx) SetMembers(group ID, members []ID) error {
	if _, err := tx.exec("DELETE FROM contact_member WHERE group_id = $1", group); err != nil {
		return fmt.Errorf("changing group: %w", err)
	}
	for i, id := range members {
		const add = "INSERT INTO contact_member (group_id, contact_id, pos) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"
		if _, err := tx.exec(add, group, id, i); err != nil {
			return fmt.Errorf("changing group: %w", err)
		}
	}
	return nil
}

// Members lists the contacts of a group, in its order.
func (tx *Tx) Members(group ID) ([]Contact, error) {
	q := query{order: "(SELECT pos FROM contact_member WHERE contact_id = contact.id AND group_id = "}
	mark := q.arg(group)
	q.order += mark + ")"
	q.where = append(q.where, "id IN (SELECT contact_id FROM contact_member WHERE group_id = "+mark+")")
	return contacts.list(tx, &q)
}

// NextNumber counts the counter of this name up and gives its value: 1 the first time.
func (tx *Tx) NextNumber(name string) (n int64, err error) {
	const count = "INSERT INTO counter (name, value) VALUES ($1, 1) ON CONFLICT (name) DO UPDATE SET value = counter.value + 1 RETURNING value"
	if err := tx.sql.QueryRowContext(tx.ctx, count, name).Scan(&n); err != nil {
		return 0, fmt.Errorf("counting %s: %w", name, err)
	}
	return n, nil
}
