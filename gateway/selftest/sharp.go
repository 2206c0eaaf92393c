package selftest

import (
	"context"
	"slices"
	"strings"
	"time"

	"faxgate/gateway"
)

// Where a Sharp's behaviour is documented.
const (
	sharpDirect = "business.sharpusa.com MX-6240N/7040N contents/05-004.htm (direct SMTP; after busy or an error it calls again, by default 2 times 3 minutes apart)"
	sharpJunk   = "manualsdump sharp-mx-7001 p.684 (junk filter: reject or allow up to 50 addresses or @domains)"
	lateAnswers = "Konica Minolta (German manual): answers are waited for 24 h by default, later ones are ignored by a machine; the gateway shows them as late"
	tellNothing = "RFC 2532 section 2.2 (a receipt should tell abilities, and need not)"
	proveNone   = "RFC 2532 section 2.1.2 (no receipt proves nothing)"
)

// sharpMail is a fax as a Sharp sends it. No manual shows one: a single part, an unquoted name and a missing Content-Disposition are assumed, as such mails are common.
const sharpMail = `
From: sharp@sharp.example
To: fax@gateway.example
Subject: Scanned image from MX-6240N
Date: {date}
Message-Id: <{id}.MX-6240N@sharp.example>
Disposition-Notification-To: sharp@sharp.example
Mime-Version: 1.0
Content-Type: image/tiff; name=sharp {id}.tif
Content-Transfer-Encoding: base64

{tiff}
`

func sharp() vendor {
	return vendor{
		name: "sharp", title: "Sharp, direct SMTP", fax: "sharp@sharp.example", helo: "SC1A2B3C", offers: nil,
		takes: abilities{codings: []string{"MH", "MMR"}, resolutions: [][2]int{{204, 98}, {204, 196}, {204, 391}, {400, 400}}, widths: []int{1728, 2048, 2432}},
		style: receiptStyle{
			subject: "Reception report", human: "The fax was received.",
			good: "automatic-action/MDN-sent-automatically; dispatched", bad: "automatic-action/MDN-sent-automatically; processed/error",
		},
		script: []step{
			{Sends, "a fax by direct SMTP, and again after an error at the end: one fax, one receipt", documented(sharpDirect), "that it says HELO, and that the second call has the same Message-ID; the mail's form", sharpCallsAgain},
			{Sends, "a fax in big-endian TIFF, four strips a page", documented(sharpDirect), "the TIFF's layout", sharpSendsBigEndian},
			{Answers, "its receipt tells nothing of what it takes: the next fax is Profile S again", documented(tellNothing), "all of it for a Sharp: its reception report is commonly named, and seen in no manual", staysS},
			{Refuses, "the junk filter: the fax has failed, with the machine's words, and is not sent again", documented(sharpJunk), "550 at MAIL; the manual says only that such mails are rejected", sharpRejects},
			{Answers, "not at all: after 24 hours the fax is shown as accepted and not confirmed, never as failed", documented(proveNone, lateAnswers), "that a Sharp is silent", sharpIsSilent},
			{Answers, "a day late: the fax is confirmed, and shown as late", documented(lateAnswers), "that a Sharp is late", sharpIsLate},
		},
	}
}

func sharpFax(id string, l layout, pages ...sheet) (letter, string, error) {
	tiff, err := l.file(pages...)
	return letter{from: "sharp@sharp.example", raw: fill(sharpMail, map[string]string{"id": id, "tiff": base64Lines(tiff)})}, "<" + id + ".MX-6240N@sharp.example>", err
}

func sharpCallsAgain(ctx context.Context, b *bench) error {
	page := draw(1728, 2287, 1)
	l, id, err := sharpFax("s1", layout{coding: "MH", resolution: [2]uint32{204, 196}, lsbFirst: true}, page)
	if err != nil {
		return err
	}
	return b.sends(ctx, l, id, page)
}

func sharpSendsBigEndian(ctx context.Context, b *bench) error {
	drawn := []sheet{draw(2048, 2702, 2), draw(1728, 2287, 3), draw(1728, 2287, 4)}
	l, id, err := sharpFax("s2", layout{coding: "MMR", resolution: [2]uint32{200, 200}, bigEndian: true, strips: 4}, drawn...)
	if err != nil {
		return err
	}
	return b.sends(ctx, l, id, drawn...)
}

func sharpRejects(ctx context.Context, b *bench) error {
	const words = "550 5.7.1 rejected by the junk mail filter"
	b.machine.behave(func(command string) string {
		if strings.HasPrefix(command, "MAIL") {
			return words
		}
		return ""
	}, nil)
	before := len(b.machine.commands())
	id, err := b.fax(ctx)
	if err != nil {
		return err
	}
	f, err := b.settled(ctx, id, gateway.Failed)
	if err != nil {
		return err
	}
	said := slices.DeleteFunc(b.machine.commands()[before:], func(c string) bool { return !strings.HasPrefix(c, "MAIL") })
	return all(says("the reason", f.Deliveries[0].Reason, "rejected by the junk mail filter"), same("tries:", len(said), 1))
}

// quiet lets the machine take everything and answer nothing.
func (b *bench) quiet() {
	b.machine.behave(nil, func(*taken) (string, []letter) { return "250 OK", nil })
}

func sharpIsSilent(ctx context.Context, b *bench) error {
	b.quiet()
	_, err := b.unanswered(ctx)
	return err
}

// unanswered sends a fax that is never answered, and lets the monitoring time pass.
func (b *bench) unanswered(ctx context.Context) (gateway.Fax, error) {
	mark := b.machine.mark()
	id, err := b.fax(ctx)
	if err != nil {
		return gateway.Fax{}, err
	}
	if _, err := b.settled(ctx, id, gateway.Accepted); err != nil {
		return gateway.Fax{}, err
	}
	b.later(b.gateway.Config().Retry.Monitoring.D() + time.Minute)
	if err := b.nudge(ctx); err != nil {
		return gateway.Fax{}, err
	}
	f, err := b.settled(ctx, id, gateway.Expired)
	if err != nil {
		return f, err
	}
	return f, all(
		same("times that the fax came to the machine:", b.machine.count(mark, func(t *taken) bool { return t.id() == f.Deliveries[0].MessageID }), 1),
		says("the reason", f.Deliveries[0].Reason, "no receipt within"),
	)
}

// nudge makes the gateway look at its clock: it sleeps until the time that it had calculated.
func (b *bench) nudge(ctx context.Context) error {
	id, err := b.fax(ctx)
	if err == nil {
		_, err = b.settled(ctx, id, gateway.Accepted)
	}
	return err
}

func sharpIsLate(ctx context.Context, b *bench) error {
	b.quiet()
	mark := b.machine.mark()
	f, err := b.unanswered(ctx)
	if err != nil {
		return err
	}
	t, err := b.machine.mail(ctx, mark, "the fax at the machine", func(t *taken) bool { return t.id() == f.Deliveries[0].MessageID })
	if err != nil {
		return err
	}
	if err := b.send(ctx, *b.vendor.style.receipt(b.vendor, t, b.vendor.takes.examine(t))); err != nil {
		return err
	}
	if f, err = b.settled(ctx, f.ID, gateway.Confirmed); err != nil {
		return err
	}
	return same("that it is shown as late:", f.Late, true)
}
