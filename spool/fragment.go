package spool

// Fragment is one piece of a message that came split (RFC 2046 section 5.2.2): a received mail of its own, until its set is whole.
type Fragment struct {
	Set      string `json:"set"`    // names the set: sender, recipient and the sender's own id for it
	Number   int    `json:"number"` // from 1
	Total    int    `json:"total"`  // 0: this piece does not say
	Received ID     `json:"received"`
}

var fragments = table[Fragment]{
	name: "fragment",
	cols: []string{"set_name", "number", "total", "received_id"},
	bind: func(r *Fragment) []any { return []any{&r.Set, &r.Number, &r.Total, &r.Received} },
}

// PutFragment adds a piece to its set, or takes the place of the one with its number.
func (tx *Tx) PutFragment(f Fragment) error { return fragments.put(tx, &f, "set_name", "number") }

// Fragments lists the pieces of a set in order.
func (tx *Tx) Fragments(set string) ([]Fragment, error) {
	q := query{order: "number"}
	q.equal("set_name", set)
	return fragments.list(tx, &q)
}

// FragmentOf gives the piece that a received mail is, or [ErrNotFound]: also when another one took its place.
func (tx *Tx) FragmentOf(received ID) (Fragment, error) {
	return fragments.one(tx, "received_id", string(received))
}
