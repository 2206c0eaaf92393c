package gateway

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"faxgate/codec"
	"faxgate/ifax"
	"faxgate/mdn"
	"faxgate/spool"
)

// alternative.go asks for the better form of a fax where its sender offers one (RFC 3297, off by default): the fax is kept, an MDN asks, and what comes for it takes its place. When nothing
// comes in time, or the sender says that there is no other form, the fax is taken as it came.

// alternative is the part of the intake that deals with offers. done: for now that is all there is to do with this mail.
func (g *Gateway) alternative(tx *spool.Tx, t spool.Task, rec spool.Received, s spool.State, found []pagesOf) (done bool, err error) {
	a := readAttrs(rec)
	switch {
	case a.Unavailable:
		return true, g.unavailable(tx, t, rec, a)
	case a.Original != "" && s == Read:
		return false, g.replaces(tx, rec, a)
	case a.Original != "":
		return false, g.takeAsItCame(tx, rec, a)
	case a.Asked:
		if err := g.forgetAlternative(tx, rec); err != nil {
			return false, err
		}
		return false, nil
	case !g.cfg.Fax.Alternatives || s == Incomplete || len(a.Alternatives) == 0:
		return false, nil
	}
	better := g.better(a.Alternatives, formOf(found))
	if better == "" {
		return false, nil
	}
	return g.askFor(tx, t, rec, a, better)
}

// formOf is the best form among pages that have come.
func formOf(found []pagesOf) codec.Summary {
	var sum codec.Summary
	for _, f := range found {
		for _, p := range f.pages {
			r := codec.Resolution{X: int(math.Round(p.XRes)), Y: int(math.Round(p.YRes))}
			if r.X*r.Y > sum.MaxRes.X*sum.MaxRes.Y {
				sum.MaxRes = r
			}
			if strings.HasPrefix(strings.ToUpper(p.Coding), string(codec.JPEG)) {
				sum.Kind = codec.Colour
			}
			sum.Pages++
		}
	}
	return sum
}

// better says which of the forms that are offered is better than what came, and one that we take; empty: none.
func (g *Gateway) better(offers []string, came codec.Summary) string {
	for _, text := range offers {
		theirs, err := ifax.ParseCapabilities(text)
		if err != nil {
			continue
		}
		t := ifax.Choose(theirs, g.own.shaded, codec.Summary{Pages: max(came.Pages, 1), Kind: codec.Colour, Vector: true, Paper: codec.A4})
		finer := t.Resolution.X*t.Resolution.Y > came.MaxRes.X*came.MaxRes.Y*11/10 // 204 by 196 is no finer than 200 by 200
		if t.Profile.Letter == 'C' && came.Kind == codec.Bilevel || finer {
			return fmt.Sprintf("%c %s %s", t.Profile.Letter, t.Profile.Coding, t.Resolution)
		}
	}
	return ""
}

// askFor sends the MDN that asks, which is the one that this message gets, and waits.
func (g *Gateway) askFor(tx *spool.Tx, t spool.Task, rec spool.Received, a receivedAttrs, better string) (bool, error) {
	policy, err := g.policyFor(tx, rec, a)
	if err != nil {
		return false, err
	}
	if ok, _ := mdn.Answer(a.Request, policy); !ok {
		return false, nil
	}
	if err := g.oweOne(tx, rec, receiptWhat{Kind: "mdn", Prefer: true}, a.Request.To[0]); err != nil {
		return false, err
	}
	a.Asked = true
	rec.Attrs, rec.State = marshal(a), Waiting
	if err := tx.SetReceived(rec); err != nil {
		return false, err
	}
	due := tx.Now().Add(g.cfg.Fax.AskTime.D())
	words := fmt.Sprintf("the sender offers a better form (%s), which is asked for; until %s this one waits", better, stamp(due))
	if _, err := tx.AddEvent(spool.Event{Received: rec.ID, Kind: "receipt", Words: words}); err != nil {
		return false, err
	}
	return true, tx.SetTask(t.ID, spool.TaskChange{State: Queued, Due: due, Release: true})
}

// forgetAlternative ends the waiting in vain.
func (g *Gateway) forgetAlternative(tx *spool.Tx, rec spool.Received) error {
	_, err := tx.AddEvent(spool.Event{Received: rec.ID, Kind: "note", Words: "the better form that was asked for did not come: the fax is taken as it came"})
	return err
}

// askedFor finds the fax that waits for its better form: the same sender, the same recipient, the Message-ID that the answer names. ErrNotFound: none waits.
func (g *Gateway) askedFor(tx *spool.Tx, rec spool.Received, original string) (spool.Received, error) {
	list, err := tx.ReceivedList(spool.ReceivedFilter{MessageID: original, EnvelopeTo: rec.EnvelopeTo, States: []spool.State{Waiting}})
	if err != nil {
		return spool.Received{}, err
	}
	i := slices.IndexFunc(list, func(r spool.Received) bool {
		return readAttrs(r).Asked && mdn.SameAddress(cmp.Or(r.EnvelopeFrom, r.From), cmp.Or(rec.EnvelopeFrom, rec.From))
	})
	if i < 0 {
		return spool.Received{}, spool.ErrNotFound
	}
	return list[i], nil
}

// replaces puts the better form in the place of the fax that waits for it. One that nothing waits for is a fax like any other (RFC 3297, appendix A.1).
func (g *Gateway) replaces(tx *spool.Tx, rec spool.Received, a receivedAttrs) error {
	old, err := g.askedFor(tx, rec, a.Original)
	if errors.Is(err, spool.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return g.endFragment(tx, old, Joined, "", fmt.Sprintf("the better form has come and takes its place: %s", rec.ID))
}

// takeAsItCame ends the waiting of the fax that a message was to take the place of, if one waits.
func (g *Gateway) takeAsItCame(tx *spool.Tx, rec spool.Received, a receivedAttrs) error {
	old, err := g.askedFor(tx, rec, a.Original)
	if errors.Is(err, spool.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	tasks, err := tx.Tasks(spool.TaskFilter{Received: old.ID, Kinds: []spool.Kind{KindIntake}})
	if err != nil {
		return err
	}
	for _, waits := range tasks {
		if err := tx.SetTask(waits.ID, spool.TaskChange{Due: tx.Now()}); err != nil {
			return err
		}
	}
	return nil
}

// unavailable takes the word of the sender that there is no better form: the fax that waits is taken as it came, and the word is answered.
func (g *Gateway) unavailable(tx *spool.Tx, t spool.Task, rec spool.Received, a receivedAttrs) error {
	if err := g.takeAsItCame(tx, rec, a); err != nil {
		return err
	}
	if err := g.owe(tx, rec, Read, 0, ""); err != nil {
		return err
	}
	return g.finishIntake(tx, t, rec, Reported, 0, "")
}
