package selftest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"faxgate/codec"
	"faxgate/gateway"
)

// Where a Fuji Xerox (FUJIFILM, Xerox) behaves so.
const (
	xeroxProfiles  = "manualshive DocuCentre-III p.499; ApeosPort-II 6000 p.175 (sends and receives TIFF-S, F, J and C; C is printed in black and white; S is always A4)"
	xeroxPaper     = "easymanua DocuCentre-IV C4070 p.638 (the content type of RFC 2301 chooses the paper: without it A4 may be printed on B4)"
	xeroxBroadcast = "manualshive DocuCentre-III p.499 (a broadcast to machines of different conditions goes as TIFF-S and asks for no receipt)"
	xeroxSplit     = "easymanua DocuCentre-VI C3371 p.853 (splits by page or by data size; a machine cannot put a mail together that was split by data size)"
	xeroxTLS       = "Xerox WorkCentre 6505DN, CentreWare IS, Email Server: \"This printer is not compatible with SMTP servers that require SSL/TLS\""
)

// xeroxMail is a fax as a Fuji Xerox sends it: media type and profile are documented, the rest of the header is assumed.
const xeroxMail = `
Date: {date}
From: ApeosPort 3F <{address}>
To: fax@gateway.example
Subject: {subject}
Message-ID: <{id}@apeosport.xerox.example>
{ask}MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="fx{id}"

--fx{id}
Content-Type: {type}
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename=img-{id}.tif

{tiff}
--fx{id}--
`

// xeroxPiece is a piece of a mail split by data size. The manual says that a machine cannot join it and that a program for message/partial can.
const xeroxPiece = `
From: ApeosPort 3F <ifax@xerox.example>
To: fax@gateway.example
Subject: split {number}/{total}
Date: {date}
Message-ID: <{id}-{number}@apeosport.xerox.example>
MIME-Version: 1.0
Content-Type: message/partial; total={total}; number={number}; id="{id}-split@apeosport.xerox.example"

{body}`

func xerox() vendor {
	return vendor{
		name: "xerox", title: "Xerox (Fuji Xerox, FUJIFILM), profiles S, F, J and C", fax: "ifax@xerox.example", helo: "FX-9934E1.xerox.example", offers: []string{"SIZE 10485760"},
		takes: abilities{
			codings: []string{"MH", "MR", "MMR", "JBIG", "JPEG"}, resolutions: [][2]int{{204, 98}, {204, 196}, {204, 391}, {400, 400}, {600, 600}}, widths: []int{1728, 2048, 2432},
			// The profiles are documented, the text that tells them is assumed: as RFC 2879 has it for TIFF-F, J and C.
			text: `(| (& (type="image/tiff") (color=Binary) (image-file-structure=TIFF) (MRC-mode=0)
(| (image-coding=[MH,MR,MMR]) (& (image-coding=JBIG) (image-coding-constraint=JBIG-T85) (JBIG-stripe-size=128) ) )
(| (& (dpi=204) (dpi-xyratio=[204/98,204/196,204/391]) ) (& (dpi=[200,400]) (dpi-xyratio=1) ) )
(paper-size=[A4,B4,A3]) )
(& (type="image/tiff-fx") (color=[grey,full]) (color-levels<=16777216) (image-file-structure=TIFF)
(image-coding=JPEG) (image-coding-constraint=JPEG-T4E) (color-space=CIELAB) (color-illuminant=D50)
(color-subsampling=["1:1:1","4:1:1"]) (dpi=[200,400]) (dpi-xyratio=1) (paper-size=[A4,B4,A3]) ) )`,
		},
		style: receiptStyle{
			subject: "Disposition Notification", human: "Your mail has been processed.",
			good: "automatic-action/MDN-sent-automatically;processed", bad: "automatic-action/MDN-sent-automatically;processed/error", tells: true,
		},
		script: []step{
			{Sends, "TIFF-S with application=faxbw, always A4", documented(xeroxProfiles, xeroxPaper), "the header's other fields", xeroxSends("x1", "image/tiff; application=faxbw", layout{coding: "MH", resolution: [2]uint32{204, 196}, lsbFirst: true, aligned: true}, draw(1728, 2287, 1), draw(1728, 2287, 2))},
			{Sends, "TIFF-F with application=faxbw: MMR, A3", documented(xeroxProfiles, xeroxPaper), "the header's other fields", xeroxSends("x2", "image/tiff; application=faxbw", layout{coding: "MMR", resolution: [2]uint32{204, 391}, lsbFirst: true}, draw(2432, 6460, 3))},
			{Sends, "TIFF-J: JBIG in image/tiff-fx", documented(xeroxProfiles), "the media type", xeroxSends("x3", "image/tiff-fx", layout{coding: "JBIG", resolution: [2]uint32{400, 400}}, draw(3456, 4676, 4))},
			{Sends, "TIFF-C: a page in colour in image/tiff-fx", documented(xeroxProfiles), "the media type", xeroxSendsColour},
			{Sends, "a broadcast to unlike machines, which asks for no receipt: none is sent", documented(xeroxBroadcast), "", xeroxBroadcasts},
			{Splits, "by page: each page is a mail and a fax of its own, each with its receipt", documented(xeroxSplit), "that nothing but the subject tells that they belong together", xeroxSplitsPages},
			{Splits, "by data size: three fragments, the last one first, are one fax", documented(xeroxSplit), "that the fragments are message/partial: the manual names it for joining them", xeroxSplitsSize},
			{Accepts, "Profile S from a gateway that knows nothing of it, marked application=faxbw, so that A4 is printed on A4", documented(xeroxPaper), "", xeroxWantsFaxbw},
			{Accepts, "mail in plain text: it offers no TLS", documented(xeroxTLS), "the manual speaks of the server that it logs on to", xeroxPlain},
			{Answers, "its receipt tells JBIG and colour", documented(xeroxProfiles), "the words of Media-Accept-Features; no space before the disposition, no Reporting-UA", xeroxTells},
			{Accepts, "the next letter as Profile F: MMR, 400x400", documented(xeroxProfiles), "", better("F MMR 400x400")},
			{Accepts, "a picture in colour as Profile C", documented(xeroxProfiles), "", xeroxTakesColour},
			{Accepts, "a picture that is to go in black and white as Profile J: JBIG", documented(xeroxProfiles), "", xeroxTakesDots},
			{Refuses, "a mail too large for its server, and it cannot join fragments: the fax comes divided by pages", documented(xeroxSplit), "552 by its own SMTP server, above 1 MB", xeroxTooLarge},
		},
	}
}

