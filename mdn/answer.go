package mdn

import (
	"fmt"
	"strings"
)

// Request is what a received message and its envelope say about a receipt.
type Request struct {
	// To are the addr-specs of Disposition-Notification-To.
	To []string
	// Options is the text of Disposition-Notification-Options.
	Options string
	// ReturnPath is the envelope sender, or the Return-Path field of a fetched message; empty for <>.
	ReturnPath string
	// HasReturnPath tells the null path from none; ReturnPaths counts the fields, 0 for a message that came
	// with an envelope.
	HasReturnPath bool
	ReturnPaths   int
	// IsReport: multipart/report. IsList: List-Id or the like. Auto: Auto-Submitted other than "no".
	// Bulk: Precedence bulk, list or junk. Partial: a message/partial fragment.
	IsReport, IsList, Auto, Bulk, Partial bool
	// MessageID and OriginalRecipient are what the receipt would carry.
	MessageID, OriginalRecipient string
}

// Policy is the administrator's word on answering, and what has been answered already.
type Policy struct {
	// Never answers nothing: RFC 2532 section 2.2.1 asks for this switch.
	Never bool
	// Sent: a receipt for this message and recipient was issued (RFC 8098 section 2.1: at most one).
	Sent bool
	// SameDevice: the administrator says that the address that asks and the return path are one device.
	SameDevice bool
}

// Answer tells whether an unattended device may answer the request with an MDN, and why, in words for the
// journal (RFC 8098 section 2.1, RFC 2532 section 2.2, RFC 3834).
func Answer(req Request, policy Policy) (ok bool, why string) {
	for _, rule := range []func(Request, Policy) string{
		notAsked, notAllowed, notAPerson, notOneAddress, notTheReturnPath, notUnderstood,
	} {
		if why := rule(req, policy); why != "" {
			return false, why
		}
	}
	if !SameAddress(req.ReturnPath, req.To[0]) {
		return true, fmt.Sprintf("asked for by %s, which is the same device as the return path %s, says its contact", req.To[0], req.ReturnPath)
	}
	return true, "asked for by " + req.To[0] + ", which is the return path"
}

// AnswerByHand tells whether a person may have the request answered, where [Answer] does not by itself: the person consents to an
// address that is not the return path, to several and to none that vouches for them (RFC 8098 section 2.1).
func AnswerByHand(req Request, policy Policy) (ok bool, why string) {
	for _, rule := range []func(Request, Policy) string{notAsked, notAllowed, notByAnybody, notUnderstood} {
		if why := rule(req, policy); why != "" {
			return false, why
		}
	}
	return true, "asked for by " + req.To[0] + ", and sent by hand"
}

// notByAnybody: what even a person cannot answer.
func notByAnybody(req Request, _ Policy) string {
	switch {
	case req.IsReport:
		return "the message is itself a report (RFC 8098 section 2.1)"
	case req.Partial:
		return "the message is a fragment; only the whole message is answered (RFC 8098 section 2.4)"
	}
	return ""
}

// notAsked: no request, no receipt (RFC 2532 section 2.2.1: no unsolicited success).
func notAsked(req Request, _ Policy) string {
	if len(req.To) == 0 {
		return "no receipt was asked for"
	}
	return ""
}

// notAllowed: by the administrator, or because one has gone out.
func notAllowed(_ Request, policy Policy) string {
	switch {
	case policy.Never:
		return "receipts are switched off in the configuration"
	case policy.Sent:
		return "a receipt for this message and recipient was sent before (RFC 8098 section 2.1: at most one)"
	}
	return ""
}

// notAPerson: reports, lists, robots and fragments are never answered.
func notAPerson(req Request, _ Policy) string {
	switch {
	case req.IsReport:
		return "the message is itself a report (RFC 8098 section 2.1)"
	case req.Partial:
		return "the message is a fragment; only the whole message is answered (RFC 8098 section 2.4)"
	case req.IsList:
		return "the message came through a mailing list"
	case req.Auto:
		return "the message was sent by a program that says so (Auto-Submitted, RFC 3834)"
	case req.Bulk:
		return "the message is bulk mail (Precedence)"
	}
	return ""
}

