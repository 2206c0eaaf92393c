package spool_test

import (
	"encoding/json"
	"errors"
	"sync"
	"testing"

	"faxgate/spool"
)

// book is an address book with every member set.
func book() (a, b spool.Contact, g spool.Group) {
	a = spool.Contact{
		ID: spool.NewID(), Address: "fax@a.test", Code: "a1", Name: "Ärzte", Kind: "machine", Attrs: json.RawMessage(`{"host":"[::1]"}`),
		CreatedAt: at(1), UpdatedAt: at(2),
	}
	b = spool.Contact{ID: spool.NewID(), Address: "b@b.test", Name: "Bob", Kind: "person", CreatedAt: at(3), UpdatedAt: at(3)}
	g = spool.Group{ID: spool.NewID(), Code: "all", Name: "Everybody", CreatedAt: at(4), UpdatedAt: at(5)}
	return a, b, g
}

// TestContacts writes contacts and a group, reads them in every way, changes and removes them.
func TestContacts(t *testing.T) {
	eachEngine(t, func(t *testing.T, e *engine) {
		s := e.open(t, "a")
		a, b, g := book()
		update(t, s, func(tx *spool.Tx) error {
			return errors.Join(second(tx.AddContact(a)), second(tx.AddContact(b)), second(tx.AddGroup(g)), tx.SetMembers(g.ID, []spool.ID{b.ID, a.ID, b.ID}))
		})
		update(t, s, func(tx *spool.Tx) error {
			return errors.Join(
				same(a)(tx.Contact("fax@a.test")), same(a)(tx.ContactByCode("a1")), same([]spool.Contact{b, a})(tx.Contacts()),
				same(g)(tx.Group("all")), same([]spool.Group{g})(tx.Groups()), same([]spool.Group{g})(tx.GroupsOf(a.ID)),
				same([]spool.Contact{b, a})(tx.Members(g.ID)), tx.SetMembers(g.ID, []spool.ID{a.ID, b.ID}), same([]spool.Contact{a, b})(tx.Members(g.ID)),
			)
		})
		update(t, s, func(tx *spool.Tx) error {
			a.Name, a.Code, a.Attrs, a.UpdatedAt = "A", "", nil, tx.Now()
			g.Name, g.UpdatedAt = "All", tx.Now()
			return errors.Join(tx.SetContact(a), tx.SetGroup(g), tx.DeleteContact(b.ID))
		})
		update(t, s, func(tx *spool.Tx) error {
			got, err := tx.Contact("fax@a.test")
			if got.Name != "A" || got.Code != "" || got.Attrs != nil || !got.CreatedAt.Equal(at(1)) || got.UpdatedAt.Equal(at(2)) {
				t.Errorf("changed: %+v", got)
			}
			return errors.Join(err, same([]spool.Contact{got})(tx.Members(g.ID)), tx.DeleteGroup(g.ID), same([]spool.Group(nil))(tx.GroupsOf(a.ID)), tx.DeleteContact(a.ID))
		})
	})
}

// TestContactDuplicates shows that address and code name one contact, also after a change, and that the transaction goes on.
func TestContactDuplicates(t *testing.T) {
	eachEngine(t, func(t *testing.T, e *engine) {
		s := e.open(t, "a")
		a, b, g := book()
		update(t, s, func(tx *spool.Tx) error {
			return errors.Join(second(tx.AddContact(a)), second(tx.AddContact(b)), second(tx.AddGroup(g)), second(tx.AddGroup(spool.Group{ID: "g2", Code: "two"})))
		})
		update(t, s, func(tx *spool.Tx) error {
			taken := b
			taken.Code = "a1"
			for _, c := range []struct {
				err    error
				column string
				id     spool.ID
			}{
				{second(tx.AddContact(spool.Contact{Address: "fax@a.test"})), "address", a.ID},
				{second(tx.AddContact(spool.Contact{Address: "c@c.test", Code: "a1"})), "code", a.ID},
				{tx.SetContact(taken), "code", a.ID},
				{second(tx.AddGroup(spool.Group{Code: "all"})), "code", g.ID},
				{tx.SetGroup(spool.Group{ID: "g2", Code: "all"}), "code", g.ID},
			} {
				if dup, ok := errors.AsType[*spool.DuplicateError](c.err); !ok || dup.Column != c.column || dup.ID != c.id {
					t.Errorf("%v, want a duplicate of %s in %s", c.err, c.id, c.column)
				}
			}
			return tx.SetContact(b)
		})
		for name, ask := range map[string]func(tx *spool.Tx) error{
			"contact":        func(tx *spool.Tx) error { return second(tx.Contact("x")) },
			"by code":        func(tx *spool.Tx) error { return second(tx.ContactByCode("x")) },
			"set contact":    func(tx *spool.Tx) error { return tx.SetContact(spool.Contact{ID: "x"}) },
			"delete contact": func(tx *spool.Tx) error { return tx.DeleteContact("x") },
			"group":          func(tx *spool.Tx) error { return second(tx.Group("x")) },
			"set group":      func(tx *spool.Tx) error { return tx.SetGroup(spool.Group{ID: "x"}) },
			"delete group":   func(tx *spool.Tx) error { return tx.DeleteGroup("x") },
		} {
			if err := s.Update(t.Context(), ask); !errors.Is(err, spool.ErrNotFound) {
				t.Errorf("%s: %v, want ErrNotFound", name, err)
			}
		}
		if err := s.Update(t.Context(), func(tx *spool.Tx) error { return tx.SetMembers(g.ID, []spool.ID{"nobody"}) }); err == nil {
			t.Error("a member that is no contact was kept")
		}
	})
}

// TestNextNumber counts in two processes at the same time: no number is given twice, and none is lost with a restart.
func TestNextNumber(t *testing.T) {
	eachEngine(t, func(t *testing.T, e *engine) {
		spools := []*spool.Spool{e.open(t, "a"), e.open(t, "b")}
		const each = 10
		var mu sync.Mutex
		seen := map[int64]bool{}
		var wg sync.WaitGroup
		for _, s := range spools {
			wg.Go(func() {
				for range each {
					var n int64
					if err := s.Update(t.Context(), func(tx *spool.Tx) (err error) {
						n, err = tx.NextNumber("fax")
						return err
					}); err != nil {
						t.Error(err)
					}
					mu.Lock()
					seen[n] = true
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		for n := int64(1); n <= 2*each; n++ {
			if !seen[n] {
				t.Errorf("%d was not given: %v", n, seen)
			}
		}
		update(t, e.open(t, "c"), func(tx *spool.Tx) error {
			return errors.Join(same(int64(2*each+1))(tx.NextNumber("fax")), same(int64(1))(tx.NextNumber("other")))
		})
	})
}
