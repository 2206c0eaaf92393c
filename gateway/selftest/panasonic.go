package selftest

import (
	"bytes"
	"context"
	"strings"

	"faxgate/gateway"
)

// Where a Panasonic's behaviour is documented.
const (
	panasonicFeatures = "Panasonic DP-8020E manual (and Toshiba e-STUDIO190F): full mode, with the Media-Accept-Features that is printed there"
	panasonicReturn   = "Panasonic and Toshiba manuals: no MDN is sent when Return-Path differs from Disposition-Notification-To"
	panasonicPDF      = "manualsdump Panasonic UF-8000 p.24 (PDF goes to a PC only)"
	rfcComma          = "RFC 3297 sections 6.2 and 6.4 print a comma between mode and type"
)

// panasonicMail is a fax as a Panasonic sends it: that it is of full mode is documented, its form is assumed; the TIFF declared as octet-stream is seen in the field, of whatever make.
const panasonicMail = `
Message-ID: <{id}@[192.168.1.30]>
From: "Panasonic" <{from}>
To: fax@gateway.example
Subject: IMAGE from Internet FAX
Date: {date}
{ask}MIME-Version: 1.0
Content-Type: multipart/mixed; boundary={id}bound

--{id}bound
Content-Type: text/plain; charset=us-ascii

An image data in TIFF-F format has been attached to this email.
--{id}bound
Content-Type: {type}
Content-Transfer-Encoding: base64

{tiff}
--{id}bound--
`

func panasonic() vendor {
	return vendor{
		name: "panasonic", title: "Panasonic, full mode", fax: "ifax@panasonic.example", helo: "[192.168.1.30]", offers: []string{"8BITMIME"},
		takes: abilities{
			codings: []string{"MH", "MR", "MMR"}, resolutions: [][2]int{{204, 98}, {204, 196}, {204, 391}, {408, 391}}, widths: []int{1728, 2048},
			text: `(& (type="image/tiff") (color=Binary) (image-file-structure=TIFF-minimal) (MRC-mode=0)
(ua-media=stationery) (paper-size=[A4,B4,letter,legal]) (image-coding=[MH,MR,MMR])
(| (& (dpi=200) (dpi-xyratio=[200/100,1]) ) (& (dpi=204) (dpi-xyratio=[204/98,204/196,204/391]) )
(& (dpi=408) (dpi-xyratio=408/391) ) ) )`,
		},
		style: receiptStyle{
			subject: "Return Receipt", human: "The message was received.", reportingUA: "Panasonic; DP-8020E",
			good: "automatic-action/MDN-sent-automatically; dispatched", bad: "automatic-action/MDN-sent-automatically; processed/error", tells: true,
		},
		script: []step{
			{Sends, "a fax of full mode: MMR at 408x391", documented(panasonicFeatures), "the mail's form", panasonicSends("p1", "image/tiff; name=\"image.tif\"", layout{coding: "MMR", resolution: [2]uint32{408, 391}, lsbFirst: true}, draw(3456, 4573, 1))},
			{Sends, "two pages as application/octet-stream with a number for a domain in the Message-ID", documented(panasonicFeatures), "that a Panasonic does so: it is seen in the field without the maker's name", panasonicSends("p2", "application/octet-stream; name=image.tif", layout{coding: "MR", resolution: [2]uint32{204, 196}, lsbFirst: true}, draw(1728, 2287, 2), draw(2048, 2702, 3))},
			{Answers, "only where Disposition-Notification-To is the return path, as the gateway's are: its receipt tells what the manual prints", documented(panasonicReturn, panasonicFeatures), "", learns("MMR")},
			{Accepts, "the second fax: MMR at 408x391, in the layout of TIFF-minimal, which its receipt asks for", documented(panasonicFeatures), "", panasonicMinimal},
			{Answers, "with a comma in the Disposition field", documented(rfcComma), "that a Panasonic does so", panasonicComma},
			{Sends, "a fax with two unlike addresses: no receipt by itself, as it would give none either", documented(panasonicReturn), "", panasonicUnlike},
			{Refuses, "an error receipt for its form: the fax comes once more, as Profile S", documented(panasonicFeatures), "why it would: that it tells MMR and cannot print it this time", heals(func(v verdict) bool { return v.pages[0].Coding == "MMR" }, "MMR decode error")},
			{Refuses, "a PDF, which only a PC takes: the fax has failed, with the machine's words", documented(panasonicPDF), "the error receipt", panasonicRefusesPDF},
		},
	}
}

