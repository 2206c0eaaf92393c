package selftest

import (
	"context"
	"strings"

	"faxgate/gateway"
)

// Where a Cisco on-ramp's behaviour is documented.
const (
	ciscoForm   = "public samples of on-ramp faxes: multipart/fax-message as the top level, a boundary that begins yradnuoB=_"
	ciscoTwice  = "OTRS bug 9989 (Content-Type twice in one part)"
	ciscoID     = "public samples: a Message-ID such as <2EFF2002135054556@faxe.>, whose host ends with a dot"
	ciscoFaxbw  = "public samples: Cisco on-ramps send application=faxbw"
	ciscoOnramp = "RFC 4160 section 4 (an on-ramp turns faxes from the telephone into mails)"
)

// ciscoMail is a fax as a Cisco on-ramp mails it. Top level, boundary, the doubled Content-Type, the Message-ID and application=faxbw are seen in public samples; the rest is assumed.
const ciscoMail = `
Received: (Cisco Powered Fax System) by faxe. for <fax@gateway.example> (with Cisco NetWorks); {date}
To: <fax@gateway.example>
Message-ID: {id}
Date: {date}
Subject: Fax from 4930123456
X-Mailer: IOS (tm) 5300 Software
MIME-Version: 1.0
Content-Type: multipart/fax-message;
 boundary="yradnuoB=_0123.faxe."
From: "FAX=4930123456" <FAX=4930123456@cisco.example>
{ask}
--yradnuoB=_0123.faxe.
Content-ID: {id}
Content-Type: image/tiff; application=faxbw; name="Cisco_fax.tif"
Content-Type: image/tiff; name="Cisco_fax.tif"; application=faxbw
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename="Cisco_fax.tif"

{tiff}
--yradnuoB=_0123.faxe.--
`

// ciscoSender is the caller as the on-ramp writes him (RFC 3191).
const ciscoSender = "FAX=4930123456@cisco.example"

func cisco() vendor {
	return vendor{
		name: "cisco", title: "Cisco, an on-ramp gateway: it only sends", fax: ciscoSender, helo: "faxe.", offers: []string{"DSN"},
		script: []step{
			{Sends, "multipart/fax-message, Content-Type twice, a Message-ID with a dot at its end, of which the receipt has each octet", documented(ciscoForm, ciscoTwice, ciscoID, ciscoFaxbw), "that it asks for an MDN, and the header's other fields", ciscoSends},
			{Sends, "a fax that asks for a delivery report (DSN), and for no MDN", documented(ciscoForm), "that it asks, and with which ENVID and ORCPT", ciscoAsksDSN},
			{Sends, "the same Message-ID with other pages, as after a restart: it is a new fax", documented(ciscoID), "that its numbers begin anew", ciscoCountsAnew},
			{Sends, "a fax that asks for nothing: it gets nothing", documented(ciscoForm), "", ciscoAsksNothing},
			{Refuses, "faxes, as it only sends: the fax has failed, with its words, and is not sent again", documented(ciscoOnramp), "550 5.1.1 at RCPT", ciscoTakesNone},
		},
	}
}

var ciscoLayout = layout{coding: "MH", resolution: [2]uint32{204, 196}, lsbFirst: true}

func ciscoFax(id, ask string, params [2]string, pages ...sheet) (letter, error) {
	tiff, err := ciscoLayout.file(pages...)
	return letter{from: ciscoSender, params: params, raw: fill(ciscoMail, map[string]string{"id": id, "ask": ask, "tiff": base64Lines(tiff)})}, err
}

func ciscoSends(ctx context.Context, b *bench) error {
	const id = "<2EFF2002135054556@faxe.>"
	drawn := []sheet{draw(1728, 2287, 1), draw(1728, 1500, 2)}
	l, err := ciscoFax(id, "Disposition-Notification-To: "+ciscoSender+"\n", [2]string{}, drawn...)
	if err != nil {
		return err
	}
	return b.sends(ctx, l, id, drawn...)
}

func ciscoAsksDSN(ctx context.Context, b *bench) error {
	page := draw(1728, 2287, 3)
	l, err := ciscoFax("<2EFF2002135054557@faxe.>", "", [2]string{"RET=HDRS ENVID=fax+2B77", "NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;fax@gateway.example"}, page)
	if err != nil {
		return err
	}
	mark := b.machine.mark()
	if err := b.send(ctx, l); err != nil {
		return err
	}
	if _, err := b.arrived(ctx, "<2EFF2002135054557@faxe.>", 1); err != nil {
		return err
	}
	r, err := b.machine.mail(ctx, mark, "a delivery report (DSN)", func(t *taken) bool { return t.report(dsnReport) != "" })
	if err != nil {
		return err
	}
	return all(
		same("the report's envelope sender", r.from, ""), same("the report's recipient", r.to, ciscoSender),
		says("a delivery report", r.report(dsnReport), "Original-Envelope-Id: fax+77\n", "Original-Recipient: rfc822;", "Final-Recipient: rfc822; "+us, "Action: delivered\n", "Status: 2."),
		same("receipts (MDN), which it has not asked for:", b.machine.count(mark, func(t *taken) bool { return t.report(mdnReport) != "" }), 0),
	)
}

func ciscoCountsAnew(ctx context.Context, b *bench) error {
	const id = "<1@faxe.>"
	for i := range 2 {
		l, err := ciscoFax(id, "", [2]string{}, draw(1728, 1143, 4+i))
		if err != nil {
			return err
		}
		if err := b.send(ctx, l); err != nil {
			return err
		}
	}
	return until(ctx, func() error {
		list, err := b.inbox(id)
		if err != nil {
			return err
		}
		for _, f := range list {
			if f.State != gateway.Read {
				return mismatched("both faxes read", "one is %s %s", f.State, f.Error)
			}
		}
		return same("faxes with this Message-ID:", len(list), 2)
	})
}

func ciscoAsksNothing(ctx context.Context, b *bench) error {
	mark := b.machine.mark()
	l, err := ciscoFax("<2EFF2002135054559@faxe.>", "", [2]string{}, draw(1728, 1143, 6))
	if err != nil {
		return err
	}
	if err := b.send(ctx, l); err != nil {
		return err
	}
	f, err := b.arrived(ctx, "<2EFF2002135054559@faxe.>", 1)
	if err != nil {
		return err
	}
	return all(same("receipts on their way:", len(f.Tasks), 0), same("mails to the machine:", b.machine.mark(), mark))
}

func ciscoTakesNone(ctx context.Context, b *bench) error {
	calls := 0
	b.machine.behave(func(command string) string {
		if strings.HasPrefix(command, "RCPT") {
			calls++
			return "550 5.1.1 no such recipient: this gateway sends faxes only"
		}
		return ""
	}, nil)
	id, err := b.fax(ctx)
	if err != nil {
		return err
	}
	f, err := b.settled(ctx, id, gateway.Failed)
	if err != nil {
		return err
	}
	return all(says("the reason", f.Deliveries[0].Reason, "this gateway sends faxes only"), same("tries:", calls, 1))
}
