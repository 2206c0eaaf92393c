package gateway

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"faxgate/codec"
	"faxgate/ifax"
	"faxgate/mailio"
	"faxgate/spool"
)

// peers.go alone joins the spool, which keeps features without understanding them, and ifax, which understands them without keeping any.

// abilities is what is known of a recipient's machine, whether it told them, and in words why. Nothing known is Profile S: a sender does not exceed it without prior knowledge (RFC 3965
// section 4).
func (g *Gateway) abilities(ctx context.Context, to string) (c ifax.Capabilities, told bool, why string, err error) {
	p, known, err := g.peerTold(ctx, to)
	switch {
	case err != nil:
		return ifax.Capabilities{}, false, "", err
	case !known:
		return ifax.ProfileS(), false, "nothing is known of the recipient's machine yet, so Profile S, which every Internet fax takes", nil
	case p.ExpiresAt != nil && !p.Pinned && p.ExpiresAt.Before(g.now()):
		return ifax.ProfileS(), false, "what was learned of the recipient's machine is too old, so Profile S", nil
	}
	if c, err = ifax.ParseCapabilities(p.Raw); err != nil {
		return ifax.ProfileS(), false, fmt.Sprintf("what the recipient's machine tells of itself cannot be read (%v), so Profile S", err), nil
	}
	return c, true, "the recipient's machine told its abilities on " + stamp(p.LearnedAt), nil
}

// learn keeps the abilities that a matched, final receipt tells; what an administrator has pinned stays.
func (g *Gateway) learn(tx *spool.Tx, t spool.Task, report spool.ID, source, features string) error {
	if strings.TrimSpace(features) == "" {
		return nil
	}
	key := peerKey(t.Recipient)
	old, err := tx.Peer(key)
	if err == nil && old.Pinned {
		_, err := tx.AddEvent(spool.Event{Job: t.Job, Task: t.ID, Received: report, Kind: "learned", Words: "the receipt tells abilities, but those set by hand are pinned and stay"})
		return err
	}
	if err != nil && !errors.Is(err, spool.ErrNotFound) {
		return err
	}
	expires := tx.Now().Add(g.cfg.Retry.Learned.D())
	p := spool.Peer{Address: key, Raw: features, Source: source, LearnedFrom: report, LearnedAt: tx.Now(), ExpiresAt: &expires}
	words := "abilities learned: " + features
	if c, err := ifax.ParseCapabilities(features); err != nil {
		words = fmt.Sprintf("the receipt tells abilities that cannot be read (%v); kept as they are, the next fax goes as Profile S: %s", err, features)
	} else {
		p.Canonical = c.String()
		for _, note := range c.Notes() {
			words += "; " + note
		}
	}
	if err := tx.PutPeer(p); err != nil {
		return err
	}
	_, err = tx.AddEvent(spool.Event{Job: t.Job, Task: t.ID, Received: report, Kind: "learned", Words: words})
	return err
}

// heal decides whether a refused fax goes once more as Profile S, and if so queues it. The reason is in the journal either way.
func (g *Gateway) heal(tx *spool.Tx, t spool.Task, m spool.Message, why ifax.Refusal) (bool, error) {
	w := readWhat[faxWhat](t)
	form := readForm(m)
	if w.Healed || w.Whole != "" || form.Profile == "" {
		return false, nil
	}
	res, err := codec.ParseResolution(form.Resolution)
	if err != nil {
		return false, nil //nolint:nilerr // a form that we did not write: nothing to lower
	}
	sent := codec.Target{Profile: codec.Profile{Letter: form.Profile[0], Coding: codec.Coding(form.Coding)}, Resolution: res, Papers: []codec.Paper{codec.Paper(form.Paper)}}
	if _, ok := ifax.Lower(sent, why); !ok {
		return false, nil
	}
	w.Healed, w.Spent, w.Since = true, m.ID, tx.Now()
	if err := tx.SetTask(t.ID, spool.TaskChange{What: marshal(w)}); err != nil {
		return false, err
	}
	t.What = marshal(w)
	due := tx.Now()
	return true, g.setState(tx, t, Queued, change{
		due: &due, try: true, release: true, by: g.cfg.Hostname,
		words: "refused for its form (" + why.Words + "): it goes once more as Profile S",
	})
}

// replyRefusal is a refusal as ifax weighs it. Only a form that a machine has told us to take, or that somebody has set by hand for it, is ever healed, so it is a machine that refused.
func replyRefusal(r *mailio.ReplyError) ifax.Refusal {
	return ifax.Refusal{Code: r.Code, Status: r.Enhanced, Words: r.Error(), AtDot: r.Stage == mailio.StageDot, Size: r.Stage == mailio.StageSize, Machine: true}
}

// peerKey is an address as peers are kept: the domain in lower case, the local part as it is (RFC 5321 section 2.4).
func peerKey(addr string) string {
	at := strings.LastIndexByte(addr, '@')
	if at < 0 {
		return addr
	}
	return addr[:at] + strings.ToLower(addr[at:])
}
