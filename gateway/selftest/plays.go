package selftest

import (
	"context"
	"strings"
	"sync/atomic"

	"faxgate/gateway"
)

// plays.go holds what several vendors' scripts play.

// sends hands a fax of the machine over twice, as a machine does that has not heard the first answer, and wants: the pages as they were drawn, once; one receipt, to the return path, from
// the null sender, that names the fax byte for byte and tells the gateway's abilities.
func (b *bench) sends(ctx context.Context, l letter, id string, pages ...sheet) error {
	mark := b.machine.mark()
	for range 2 {
		if err := b.send(ctx, l); err != nil {
			return err
		}
	}
	f, err := b.arrived(ctx, id, len(pages))
	if err != nil {
		return err
	}
	if err := b.identical(ctx, f, pages...); err != nil {
		return err
	}
	r, err := b.mdn(ctx, mark, id)
	if err != nil {
		return err
	}
	return all(b.good(r, l.from), b.one(ctx, mark, f))
}

// good wants a receipt to be what a machine can understand: RFC 8098 section 3, RFC 3249 section 4.4.1.2, RFC 2530.
func (b *bench) good(r *taken, to string) error {
	text := r.report(mdnReport)
	return all(
		same("the receipt's envelope sender", r.from, ""),
		same("the receipt's recipient", r.to, to),
		says("a receipt", text, "Disposition: automatic-action/MDN-sent-automatically; dispatched\n", "Final-Recipient: rfc822; "+us, "Media-Accept-Features: (& ", "image-coding=[MH,MR,MMR]"),
		silent("a receipt of a success", text, "/error", "/warning", "Error:"),
	)
}

// one wants no second receipt for a fax: neither sent nor on its way.
func (b *bench) one(ctx context.Context, mark int, f gateway.InboxFax) error {
	now, err := b.gateway.InboxFax(ctx, f.ID)
	if err != nil {
		return err
	}
	return all(
		same("receipts for "+f.MessageID+", sent and on their way:", len(now.Tasks), 1),
		same("receipts for "+f.MessageID+" at the machine:", b.machine.count(mark, func(t *taken) bool {
			return strings.Contains(t.report(mdnReport), "Original-Message-ID: "+f.MessageID+"\n")
		}), 1),
	)
}

// learns is a first fax, which must be strict Profile S, and its receipt, from which the gateway is to learn at least the coding.
func learns(coding string) func(context.Context, *bench) error {
	return func(ctx context.Context, b *bench) error {
		t, v, err := b.faxed(ctx)
		if err != nil {
			return err
		}
		if err := profileS(t, v); err != nil {
			return err
		}
		p, err := b.gateway.Peer(ctx, b.vendor.fax)
		if err != nil {
			return mismatched("the machine's abilities learned from its receipt", "%v", err)
		}
		return says("abilities learned", p.Features+" "+p.Best, "image-coding", coding)
	}
}

// better is a fax after that: in the form, which must be one that the machine can print.
func better(form string) func(context.Context, *bench) error {
	return func(ctx context.Context, b *bench) error {
		_, v, err := b.faxed(ctx)
		if err != nil {
			return err
		}
		return all(same("trouble at the machine:", v.trouble, ""), same("the form of the fax:", v.form(), form))
	}
}

// staysS is a fax to a machine that has told nothing of itself: Profile S again, and confirmed.
func staysS(ctx context.Context, b *bench) error {
	for range 2 {
		t, v, err := b.faxed(ctx)
		if err != nil {
			return err
		}
		if err := profileS(t, v); err != nil {
			return err
		}
	}
	if p, err := b.gateway.Peer(ctx, b.vendor.fax); err == nil {
		return mismatched("nothing learned from a receipt that tells nothing", "learned was %s", p.Features)
	}
	return nil
}

// heals is a fax that the machine refuses with an error receipt for its form: it must come once more as Profile S, and that is confirmed.
func heals(refused func(verdict) bool, words string) func(context.Context, *bench) error {
	return func(ctx context.Context, b *bench) error {
		var refusals atomic.Int32
		b.machine.behave(nil, func(t *taken) (string, []letter) {
			if !t.fax() {
				return b.machine.everyday(t)
			}
			v := b.vendor.takes.examine(t)
			if refused(v) {
				refusals.Add(1)
				v.trouble = words
			}
			return "250 OK", []letter{*b.vendor.style.receipt(b.vendor, t, v)}
		})
		mark := b.machine.mark()
		id, err := b.fax(ctx)
		if err != nil {
			return err
		}
		if _, err := b.settled(ctx, id, gateway.Confirmed); err != nil {
			return err
		}
		last, err := b.machine.mail(ctx, mark+1, "the fax once more", (*taken).fax)
		if err != nil {
			return err
		}
		return all(
			same("refusals:", refusals.Load(), 1),
			profileS(last, simple().examine(last)),
			same("faxes at the machine:", b.machine.count(mark, (*taken).fax), 2),
			b.journal(ctx, id, words),
		)
	}
}

// joined hands over the pieces of a split mail (message/partial, RFC 2046 section 5.2.2) in the order given, and wants one whole fax and one receipt for it.
func (b *bench) joined(ctx context.Context, from string, pieces []string, order []int, id string, pages ...sheet) error {
	mark := b.machine.mark()
	for _, i := range order {
		if err := b.send(ctx, letter{from: from, raw: pieces[i]}); err != nil {
			return err
		}
	}
	f, err := b.arrived(ctx, id, len(pages))
	if err != nil {
		return err
	}
	if err := b.identical(ctx, f, pages...); err != nil {
		return err
	}
	r, err := b.mdn(ctx, mark, id)
	if err != nil {
		return err
	}
	return all(b.good(r, from), b.one(ctx, mark, f), same("receipts in all, with those for pieces:", b.machine.count(mark, func(t *taken) bool { return t.report(mdnReport) != "" }), 1))
}