// xeroxFax is a fax in xeroxMail.
func xeroxFax(id, subject, address, ask, kind string, tiff []byte) string {
	return fill(xeroxMail, map[string]string{"id": id, "subject": subject, "address": address, "ask": ask, "type": kind, "tiff": base64Lines(tiff)})
}

const xeroxAsks = "Disposition-Notification-To: <ifax@xerox.example>\n"

func xeroxSends(id, kind string, l layout, pages ...sheet) func(context.Context, *bench) error {
	return func(ctx context.Context, b *bench) error {
		tiff, err := l.file(pages...)
		if err != nil {
			return err
		}
		return b.sends(ctx, letter{from: "ifax@xerox.example", raw: xeroxFax(id, "Scan", "ifax@xerox.example", xeroxAsks, kind, tiff)}, "<"+id+"@apeosport.xerox.example>", pages...)
	}
}

// colourTIFF is a page in colour as Profile C. It is the one file that the gateway's own codec writes for a machine.
func colourTIFF(ctx context.Context) (_ []byte, err error) {
	png, err := picturePNG()
	if err != nil {
		return nil, err
	}
	opener := codec.NewOpener(codec.OpenerOptions{})
	defer func() { err = errors.Join(err, opener.Close()) }()
	doc, err := opener.Open(ctx, bytes.NewReader(png), int64(len(png)))
	if err != nil {
		return nil, err
	}
	defer doc.Close()
	target := codec.Target{Profile: codec.Profile{Letter: 'C', Coding: codec.JPEG}, Resolution: codec.Resolution{X: 200, Y: 200}, Kind: codec.Colour}
	var out bytes.Buffer
	if _, err := codec.Write(ctx, &out, target.Profile, 1, codec.Fit(ctx, doc.Pages(ctx), target)); err != nil {
		return nil, fmt.Errorf("write a page of Profile C: %w", err)
	}
	return out.Bytes(), nil
}

func xeroxSendsColour(ctx context.Context, b *bench) error {
	tiff, err := colourTIFF(ctx)
	if err != nil {
		return err
	}
	mark := b.machine.mark()
	if err := b.send(ctx, letter{from: "ifax@xerox.example", raw: xeroxFax("x4", "Scan", "ifax@xerox.example", xeroxAsks, "image/tiff-fx", tiff)}); err != nil {
		return err
	}
	if _, err := b.arrived(ctx, "<x4@apeosport.xerox.example>", 1); err != nil {
		return err
	}
	r, err := b.mdn(ctx, mark, "<x4@apeosport.xerox.example>")
	if err != nil {
		return err
	}
	return b.good(r, "ifax@xerox.example")
}