func panasonicFax(id, from, kind string, l layout, pages ...sheet) (string, error) {
	tiff, err := l.file(pages...)
	return fill(panasonicMail, map[string]string{
		"id": id, "from": from, "ask": "Disposition-Notification-To: <ifax@panasonic.example>\n", "type": kind, "tiff": base64Lines(tiff),
	}), err
}

func panasonicSends(id, kind string, l layout, pages ...sheet) func(context.Context, *bench) error {
	return func(ctx context.Context, b *bench) error {
		raw, err := panasonicFax(id, "ifax@panasonic.example", kind, l, pages...)
		if err != nil {
			return err
		}
		return b.sends(ctx, letter{from: "ifax@panasonic.example", raw: raw}, "<"+id+"@[192.168.1.30]>", pages...)
	}
}

func panasonicMinimal(ctx context.Context, b *bench) error {
	t, v, err := b.faxed(ctx)
	if err != nil {
		return err
	}
	file := t.of("image/tiff")[0].body
	return all(
		same("trouble at the machine:", v.trouble, ""), same("the form of the fax:", v.form(), "F MMR 408x391"),
		same("little-endian and the first directory at octet 8:", bytes.HasPrefix(file, []byte("II*\x00\x08\x00\x00\x00")), true),
		same("strips of a page:", v.pages[0].Strips, 1),
	)
}

func panasonicComma(ctx context.Context, b *bench) error {
	comma := b.vendor.style
	comma.good = strings.Replace(comma.good, ";", ",", 1)
	b.machine.behave(nil, func(t *taken) (string, []letter) {
		return "250 OK", []letter{*comma.receipt(b.vendor, t, b.vendor.takes.examine(t))}
	})
	_, _, err := b.faxed(ctx)
	return err
}

func panasonicUnlike(ctx context.Context, b *bench) error {
	mark := b.machine.mark()
	raw, err := panasonicFax("p3", "ifax@panasonic.example", "image/tiff", layout{coding: "MH", resolution: [2]uint32{204, 98}, lsbFirst: true}, draw(1728, 1143, 4))
	if err != nil {
		return err
	}
	if err := b.send(ctx, letter{from: "operator@panasonic.example", raw: raw}); err != nil {
		return err
	}
	f, err := b.arrived(ctx, "<p3@[192.168.1.30]>", 1)
	if err != nil {
		return err
	}
	return all(says("the receipt's state", f.Receipt, "Receipt asked for, addresses differ"), same("mails to the machine:", b.machine.mark(), mark))
}

func panasonicRefusesPDF(ctx context.Context, b *bench) error {
	c, err := b.gateway.AddContact(ctx, gateway.Contact{Address: b.vendor.fax, Kind: gateway.Machine, Form: gateway.ContactForm{Profile: "PDF"}, Pinned: true})
	if err != nil {
		return err
	}
	mark := b.machine.mark()
	id, err := b.fax(ctx)
	if err != nil {
		return err
	}
	f, err := b.settled(ctx, id, gateway.Failed)
	if err != nil {
		return err
	}
	return all(
		says("the reason", f.Deliveries[0].Reason, "application/pdf is not supported"),
		same("mails to the machine:", b.machine.mark(), mark+1),
		b.gateway.RemoveContact(ctx, c.Address),
	)
}
