package ifax

import (
	"path"
	"strings"
)

// decorations are media types that never carry a document.
var decorations = map[string]string{
	"application/pgp-signature":     "a signature",
	"application/pkcs7-signature":   "a signature",
	"application/x-pkcs7-signature": "a signature",
	"application/pgp-keys":          "a public key",
	"text/vcard":                    "a visiting card",
	"text/x-vcard":                  "a visiting card",
	"text/directory":                "a visiting card",
	"text/calendar":                 "a calendar entry",
	"application/ics":               "a calendar entry",
	"text/x-amp-html":               "the text again as AMP",
	"text/watch-html":               "the text again for a watch",
	"application/ms-tnef-marker":    "an Outlook marker",
	"application/applefile":         "what a Macintosh keeps beside a file",
}

// decorationNames are the same by file name, for parts declared application/octet-stream.
var decorationNames = map[string]string{
	".p7s": "a signature", ".asc": "a signature", ".sig": "a signature", ".vcf": "a visiting card", ".ics": "a calendar entry",
}

// decoration says what decoration a part is; empty for none.
func decoration(t mediaType, name string) string {
	if what := decorations[t.value]; what != "" {
		return what
	}
	if t.value == "application/octet-stream" || t.major() == "text" {
		return decorationNames[strings.ToLower(path.Ext(name))]
	}
	return ""
}

// unsupported are declared types that cannot be read, with what to tell their sender.
var unsupported = map[string]string{
	"application/ms-tnef":       errTNEFCut.Error(),
	"application/vnd.ms-tnef":   errTNEFCut.Error(),
	"application/pkcs7-mime":    smimeEncrypted,
	"application/x-pkcs7-mime":  smimeEncrypted,
	"application/mac-binhex40":  binHex,
	"application/mac-binhex":    binHex,
	"application/x-binhex40":    binHex,
	"application/pgp-encrypted": "an encrypted PGP message, which cannot be opened here: send it unencrypted",
	"message/external-body":     "only a pointer to a document kept elsewhere, which is not fetched: attach the document itself",
	"message/partial":           "a fragment inside another message, which cannot be put together",
}

const (
	smimeEncrypted = "an encrypted S/MIME message, which cannot be opened here: send it unencrypted"
	smimeSigned    = "a signed S/MIME message in one piece, which is not taken apart here: sign it so that the message stays readable (multipart/signed), or send it unsigned"
)

// smime says what an S/MIME part is, by its declaration or by the object identifiers of RFC 5652 in its head; empty for none.
func smime(t mediaType, head []byte, name string) string {
	if t.value != "application/pkcs7-mime" && t.value != "application/x-pkcs7-mime" && !strings.EqualFold(path.Ext(name), ".p7m") {
		return ""
	}
	const signedData = "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"
	if strings.EqualFold(t.params["smime-type"], "signed-data") || strings.Contains(string(head[:min(len(head), 64)]), signedData) {
		return smimeSigned
	}
	return smimeEncrypted
}

// reportTypes are the second parts of a multipart/report (RFC 6522, RFC 6533).
var reportTypes = map[string]string{
	"message/disposition-notification":        KindMDN,
	"message/global-disposition-notification": KindMDN,
	"message/delivery-status":                 KindDSN,
	"message/global-delivery-status":          KindDSN,
}

// isReturnedHeader tells third parts that are a header only.
func isReturnedHeader(value string) bool {
	return value == "text/rfc822-headers" || value == "message/rfc822-headers" || value == "message/global-headers"
}

// isMessage tells parts that are a whole message.
func isMessage(value string) bool {
	return value == "message/rfc822" || value == "message/global" || value == "message/news"
}

// readable tells sniffed types that become pages.
func readable(sniffed string) bool {
	switch sniffed {
	case "image/tiff", "application/pdf", "image/png", "image/jpeg":
		return true
	}
	return false
}
