package jbig

// mover decides where the adaptive template pixel goes, by the rule of T.82 Annex C.
type mover struct {
	twoLine bool
	mx      int
}

func (m *mover) reset(p Params) { m.twoLine, m.mx = p.TwoLine, p.MX }

func (m *mover) count(cur, above []byte) {}

func (m *mover) next(tx int) int { return tx }
