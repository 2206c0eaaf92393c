package selftest

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"slices"
	"strings"

	"faxgate/gateway"
)

// Where a Konica Minolta's behaviour is documented.
const (
	kmSender   = "Konica Minolta, E-mail TX (SMTP) (Japanese manual): Envelope-From, not specified: the administrator's address is the envelope sender"
	kmSystem   = "Konica Minolta, Configure the Internet fax environment (German manual): e-mail address of the system is the sender (From); device name is part of the subject; MDN request default ON"
	kmDivision = "Konica Minolta, E-mail TX (SMTP) (Japanese manual): server load reduction transmission method, binary division"
	kmColour   = "Konica Minolta (German manual): colour/greyscale multi-value compression, JPEG (Color) default"
	kmAnswers  = "Konica Minolta (German manual): MDN response default ON; receive capability compression type, paper size, fax resolution; maximum resolution Ultra fine; TIFF compression MMR default"
	kmTLS      = "Konica Minolta (German manual): \"Do not use SSL/TLS for transmission to other makers' devices - causes a transmission error\""
	kmLimit    = "Konica Minolta (German manual): max e-mail size, server capacity limit"
)

// kmMail is a fax as a Konica Minolta sends it: From, subject and MDN request are documented, the rest of the header is assumed.
const kmMail = `
Received: from [192.168.1.77] by bizhub (KM); {date}
From: bizhub C308 <scan@km.example>
To: <fax@gateway.example>
Subject: bizhub_C308_{id}
Date: {date}
Message-ID: <{id}.bizhub@km.example>
Disposition-Notification-To: scan@km.example
X-Mailer: KONICA MINOLTA bizhub C308
MIME-Version: 1.0
Content-Type: multipart/mixed;
	boundary="KONICA_MINOLTA_Internet_Fax_Boundary"

--KONICA_MINOLTA_Internet_Fax_Boundary
Content-Type: text/plain; charset=us-ascii
Content-Transfer-Encoding: 7bit

Received Internet-FAX

--KONICA_MINOLTA_Internet_Fax_Boundary
Content-Type: {type}; name="{name}"
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename="{name}"

{file}
--KONICA_MINOLTA_Internet_Fax_Boundary--
`

// kmPiece is a piece of a mail that binary division has cut. That the cut is message/partial is assumed: the manual names only the method and its size.
const kmPiece = `
From: bizhub C308 <scan@km.example>
To: <fax@gateway.example>
Subject: bizhub_C308_{id} ({number}/{total})
Date: {date}
Message-ID: <{id}.{number}.piece@km.example>
MIME-Version: 1.0
Content-Type: message/partial; id="{id}.bizhub@km.example"; number={number}; total={total}

{body}`

func konicaMinolta() vendor {
	return vendor{
		name: "konicaminolta", title: "Konica Minolta, full mode, as it leaves the factory", fax: "scan@km.example", helo: "bizhub", offers: []string{"SIZE 33554432", "STARTTLS"},
		takes: abilities{
			codings: []string{"MH", "MR", "MMR"}, resolutions: [][2]int{{204, 98}, {204, 196}, {204, 391}, {400, 400}, {600, 600}}, widths: []int{1728, 2048, 2432},
			// The manual says which boxes there are, not what the text looks like: RFC 2879's words are assumed.
			text: `(& (color=Binary) (image-file-structure=TIFF-limited)
(image-coding=[MH,MR,MMR]) (| (& (dpi=204) (dpi-xyratio=[204/98,204/196,204/391]) )
(& (dpi=[400,600]) (dpi-xyratio=1) ) ) (paper-size=[A4,B4,A3]) )`,
		},
		style: receiptStyle{
			subject: "Return Receipt (displayed)", human: "The message was received.", reportingUA: "bizhub C308; KONICA MINOLTA",
			good: "automatic-action/MDN-sent-automatically; processed", bad: "automatic-action/MDN-sent-automatically; processed/error", tells: true,
		},
		script: []step{
			{Sends, "a fax as it leaves the factory: the administrator is the envelope sender and the device asks for the receipt: none goes out by itself, and it is shown as \"receipt asked for, addresses differ\"", documented(kmSender, kmSystem), "the header's other fields", kmFactory},
			{Sends, "the same, and a person has the receipt sent by hand", documented(kmSender, kmSystem), "", kmByHand},
			{Sends, "the same, and the contact says that both addresses are one device: the receipt goes out by itself", documented(kmSender, kmSystem), "", kmSameDevice},
			{Sends, "a fax with Envelope-From set to the device, MMR at 600x600", documented(kmSender, kmAnswers), "little-endian TIFF, FillOrder 1", func(ctx context.Context, b *bench) error {
				s := draw(5184, 7014, 5)
				raw, err := kmFax("k4", layout{coding: "MMR", resolution: [2]uint32{600, 600}}, s)
				if err != nil {
					return err
				}
				return b.sends(ctx, letter{from: "scan@km.example", raw: raw}, "<k4.bizhub@km.example>", s)
			}},
			{Sends, "a page in colour, as JPEG", documented(kmColour), "a bare JPEG file instead of Profile C", kmSendsColour},
			{Splits, "binary division: five pieces of one mail, shuffled and one of them twice, are one fax with one receipt", documented(kmDivision), "the pieces are message/partial", kmSplits},
			{Answers, "the first fax to it is Profile S, and its receipt tells what its check boxes say", documented(kmAnswers), "disposition \"processed\" and the words of Media-Accept-Features", learns("MMR")},
			{Accepts, "the second fax in the best form that both have: MMR, 400x400", documented(kmAnswers), "", better("F MMR 400x400")},
			{Refuses, "TLS: it breaks off after STARTTLS, and gets the fax in plain text", documented(kmTLS), "it offers STARTTLS and hangs up", kmBreaksTLS},
			{Refuses, "a mail above its server's limit; its contact says fragments: they stay below it, and the receipt for the whole mail confirms them all", documented(kmLimit, kmDivision), "that it joins fragments itself, and the limit of 300 kB", kmTakesFragments},
		},
	}
}