// notOneAddress: with several addresses a person would have to consent.
func notOneAddress(req Request, _ Policy) string {
	for _, to := range req.To[1:] {
		if !SameAddress(req.To[0], to) {
			return fmt.Sprintf("a receipt was asked for by %d addresses; only a person could consent to that (RFC 8098 section 2.1)", len(req.To))
		}
	}
	return ""
}

// notTheReturnPath: a receipt goes only where a bounce would have gone.
func notTheReturnPath(req Request, policy Policy) string {
	switch {
	case !req.HasReturnPath:
		return "the message has no Return-Path, so nobody vouches for the address that asks (RFC 8098 section 2.1)"
	case req.ReturnPaths > 1:
		return fmt.Sprintf("the message has %d Return-Path fields (RFC 8098 section 2.1)", req.ReturnPaths)
	case strings.TrimSpace(req.ReturnPath) == "":
		return "the return path is empty: such a message is never answered (RFC 3834 section 2)"
	case !SameAddress(req.ReturnPath, req.To[0]) && !policy.SameDevice:
		return fmt.Sprintf("the receipt was asked for by %s, but the return path is %s (RFC 8098 section 2.1)", req.To[0], req.ReturnPath)
	}
	return ""
}

// notUnderstood: a required option that we do not know forbids the receipt (RFC 8098 section 2.2).
func notUnderstood(req Request, _ Policy) string {
	for _, option := range Options(req.Options) {
		if option.Required && !strings.EqualFold(option.Attribute, "Alternative-not-available") {
			return fmt.Sprintf("the request requires the option %q, which is not known here (RFC 8098 section 2.2)", option.Attribute)
		}
	}
	return ""
}

// Option is one parameter of Disposition-Notification-Options (RFC 8098 section 2.2).
type Option struct {
	// Attribute is as written; RFC 3297 defines Alternative-available and Alternative-not-available.
	Attribute string
	Required  bool
	// Values come after the importance: "transient", or "(TRUE)", whose parentheses RFC 3297 prints.
	Values []string
}

// Options reads Disposition-Notification-Options. What is no attribute is passed over.
func Options(text string) []Option {
	var options []Option
	for parameter := range strings.SplitSeq(text, ";") {
		attribute, rest, ok := strings.Cut(parameter, "=")
		attribute = strings.TrimSpace(attribute)
		if !ok || attribute == "" {
			continue
		}
		words := strings.Split(rest, ",")
		for i := range words {
			words[i] = strings.TrimSpace(words[i])
		}
		options = append(options, Option{
			Attribute: attribute,
			Required:  strings.EqualFold(stripComments(words[0]), "required"),
			Values:    words[1:],
		})
	}
	return options
}

// SameAddress compares two addr-specs as RFC 8098 section 2.1 wants it: the local part exactly, after
// unquoting, the domain without regard to case.
func SameAddress(a, b string) bool {
	localA, domainA := splitAddress(a)
	localB, domainB := splitAddress(b)
	return localA == localB && strings.EqualFold(domainA, domainB)
}

// splitAddress takes angle brackets off and quotes out of the local part.
func splitAddress(s string) (local, domain string) {
	s = strings.TrimSpace(s)
	if strings.HasPrefix(s, "<") && strings.HasSuffix(s, ">") {
		s = strings.TrimSpace(s[1 : len(s)-1])
	}
	at := strings.LastIndexByte(s, '@')
	if at < 0 {
		return s, ""
	}
	local, domain = s[:at], s[at+1:]
	if len(local) < 2 || local[0] != '"' || local[len(local)-1] != '"' {
		return local, domain
	}
	var b strings.Builder
	inner := local[1 : len(local)-1]
	for i := 0; i < len(inner); i++ {
		if inner[i] == '\\' && i+1 < len(inner) {
			i++
		}
		b.WriteByte(inner[i])
	}
	return b.String(), domain
}
