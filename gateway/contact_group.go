package gateway

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"faxgate/ifax"
	"faxgate/spool"
)

// Group is contacts that are sent to together, each with a message and a state of its own: no member sees another's address.
type Group struct {
	Code    string   `json:"code"`
	Name    string   `json:"name,omitempty"`
	Members []string `json:"members"` // addresses; codes are understood where a group is made
}

// Groups lists all groups by code.
func (g *Gateway) Groups(ctx context.Context) ([]Group, error) {
	list := []Group{}
	err := g.spool.View(ctx, func(tx *spool.Tx) error {
		rows, err := tx.Groups()
		if err != nil {
			return err
		}
		for _, r := range rows {
			gr, err := groupOfRow(tx, r)
			if err != nil {
				return err
			}
			list = append(list, gr)
		}
		return nil
	})
	return list, err
}

// Group shows the group with this code.
func (g *Gateway) Group(ctx context.Context, code string) (gr Group, err error) {
	err = g.spool.View(ctx, func(tx *spool.Tx) error {
		r, err := tx.Group(strings.ToLower(code))
		if err != nil {
			return notFound(err)
		}
		gr, err = groupOfRow(tx, r)
		return err
	})
	return gr, err
}

func groupOfRow(tx *spool.Tx, r spool.Group) (Group, error) {
	gr := Group{Code: r.Code, Name: r.Name, Members: []string{}}
	members, err := tx.Members(r.ID)
	for _, m := range members {
		gr.Members = append(gr.Members, m.Address)
	}
	return gr, err
}

// AddGroup adds a group. Its members are contacts, named by address or code; a mistake is an *InputError.
func (g *Gateway) AddGroup(ctx context.Context, gr Group) (Group, error) {
	return g.putGroup(ctx, gr, "added", func(tx *spool.Tx, row spool.Group) (spool.ID, error) { return tx.AddGroup(row) })
}

// SetGroup replaces the group with this code by gr, which may have another code.
func (g *Gateway) SetGroup(ctx context.Context, code string, gr Group) (Group, error) {
	return g.putGroup(ctx, gr, "changed", func(tx *spool.Tx, row spool.Group) (spool.ID, error) {
		old, err := tx.Group(strings.ToLower(code))
		if err != nil {
			return "", err
		}
		row.ID = old.ID
		return old.ID, tx.SetGroup(row)
	})
}

func (g *Gateway) putGroup(ctx context.Context, gr Group, done string, put func(*spool.Tx, spool.Group) (spool.ID, error)) (Group, error) {
	gr, err := gr.checked()
	if err != nil {
		return gr, err
	}
	err = g.spool.Update(ctx, func(tx *spool.Tx) error {
		members, err := memberIDs(tx, gr.Members)
		if err != nil {
			return err
		}
		id, err := put(tx, spool.Group{Code: gr.Code, Name: gr.Name})
		if err != nil {
			return taken(err)
		}
		if err := codeIsFree(tx, gr.Code, id); err != nil {
			return err
		}
		if err := tx.SetMembers(id, members); err != nil {
			return err
		}
		row, err := tx.Group(gr.Code)
		if err != nil {
			return err
		}
		if gr, err = groupOfRow(tx, row); err != nil {
			return err
		}
		return noteGroup(tx, gr, done)
	})
	return gr, err
}

func (gr Group) checked() (Group, error) {
	code, err := checkCode(gr.Code)
	if err == nil && code == "" {
		err = &InputError{"code", "a group needs a code to send to"}
	}
	gr.Code, gr.Name = code, strings.TrimSpace(gr.Name)
	if err == nil && (utf8.RuneCountInString(gr.Name) > maxContactName || strings.ContainsFunc(gr.Name, unicode.IsControl)) {
		err = &InputError{"name", fmt.Sprintf("at most %d characters on one line", maxContactName)}
	}
	return gr, err
}

func memberIDs(tx *spool.Tx, members []string) ([]spool.ID, error) {
	ids := []spool.ID{}
	for _, m := range members {
		c, err := findContact(tx, m)
		if errors.Is(err, ErrNotFound) {
			return nil, &InputError{"members", fmt.Sprintf("%q is no contact: add it first", m)}
		}
		if err != nil {
			return nil, err
		}
		ids = append(ids, c.ID)
	}
	return ids, nil
}