// kmFax is a fax in kmMail.
func kmFax(id string, l layout, pages ...sheet) (string, error) {
	tiff, err := l.file(pages...)
	return fill(kmMail, map[string]string{"id": id, "type": "image/tiff", "name": "SKM_" + id + ".tif", "file": base64Lines(tiff)}), err
}

var kmLayout = layout{coding: "MMR", resolution: [2]uint32{200, 200}}

// kmSends sends a fax with the administrator's address in the envelope.
func kmSends(ctx context.Context, b *bench, id string) (gateway.InboxFax, error) {
	page := draw(1728, 2339, 1)
	raw, err := kmFax(id, kmLayout, page)
	if err != nil {
		return gateway.InboxFax{}, err
	}
	if err := b.send(ctx, letter{from: "admin@km.example", raw: raw}); err != nil {
		return gateway.InboxFax{}, err
	}
	f, err := b.arrived(ctx, "<"+id+".bizhub@km.example>", 1)
	if err == nil {
		err = b.identical(ctx, f, page)
	}
	return f, err
}

func kmFactory(ctx context.Context, b *bench) error {
	mark := b.machine.mark()
	f, err := kmSends(ctx, b, "k1")
	if err != nil {
		return err
	}
	return all(
		same("the receipt's state", f.Receipt, "Receipt asked for, addresses differ: scan@km.example asks, and the mail came from admin@km.example"),
		same("that it can be sent by hand:", f.ByHand, true),
		same("receipts sent:", b.machine.count(mark, func(t *taken) bool { return true }), 0),
		says("the subject", f.Subject, "bizhub_C308"),
	)
}

func kmByHand(ctx context.Context, b *bench) error {
	mark := b.machine.mark()
	f, err := kmSends(ctx, b, "k2")
	if err != nil {
		return err
	}
	if err := b.gateway.SendReceipt(ctx, f.ID); err != nil {
		return mismatched("the receipt to be sent by hand", "%v", err)
	}
	r, err := b.mdn(ctx, mark, f.MessageID)
	if err != nil {
		return err
	}
	return all(same("the receipt's recipient", r.to, "scan@km.example"), says("a receipt", r.report(mdnReport), "Disposition: manual-action/MDN-sent-manually; displayed\n"))
}

func kmSameDevice(ctx context.Context, b *bench) error {
	mark := b.machine.mark()
	c, err := b.gateway.AddContact(ctx, gateway.Contact{Address: "scan@km.example", Kind: gateway.Machine, SameDevice: "admin@km.example"})
	if err != nil {
		return err
	}
	f, err := kmSends(ctx, b, "k3")
	if err != nil {
		return err
	}
	r, err := b.mdn(ctx, mark, f.MessageID)
	if err != nil {
		return err
	}
	return all(b.good(r, "scan@km.example"), b.gateway.RemoveContact(ctx, c.Address))
}

