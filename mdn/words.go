package mdn

import (
	"regexp"
	"strings"
)

// Bounces of servers that write no RFC 3464 report.

// qsbmfGreeting begins a bounce of qmail and its kin; the format is known as QSBMF.
const qsbmfGreeting = "Hi. This is the "

// maxWords is how much is kept of what a server says.
const maxWords = 1000

// statusInWords finds "#5.1.1" or "5.1.1" in a server's words.
var statusInWords = regexp.MustCompile(`\b([245]\.\d{1,3}\.\d{1,3})\b`)

// ParseWords reads a bounce in plain text. It knows the format of qmail: a greeting paragraph, one paragraph
// per recipient that begins with its address in angle brackets, and a line of dashes before the returned
// message. For others the addresses that failed must be known, as Exim gives them in X-Failed-Recipients. It
// gives nil when the text is no bounce. original is the Message-ID of the returned message, empty when it did
// not come back.
func ParseWords(text string, failed ...string) (d *DSN, original string) {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	report, returned, _ := strings.Cut(text, "\n---")
	d = &DSN{}
	if strings.HasPrefix(strings.TrimLeft(text, "\n "), qsbmfGreeting) {
		for paragraph := range strings.SplitSeq(report, "\n\n") {
			if r, ok := recipientInWords(strings.TrimLeft(paragraph, "\n")); ok {
				d.Recipients = append(d.Recipients, r)
			}
		}
	}
	if len(d.Recipients) == 0 {
		for _, address := range failed {
			_, words, found := strings.Cut(report, address)
			if !found {
				words = report
			}
			d.Recipients = append(d.Recipients, failedInWords(address, strings.Join(strings.Fields(words), " ")))
		}
	}
	if len(d.Recipients) == 0 {
		return nil, ""
	}
	return d, returnedID(returned)
}

// recipientInWords reads "<user@example.com>:\nwords".
func recipientInWords(paragraph string) (Recipient, bool) {
	if !strings.HasPrefix(paragraph, "<") {
		return Recipient{}, false
	}
	head, words, _ := strings.Cut(paragraph, "\n")
	address, _, ok := strings.Cut(head[1:], ">")
	if !ok {
		return Recipient{}, false
	}
	words = strings.Join(strings.Fields(words), " ")
	return failedInWords(address, words), true
}

// failedInWords is a failed recipient of whom only a server's words are known. The status is taken from the
// words, else 5.0.0.
func failedInWords(address, words string) Recipient {
	if len(words) > maxWords {
		words = strings.ToValidUTF8(words[:maxWords], "") + "…"
	}
	r := Recipient{FinalRecipient: address, Action: "failed", Status: "5.0.0", Diagnostic: words}
	if m := statusInWords.FindStringSubmatch(words); m != nil {
		r.Status = m[1]
	}
	return r
}

// returnedID finds the Message-ID in the header of a returned message.
func returnedID(returned string) string {
	for line := range strings.Lines(returned) {
		name, value, ok := strings.Cut(line, ":")
		if ok && strings.EqualFold(name, "Message-ID") {
			return messageID(strings.TrimSpace(value))
		}
	}
	return ""
}
