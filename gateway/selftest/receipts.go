package selftest

import (
	"fmt"
	"strings"
)

// receiptText is a disposition notification (RFC 8098, and RFC 2298 which most machines were built to) as a machine writes it. {extra} is for what is the vendor's own.
const receiptText = `
From: <{me}>
To: <{asker}>
Date: {date}
Subject: {subject}
Message-ID: <mdn-{number}@{domain}>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=disposition-notification;
 boundary="=_{number}"

--=_{number}
Content-Type: text/plain; charset=us-ascii

{human}

--=_{number}
Content-Type: message/disposition-notification
Content-Transfer-Encoding: 7bit

{fields}

--=_{number}--
`

// receiptStyle is how a vendor's machines write their receipts. The zero value: they write none.
type receiptStyle struct {
	subject, human string
	reportingUA    string // empty: they leave the field out
	good, bad      string // the Disposition field
	tells          bool   // the field Media-Accept-Features (RFC 2530) is in it
}

// receipt writes the receipt for a fax, if one was asked for.
func (r receiptStyle) receipt(v vendor, t *taken, seen verdict) *letter {
	asker := strings.Trim(t.get("Disposition-Notification-To"), "<> ")
	if asker == "" || r.good == "" {
		return nil
	}
	disposition := r.good
	if seen.trouble != "" {
		disposition = r.bad
	}
	var fields []string
	if r.reportingUA != "" {
		fields = append(fields, "Reporting-UA: "+r.reportingUA)
	}
	fields = append(fields, "Final-Recipient: rfc822;"+v.fax, "Original-Message-ID: "+t.id(), "Disposition: "+disposition)
	if seen.trouble != "" {
		fields = append(fields, "Error: "+seen.trouble)
	}
	if r.tells && v.takes.text != "" {
		fields = append(fields, "Media-Accept-Features: "+strings.ReplaceAll(v.takes.text, "\n", "\n "))
	}
	raw := fill(receiptText, map[string]string{
		"me": v.fax, "asker": asker, "subject": r.subject, "human": r.human, "number": fmt.Sprintf("%x", len(t.raw)) + strings.Trim(strings.SplitN(t.id(), "@", 2)[0], "<"),
		"domain": v.fax[strings.IndexByte(v.fax, '@')+1:], "fields": strings.Join(fields, "\n"),
	})
	return &letter{to: asker, raw: raw}
}