func kmSendsColour(ctx context.Context, b *bench) error {
	img := image.NewRGBA(image.Rect(0, 0, 800, 1100))
	for y := range 1100 {
		for x := range 800 {
			img.Set(x, y, color.RGBA{byte(x / 4), byte(y / 5), 128, 255})
		}
	}
	var file bytes.Buffer
	if err := jpeg.Encode(&file, img, nil); err != nil {
		return err
	}
	mark := b.machine.mark()
	raw := fill(kmMail, map[string]string{"id": "k5", "type": "image/jpeg", "name": "SKM_k5.jpg", "file": base64Lines(file.Bytes())})
	if err := b.send(ctx, letter{from: "scan@km.example", raw: raw}); err != nil {
		return err
	}
	f, err := b.arrived(ctx, "<k5.bizhub@km.example>", 1)
	if err != nil {
		return err
	}
	r, err := b.mdn(ctx, mark, f.MessageID)
	if err != nil {
		return err
	}
	return b.good(r, "scan@km.example")
}

// pieces cuts a mail at line ends, and writes a mail around each piece.
func pieces(template, id, raw string, n int) []string {
	lines := strings.SplitAfter(raw, "\n")
	var out []string
	for i := range n {
		out = append(out, fill(template, map[string]string{
			"id": id, "number": fmt.Sprint(i + 1), "total": fmt.Sprint(n), "body": strings.Join(lines[len(lines)*i/n:len(lines)*(i+1)/n], ""),
		}))
	}
	return out
}

func kmSplits(ctx context.Context, b *bench) error {
	drawn := []sheet{draw(1728, 2339, 1), draw(1728, 2339, 2), draw(1728, 2339, 3)}
	raw, err := kmFax("k6", kmLayout, drawn...)
	if err != nil {
		return err
	}
	return b.joined(ctx, "scan@km.example", pieces(kmPiece, "k6", raw, 5), []int{3, 0, 4, 0, 2, 1}, "<k6.bizhub@km.example>", drawn...)
}

func kmBreaksTLS(ctx context.Context, b *bench) error {
	b.machine.behave(func(command string) string {
		if strings.EqualFold(command, "STARTTLS") {
			return "220 go ahead" // and hangs up
		}
		return ""
	}, nil)
	before := len(b.machine.commands())
	if _, _, err := b.faxed(ctx); err != nil {
		return err
	}
	said := b.machine.commands()[before:]
	return same("that TLS was tried first:", slices.Contains(said, "STARTTLS"), true)
}

func kmTakesFragments(ctx context.Context, b *bench) error {
	const most = 300 << 10
	b.machine.behave(nil, func(t *taken) (string, []letter) { return b.kmJoins(t, most) })
	if _, err := b.gateway.AddContact(ctx, gateway.Contact{Address: b.vendor.fax, Kind: gateway.Machine, Split: "fragments", SizeLimit: most}); err != nil {
		return err
	}
	dots, err := noise(1)
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
	fragments := b.machine.count(mark, func(t *taken) bool { return len(t.of("message/partial")) == 1 })
	if len(f.Deliveries) < 2 || fragments != len(f.Deliveries) {
		return mismatched("several fragments, one for each part of the fax", "%d fragments of %d parts came", fragments, len(f.Deliveries))
	}
	return b.gateway.RemoveContact(ctx, b.vendor.fax)
}

// kmJoins keeps fragments until all are here, and answers the mail that they make (RFC 2046 section 5.2.2.1).
func (b *bench) kmJoins(t *taken, most int) (string, []letter) {
	list := t.of("message/partial")
	if len(t.raw) > most {
		return "552 message too large", nil
	}
	if len(list) == 0 {
		return b.machine.everyday(t)
	}
	b.machine.mu.Lock()
	all := append([]*taken{t}, b.machine.mailed...)
	b.machine.mu.Unlock()
	var whole []byte
	for n := 1; fmt.Sprint(n-1) != list[0].params["total"]; n++ {
		i := slices.IndexFunc(all, func(o *taken) bool {
			p := o.of("message/partial")
			return len(p) == 1 && p[0].params["id"] == list[0].params["id"] && p[0].params["number"] == fmt.Sprint(n)
		})
		if i < 0 {
			return "250 OK", nil
		}
		whole = append(whole, all[i].of("message/partial")[0].body...)
	}
	inner := open(t.from, t.to, t.params, whole)
	if l := b.vendor.style.receipt(b.vendor, inner, b.vendor.takes.examine(inner)); l != nil {
		return "250 OK", []letter{*l}
	}
	return "250 OK", nil
}