func xeroxBroadcasts(ctx context.Context, b *bench) error {
	page := draw(1728, 1143, 5)
	tiff, err := layout{coding: "MH", resolution: [2]uint32{204, 98}, lsbFirst: true, aligned: true}.file(page)
	if err != nil {
		return err
	}
	mark := b.machine.mark()
	if err := b.send(ctx, letter{from: "ifax@xerox.example", raw: xeroxFax("x5", "Broadcast", "ifax@xerox.example", "", "image/tiff; application=faxbw", tiff)}); err != nil {
		return err
	}
	f, err := b.arrived(ctx, "<x5@apeosport.xerox.example>", 1)
	if err != nil {
		return err
	}
	return all(same("receipts on their way:", len(f.Tasks), 0), same("mails to the machine:", b.machine.mark(), mark), same("the receipt's state", f.Receipt, ""))
}

func xeroxSplitsPages(ctx context.Context, b *bench) error {
	for i := range 2 {
		page := draw(1728, 2287, 6+i)
		id := fmt.Sprintf("x6-%d", i+1)
		tiff, err := layout{coding: "MH", resolution: [2]uint32{204, 196}, lsbFirst: true, aligned: true}.file(page)
		if err != nil {
			return err
		}
		raw := xeroxFax(id, fmt.Sprintf("Scan (%d/2)", i+1), "ifax@xerox.example", xeroxAsks, "image/tiff; application=faxbw", tiff)
		if err := b.sends(ctx, letter{from: "ifax@xerox.example", raw: raw}, "<"+id+"@apeosport.xerox.example>", page); err != nil {
			return err
		}
	}
	return nil
}

func xeroxSplitsSize(ctx context.Context, b *bench) error {
	drawn := []sheet{draw(1728, 2287, 1), draw(1728, 2287, 2)}
	tiff, err := layout{coding: "MH", resolution: [2]uint32{204, 196}, lsbFirst: true, aligned: true}.file(drawn...)
	if err != nil {
		return err
	}
	raw := xeroxFax("x7", "Scan", "ifax@xerox.example", xeroxAsks, "image/tiff; application=faxbw", tiff)
	return b.joined(ctx, "ifax@xerox.example", pieces(xeroxPiece, "x7", raw, 3), []int{2, 1, 0}, "<x7@apeosport.xerox.example>", drawn...)
}

func xeroxWantsFaxbw(ctx context.Context, b *bench) error {
	t, v, err := b.faxed(ctx)
	if err != nil {
		return err
	}
	return all(profileS(t, v), same("application of image/tiff:", t.of("image/tiff")[0].params["application"], "faxbw"))
}

func xeroxPlain(ctx context.Context, b *bench) error {
	before := len(b.machine.commands())
	if _, _, err := b.faxed(ctx); err != nil {
		return err
	}
	return same("that STARTTLS was sent to a machine that does not offer it:", slices.Contains(b.machine.commands()[before:], "STARTTLS"), false)
}

func xeroxTells(ctx context.Context, b *bench) error {
	if _, _, err := b.faxed(ctx); err != nil {
		return err
	}
	p, err := b.gateway.Peer(ctx, b.vendor.fax)
	if err != nil {
		return mismatched("the machine's abilities learned from its receipt", "%v", err)
	}
	return all(says("abilities learned", p.Features, "JBIG-T85", "JPEG-T4E"), says("the best form that was learned", p.Best, "MMR, 400x400", "colour"))
}

func xeroxTakesColour(ctx context.Context, b *bench) error {
	page, err := picture()
	if err != nil {
		return err
	}
	t, v, err := b.faxed(ctx, page)
	if err != nil {
		return err
	}
	if v.trouble != "" || len(v.pages) != 1 || v.pages[0].Profile != "C" {
		return mismatched("one page as Profile C", "it is %s %s", v.form(), v.trouble)
	}
	return same("documents as image/tiff-fx:", len(t.of("image/tiff-fx")), 1)
}

func xeroxTakesDots(ctx context.Context, b *bench) error {
	page, err := picture()
	if err != nil {
		return err
	}
	mark := b.machine.mark()
	id, err := b.submit(ctx, gateway.SubmitRequest{Files: []file{page}, Colour: "none"})
	if err != nil {
		return err
	}
	_, v, err := b.got(ctx, mark, id)
	if err != nil {
		return err
	}
	return all(same("trouble at the machine:", v.trouble, ""), says("the form of the fax", v.form(), "J JBIG"))
}

func xeroxTooLarge(ctx context.Context, b *bench) error {
	b.machine.behave(nil, func(t *taken) (string, []letter) {
		if len(t.raw) > 1<<20 {
			return "552 5.3.4 message too big for system", nil
		}
		return b.machine.everyday(t)
	})
	dots, err := noise(4)
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
	return b.wholeParts(mark, f, 4)
}
