package spool

import "fmt"

var peers = table[Peer]{
	name: "peer",
	cols: []string{
		"address", "raw", "canonical", "source", "learned_from", "learned_at", "expires_at", "pinned", "attrs",
	},
	bind: func(r *Peer) []any {
		return []any{
			&r.Address, &r.Raw, &r.Canonical, &r.Source, opt(&r.LearnedFrom),
			millis{&r.LearnedAt},
			optMillis{&r.ExpiresAt},
			&r.Pinned,
			jsonText{&r.Attrs},
		}
	},
}

// PutPeer adds or replaces what is known of a peer; an empty LearnedAt is filled in. Whether a pinned one may be replaced is
// the caller's to decide.
func (tx *Tx) PutPeer(p Peer) error {
	tx.stamp(&p.LearnedAt)
	return peers.put(tx, &p, "address")
}

// Peer gives what is known of a peer, expired or not, or [ErrNotFound].
func (tx *Tx) Peer(address string) (Peer, error) { return peers.one(tx, "address", address) }

// PeerFilter selects peers by address: After is the last one of the list before.
type PeerFilter struct {
	After string
	Limit int // as in [Window]
}

// Peers lists peers by address.
func (tx *Tx) Peers(f PeerFilter) ([]Peer, error) {
	var q query
	if f.After != "" {
		q.where = append(q.where, "address > "+q.arg(f.After))
	}
	q.window(Window{Limit: f.Limit})
	q.order = "address"
	return peers.list(tx, &q)
}

// DeletePeer forgets a peer; one that is not known is [ErrNotFound].
func (tx *Tx) DeletePeer(address string) error {
	n, err := tx.exec("DELETE FROM peer WHERE address = $1", address)
	if err != nil {
		return fmt.Errorf("deleting peer: %w", err)
	}
	if n == 0 {
		return notFound("peer", address)
	}
	return nil
}
