package selftest

import (
	"context"
	"strings"
	"sync/atomic"

	"faxgate/gateway"
)

// Where a Ricoh's behaviour is documented.
const (
	ricohFull    = "support.ricoh.com/bb_v1oi/pub_e/oi_view/0001036/0001036377/view/fax/int/0040.htm (full mode: the receipt tells compression, paper size and resolution)"
	ricohSets    = "todaynetnews.com/ricoh/ricoh-mp-4002-5002-service-manual/part643.htm (simple and full parameter sets, subject)"
	ricohBusy    = "ricoh.marm.pl mp6055 10824982 (SMTP reception answers Busy while the machine sends)"
	ricohSize    = "Ricoh Web Image Monitor, Email (Polish manual): max reception e-mail size 1-50 MB, default 2 MB"
	ricohFaults  = "manualslib D009 service manual p.1010 (abnormal mail: not TIFF-F, unacceptable resolution, size or compression stops the reception and is reported)"
	atTheDot     = "RFC 2532 section 5.2, RFC 3249 section 4.4.3.3 (what cannot be decoded is refused at the end of the mail with 554 5.6.1)"
	ricohReceipt = "Ricoh return receipt \"(dispatched)\""
)

// ricohMail is a fax as a Ricoh sends it. The subject's form is documented; the rest of the header is the least that RFC 3965 and RFC 8098 ask for, which is assumed.
const ricohMail = `
Date: {date}
From: "RICOH 3F" <ifax@ricoh.example>
Reply-To: <office@ricoh.example>
To: <fax@gateway.example>
Subject: From 0312345678 (Fax Message No. {number})
Message-ID: <{id}@ricoh.example>
Disposition-Notification-To: <ifax@ricoh.example>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="RICOH_{id}"

--RICOH_{id}
Content-Type: text/plain; charset=us-ascii

This E-mail was sent from "RICOH 3F" (MP 4002).
--RICOH_{id}
Content-Type: image/tiff; name="{number}.tif"
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename="{number}.tif"

{tiff}
--RICOH_{id}--
`

func ricoh() vendor {
	return vendor{
		name: "ricoh", title: "Ricoh, full mode", fax: "ifax@ricoh.example", helo: "RNP002673A1B2C3", offers: []string{"8BITMIME"},
		takes: abilities{
			codings: []string{"MH", "MR", "MMR"}, resolutions: [][2]int{{204, 98}, {204, 196}, {204, 391}, {400, 400}}, widths: []int{1728, 2048, 2432},
			// What it tells is documented, the text that tells it is assumed: RFC 2879's words.
			text: `(& (type="image/tiff") (color=Binary) (image-file-structure=TIFF)
(image-coding=[MH,MR,MMR]) (MRC-mode=0) (ua-media=stationery)
(paper-size=[A4,B4,A3]) (| (& (dpi=200) (dpi-xyratio=[200/100,1,200/400]) )
(& (dpi=400) (dpi-xyratio=1) ) ) )`,
		},
		style: receiptStyle{
			subject: "Return Receipt (dispatched)", human: "This is a Return Receipt for the mail that you sent.", reportingUA: "RICOH; MP 4002",
			good: "automatic-action/MDN-sent-automatically; dispatched", bad: "automatic-action/MDN-sent-automatically; processed/error", tells: true,
		},
		script: []step{
			{Sends, "a fax of simple mode: MH, A4, 200x100, two pages", documented(ricohSets), "the header fields and part names; two strips, RTC", func(ctx context.Context, b *bench) error {
				return b.ricohSends(ctx, "r1", layout{coding: "MH", resolution: [2]uint32{200, 100}, lsbFirst: true, rtc: true, strips: 2}, draw(1728, 1169, 1), draw(1728, 1169, 2))
			}},
			{Sends, "a fax of full mode: MMR, A3, 400x400", documented(ricohSets, ricohFull), "big-endian TIFF with its directory behind the data", func(ctx context.Context, b *bench) error {
				return b.ricohSends(ctx, "r2", layout{coding: "MMR", resolution: [2]uint32{400, 400}, bigEndian: true, trailing: true}, draw(4864, 6600, 3))
			}},
			{Sends, "a fax of full mode: MR, B4, 200x400", documented(ricohSets, ricohFull), "K and bit order", func(ctx context.Context, b *bench) error {
				return b.ricohSends(ctx, "r3", layout{coding: "MR", resolution: [2]uint32{200, 400}}, draw(2048, 5733, 4))
			}},
			{Answers, "the first fax to it is Profile S, and its receipt tells its compressions, papers and resolutions", documented(ricohFull, ricohReceipt), "the words of Media-Accept-Features", learns("MMR")},
			{Accepts, "the second fax in the best form of full mode: MMR, 400x400", documented(ricohSets, ricohFull), "", better("F MMR 400x400")},
			{Refuses, "it is busy sending: the fax is tried again, and arrives once", documented(ricohBusy), "the code (450, at MAIL)", ricohIsBusy},
			{Refuses, "a mail of more than 2 MB: it comes again divided by pages, each part a whole fax", documented(ricohSize), "552 by SMTP, which announces no SIZE; on a Ricoh the limit is that of mailboxes", ricohTooLarge},
			{Refuses, "a compression that it cannot print, with an error receipt: the fax comes once more, as Profile S", documented(ricohFaults), "the error receipt is an MDN with processed/error", heals(func(v verdict) bool { return v.pages[0].Coding == "MMR" }, "5.6.1 compression MMR is not supported")},
			{Refuses, "the same at the end of the mail, by SMTP: the fax comes once more, as Profile S", documented(ricohFaults, atTheDot), "that a Ricoh refuses by SMTP, with 554 5.6.1", ricohRefusesAtDot},
		},
	}
}