// RemoveGroup removes a group; its members stay in the address book.
func (g *Gateway) RemoveGroup(ctx context.Context, code string) error {
	return g.spool.Update(ctx, func(tx *spool.Tx) error {
		r, err := tx.Group(strings.ToLower(code))
		if err != nil {
			return notFound(err)
		}
		gr, err := groupOfRow(tx, r)
		if err != nil {
			return err
		}
		if err := tx.DeleteGroup(r.ID); err != nil {
			return err
		}
		return noteGroup(tx, gr, "removed")
	})
}

func noteGroup(tx *spool.Tx, gr Group, done string) error {
	_, err := tx.AddEvent(spool.Event{Kind: "contact", Words: fmt.Sprintf("group %s: %s (%d members)", done, gr.Code, len(gr.Members)), Data: marshal(gr)})
	return err
}

// maxTasks is how many recipients one fax has at most once its groups are opened.
const maxTasks = 5000

// addressee is one recipient of a fax, with the sender name that its contact asks for.
type addressee struct {
	address, headerName string
}

// recipients opens the groups, looks codes up, canonicalises the addresses and drops repeats.
func (g *Gateway) recipients(ctx context.Context, list []string) (to []addressee, err error) {
	err = g.spool.View(ctx, func(tx *spool.Tx) error {
		to = nil
		seen := map[string]bool{}
		for _, s := range list {
			found, err := addressees(tx, strings.TrimSpace(s))
			if err != nil {
				return err
			}
			for _, a := range found {
				if !seen[a.address] {
					seen[a.address] = true
					to = append(to, a)
				}
			}
		}
		return nil
	})
	switch {
	case err != nil:
		return nil, err
	case len(to) == 0:
		return nil, &InputError{"to", "give at least one recipient, such as fax@example.com"}
	case len(to) > maxTasks:
		return nil, &InputError{"to", fmt.Sprintf("at most %d recipients in one fax, not %d", maxTasks, len(to))}
	}
	return to, nil
}

// addressees is who an address, a contact's code or a group's code stands for.
func addressees(tx *spool.Tx, s string) ([]addressee, error) {
	if !strings.Contains(s, "@") {
		return byCode(tx, s)
	}
	a, err := ifax.ParseAddress(s)
	if err != nil {
		return nil, &InputError{"to", err.Error()}
	}
	c, err := tx.Contact(peerKey(a.String()))
	if err != nil && !errors.Is(err, spool.ErrNotFound) {
		return nil, err
	}
	return []addressee{{a.String(), contactOfRow(c).HeaderName}}, nil
}

func byCode(tx *spool.Tx, code string) ([]addressee, error) {
	c, err := findContact(tx, code)
	if err == nil {
		return []addressee{{c.Address, c.HeaderName}}, nil
	}
	if !errors.Is(err, ErrNotFound) {
		return nil, err
	}
	r, err := tx.Group(strings.ToLower(code))
	if errors.Is(err, spool.ErrNotFound) {
		return nil, &InputError{"to", fmt.Sprintf("%q is neither an address, such as fax@example.com, nor the code of a contact or a group", code)}
	}
	if err != nil {
		return nil, err
	}
	members, err := tx.Members(r.ID)
	if err != nil {
		return nil, err
	}
	if len(members) == 0 {
		return nil, &InputError{"to", fmt.Sprintf("the group %q has no members", code)}
	}
	var list []addressee
	for _, m := range members {
		list = append(list, addressee{m.Address, contactOfRow(m).HeaderName})
	}
	return list, nil
}

// lostName tells the journal that a contact asks for a sender name which the configuration does not have any more.
func (g *Gateway) lostName(r SubmitRequest, to addressee) []spool.Event {
	if _, ok := g.cfg.Fax.SenderName(to.headerName); ok || r.HeaderName != "" {
		return nil
	}
	words := fmt.Sprintf("the contact %s asks for the sender name %q, which is not in fax.names any more: the default one is used", to.address, to.headerName)
	return []spool.Event{{Kind: "note", Words: words}}
}
