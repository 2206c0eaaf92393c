package gateway

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"faxgate/spool"
)

// ContactView is a contact with the groups that it is in and how the next fax to it would go.
type ContactView struct {
	Contact
	Groups []string `json:"groups,omitempty"` // codes
	Next   NextFax  `json:"next"`
}

// Contacts lists the address book by name.
func (g *Gateway) Contacts(ctx context.Context) ([]Contact, error) {
	list := []Contact{}
	err := g.spool.View(ctx, func(tx *spool.Tx) error {
		rows, err := tx.Contacts()
		for _, r := range rows {
			list = append(list, contactOfRow(r))
		}
		return err
	})
	return list, err
}

// Contact shows the contact with this address or code.
func (g *Gateway) Contact(ctx context.Context, who string) (v ContactView, err error) {
	err = g.spool.View(ctx, func(tx *spool.Tx) error {
		c, err := findContact(tx, who)
		if err != nil {
			return err
		}
		v.Contact = c
		groups, err := tx.GroupsOf(c.ID)
		for _, gr := range groups {
			v.Groups = append(v.Groups, gr.Code)
		}
		return err
	})
	if err != nil {
		return v, err
	}
	v.Next, err = g.nextFax(ctx, v.Address)
	return v, err
}

// findContact finds a contact by its address or its code.
func findContact(tx *spool.Tx, who string) (Contact, error) {
	who = strings.TrimSpace(who)
	find := tx.ContactByCode
	if strings.Contains(who, "@") {
		who, find = peerKey(who), tx.Contact
	} else {
		who = strings.ToLower(who)
	}
	r, err := find(who)
	if err != nil {
		return Contact{}, notFound(err)
	}
	return contactOfRow(r), nil
}

// AddContact adds a contact to the address book. A mistake in it, or an address or code that is taken, is an *InputError.
func (g *Gateway) AddContact(ctx context.Context, c Contact) (Contact, error) {
	c, err := g.checked(c)
	if err != nil {
		return c, err
	}
	c.ID = ""
	err = g.spool.Update(ctx, func(tx *spool.Tx) error { return addContact(tx, &c) })
	return c, err
}

func addContact(tx *spool.Tx, c *Contact) error {
	if err := codeIsFree(tx, c.Code, c.ID); err != nil {
		return err
	}
	row := c.row()
	row.CreatedAt, row.UpdatedAt = tx.Now(), tx.Now()
	id, err := tx.AddContact(row)
	if err != nil {
		return taken(err)
	}
	c.ID, c.CreatedAt, c.UpdatedAt = id, row.CreatedAt, row.UpdatedAt
	return noteContact(tx, *c, "added")
}

// SetContact replaces the contact with this address or code by c, which may have another address and another code.
func (g *Gateway) SetContact(ctx context.Context, who string, c Contact) (Contact, error) {
	c, err := g.checked(c)
	if err != nil {
		return c, err
	}
	err = g.spool.Update(ctx, func(tx *spool.Tx) error {
		old, err := findContact(tx, who)
		if err != nil {
			return err
		}
		c.ID, c.CreatedAt = old.ID, old.CreatedAt
		return setContact(tx, &c)
	})
	return c, err
}

func setContact(tx *spool.Tx, c *Contact) error {
	if err := codeIsFree(tx, c.Code, c.ID); err != nil {
		return err
	}
	if err := tx.SetContact(c.row()); err != nil {
		return taken(err)
	}
	c.UpdatedAt = tx.Now()
	return noteContact(tx, *c, "changed")
}

// RemoveContact removes a contact, from its groups as well. Faxes that are on their way to it go on.
func (g *Gateway) RemoveContact(ctx context.Context, who string) error {
	return g.spool.Update(ctx, func(tx *spool.Tx) error {
		c, err := findContact(tx, who)
		if err != nil {
			return err
		}
		if err := tx.DeleteContact(c.ID); err != nil {
			return notFound(err)
		}
		return noteContact(tx, c, "removed")
	})
}

// codeIsFree keeps contacts and groups from having the same code: what is sent to it must be clear.
func codeIsFree(tx *spool.Tx, code string, own spool.ID) error {
	if code == "" {
		return nil
	}
	gr, err := tx.Group(code)
	if err == nil && gr.ID != own {
		return &InputError{"code", fmt.Sprintf("%q is the code of the group %q already", code, gr.Name)}
	}
	if err != nil && !errors.Is(err, spool.ErrNotFound) {
		return err
	}
	c, err := tx.ContactByCode(code)
	if err == nil && c.ID != own {
		return &InputError{"code", fmt.Sprintf("%q is the code of %s already", code, c.Address)}
	}
	if errors.Is(err, spool.ErrNotFound) {
		return nil
	}
	return err
}

// taken words a value that another entry has.
func taken(err error) error {
	if dup, ok := errors.AsType[*spool.DuplicateError](err); ok {
		return &InputError{dup.Column, fmt.Sprintf("%q is in the address book already", dup.Value)}
	}
	return notFound(err)
}

func noteContact(tx *spool.Tx, c Contact, done string) error {
	name := c.Address
	if c.Name != "" {
		name = c.Name + " <" + c.Address + ">"
	}
	_, err := tx.AddEvent(spool.Event{Kind: "contact", Words: "contact " + done + ": " + name, Data: marshal(c)})
	return err
}