// ricohSends sends a fax and wants its pages and its receipt.
func (b *bench) ricohSends(ctx context.Context, id string, l layout, pages ...sheet) error {
	tiff, err := l.file(pages...)
	if err != nil {
		return err
	}
	return b.sends(ctx, letter{from: "ifax@ricoh.example", raw: fill(ricohMail, map[string]string{"id": id, "number": "0042", "tiff": base64Lines(tiff)})}, "<"+id+"@ricoh.example>", pages...)
}

func ricohIsBusy(ctx context.Context, b *bench) error {
	var calls atomic.Int32
	b.machine.behave(func(command string) string {
		if strings.HasPrefix(command, "MAIL") && calls.Add(1) <= 2 {
			return "450 Busy"
		}
		return ""
	}, nil)
	mark := b.machine.mark()
	if _, _, err := b.faxed(ctx); err != nil {
		return err
	}
	return all(
		same("tries to send it:", calls.Load(), 3),
		same("faxes at the machine:", b.machine.count(mark, (*taken).fax), 1),
	)
}

func ricohRefusesAtDot(ctx context.Context, b *bench) error {
	const words = "554 5.6.1 compression MMR is not supported"
	var refusals atomic.Int32
	b.machine.behave(nil, func(t *taken) (string, []letter) {
		if v := b.vendor.takes.examine(t); t.fax() && v.pages[0].Coding == "MMR" {
			refusals.Add(1)
			return words, nil
		}
		return b.machine.everyday(t)
	})
	mark := b.machine.mark()
	id, err := b.fax(ctx)
	if err != nil {
		return err
	}
	t, v, err := b.got(ctx, mark, id)
	if err != nil {
		return err
	}
	return all(
		same("refusals:", refusals.Load(), 1), profileS(t, v), same("faxes at the machine:", b.machine.count(mark, (*taken).fax), 1), b.journal(ctx, id, words[4:]),
	)
}

func ricohTooLarge(ctx context.Context, b *bench) error {
	const most = 2 << 20
	b.machine.behave(nil, func(t *taken) (string, []letter) {
		if len(t.raw) > most {
			return "552 5.2.3 message exceeds the maximum reception e-mail size", nil
		}
		return b.machine.everyday(t)
	})
	dots, err := noise(6)
	if err != nil {
		return err
	}
	mark := b.machine.mark()
	id, err := b.fax(ctx, dots)
	if err != nil {
		return err
	}
	f, err := b.settled(ctx, id, gateway.Confirmed)
	if err != nil {
		return err
	}
	return b.wholeParts(mark, f, 6)
}

// wholeParts wants a fax in several mails that each are one of their own: all pages once, no fragments.
func (b *bench) wholeParts(mark int, f gateway.Fax, pages int) error {
	if len(f.Deliveries) < 2 {
		return mismatched("the fax in several parts", "it went as one")
	}
	got := 0
	b.machine.count(mark, func(t *taken) bool {
		got += len(b.vendor.takes.examine(t).pages)
		return true
	})
	return all(
		same("fragments (message/partial):", b.machine.count(mark, func(t *taken) bool { return len(t.of("message/partial")) > 0 }), 0),
		same("faxes at the machine, one for each part:", b.machine.count(mark, (*taken).fax), len(f.Deliveries)),
		same("pages at the machine:", got, pages),
		says("the first part to be", f.Deliveries[0].Part, "1/"),
	)
}
