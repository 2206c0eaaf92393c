package selftest

import (
	"context"
	"strings"

	"faxgate/gateway"
)

// Where a Brother's behaviour is documented.
const (
	brotherVerify = "manualsdump 163642/9 (verification mail ON, MDN or OFF; ON answers every fax with the fixed text \"SUCCESS : Received From <address>\", also unasked)"
	onlyTIFFS     = "OKI manuals: \"only TIFF S\"; Ricoh simple mode, todaynetnews.com/ricoh/ricoh-mp-4002-5002-service-manual/part643.htm: MH, A4"
	severalFiles  = "RFC 3965 section 2.2.4 (every receiver takes several TIFF files in one mail)"
	errorReceipts = "RFC 3249 section 4.4.1.2 (what cannot be printed is told by processed/error)"
)

// brotherMail is a fax as a Brother sends it; its form is assumed.
const brotherMail = `
From: <brother@brother.example>
To: <fax@gateway.example>
Subject: Internet Fax Job
Date: {date}
Message-ID: <{id}@BRN001BA9.brother.example>
Disposition-Notification-To: <brother@brother.example>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="------------{id}"

--------------{id}
Content-Type: image/tiff; name="FAX_{id}.TIF"
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename="FAX_{id}.TIF"

{first}
--------------{id}
Content-Type: image/tiff; name="FAX_{id}B.TIF"
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename="FAX_{id}B.TIF"

{second}
--------------{id}--
`

// brotherSuccess is the verification mail of setting ON. Its text is documented; that it has In-Reply-To is not, so it has none.
const brotherSuccess = `
From: <brother@brother.example>
To: <{to}>
Subject: {subject}
Date: {date}
Message-ID: <v{number}@BRN001BA9.brother.example>
MIME-Version: 1.0
Content-Type: text/plain; charset=us-ascii

SUCCESS : Received From <{to}>
`

func brother() vendor {
	return vendor{
		name: "brother", title: "Brother, simple mode", fax: "brother@brother.example", helo: "BRN001BA9", offers: []string{"8BITMIME"},
		takes: simple(),
		style: receiptStyle{
			subject: "Return Receipt", human: "SUCCESS : Received From <fax@gateway.example>",
			good: "automatic-action/MDN-sent-automatically; displayed", bad: "automatic-action/MDN-sent-automatically; processed/error",
		},
		script: []step{
			{Sends, "a fax of simple mode in two TIFF files of one mail: MH, FillOrder 2, EOLs on byte boundaries", documented(severalFiles, onlyTIFFS), "that a Brother knows simple mode only, and sends two files; the mail's form", brotherSends},
			{Answers, "setting MDN: a receipt that tells no abilities; the next fax is Profile S again", documented(brotherVerify, tellNothing), "that it tells none, being of simple mode; disposition \"displayed\"", staysS},
			{Answers, "setting OFF: nothing; the fax stays accepted, and is sent once", documented(brotherVerify, proveNone), "", brotherOff},
			{Answers, "setting ON: \"SUCCESS : Received From\" as a plain mail: it is taken and kept, changes nothing about the fax, and nothing is answered to it", documented(brotherVerify), "the mail around the text, and that nothing in it names the fax", brotherOn},
			{Refuses, "what somebody has set by hand and it cannot print: the fax comes once more, as Profile S", documented(onlyTIFFS, errorReceipts), "that a Brother is as narrow, and says so by an error receipt", brotherByHand},
			{Refuses, "Profile S itself, with an error receipt: the fax has failed, and is not sent again", documented(errorReceipts), "that a Brother tells a paper jam so", brotherJam},
		},
	}
}

func brotherSends(ctx context.Context, b *bench) error {
	l := layout{coding: "MH", resolution: [2]uint32{204, 196}, lsbFirst: true, aligned: true}
	drawn := []sheet{draw(1728, 2287, 1), draw(1728, 2287, 2), draw(1728, 2287, 3)}
	first, err := l.file(drawn[:2]...)
	if err != nil {
		return err
	}
	second, err := l.file(drawn[2])
	if err != nil {
		return err
	}
	raw := fill(brotherMail, map[string]string{"id": "b1", "first": base64Lines(first), "second": base64Lines(second)})
	return b.sends(ctx, letter{from: "brother@brother.example", raw: raw}, "<b1@BRN001BA9.brother.example>", drawn...)
}

func brotherOff(ctx context.Context, b *bench) error {
	b.quiet()
	mark := b.machine.mark()
	id, err := b.fax(ctx)
	if err != nil {
		return err
	}
	if _, err := b.settled(ctx, id, gateway.Accepted); err != nil {
		return err
	}
	return same("faxes at the machine:", b.machine.count(mark, (*taken).fax), 1)
}

func brotherOn(ctx context.Context, b *bench) error {
	b.machine.behave(nil, func(t *taken) (string, []letter) {
		if !t.fax() {
			return "250 OK", nil
		}
		return "250 OK", []letter{{from: b.vendor.fax, to: t.from, raw: fill(brotherSuccess, map[string]string{
			"to": t.from, "subject": "Verification: " + t.get("Subject"), "number": strings.Trim(strings.SplitN(t.id(), "@", 2)[0], "<"),
		})}}
	})
	before, mark := b.answered.Load(), b.machine.mark()
	id, err := b.fax(ctx)
	if err != nil {
		return err
	}
	if err := until(ctx, func() error { return same("answers of the machine:", b.answered.Load()-before, 1) }); err != nil {
		return err
	}
	if words := b.refused(); words != "" {
		return mismatched("the answer taken with 250", "%s", words)
	}
	if err := b.read(ctx); err != nil {
		return err
	}
	f, err := b.gateway.Fax(ctx, id)
	if err != nil {
		return err
	}
	if f.State != gateway.Accepted && f.State != gateway.Confirmed {
		return mismatched("the fax to be accepted or confirmed", "it is %s: %s", f.State, reasons(f))
	}
	return same("mails to the machine, the fax among them:", b.machine.mark()-mark, 1)
}

// read waits until the gateway has read all that came.
func (b *bench) read(ctx context.Context) error {
	return until(ctx, func() error {
		list, err := b.gateway.Inbox(context.WithoutCancel(ctx), gateway.Page{Limit: 1000})
		for _, f := range list {
			if f.State == gateway.Kept {
				return mismatched("all mails read", "%q of %s is not", f.Subject, f.From)
			}
		}
		return err
	})
}

func brotherByHand(ctx context.Context, b *bench) error {
	c, err := b.gateway.AddContact(ctx, gateway.Contact{Address: b.vendor.fax, Kind: gateway.Machine, Form: gateway.ContactForm{Profile: "F", Coding: "MMR", Resolution: "400x400"}})
	if err != nil {
		return err
	}
	err = heals(func(v verdict) bool { return v.trouble != "" }, "compression MMR is not supported")(ctx, b)
	return all(err, b.gateway.RemoveContact(ctx, c.Address))
}

func brotherJam(ctx context.Context, b *bench) error {
	b.machine.behave(nil, func(t *taken) (string, []letter) {
		if !t.fax() {
			return "250 OK", nil
		}
		return "250 OK", []letter{*b.vendor.style.receipt(b.vendor, t, verdict{trouble: "paper jam"})}
	})
	mark := b.machine.mark()
	id, err := b.fax(ctx)
	if err != nil {
		return err
	}
	f, err := b.settled(ctx, id, gateway.Failed)
	if err != nil {
		return err
	}
	return all(says("the reason", f.Deliveries[0].Reason, "paper jam"), same("faxes at the machine:", b.machine.count(mark, (*taken).fax), 1))
}
