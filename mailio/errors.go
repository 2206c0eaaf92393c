package mailio

import (
	"fmt"
	"strings"
)

// A Stage names the part of an SMTP dialogue, in the words of RFC 5321.
type Stage string

// The stages of a dialogue, in order.
const (
	StageConnect  Stage = "connect"
	StageEHLO     Stage = "EHLO"
	StageSTARTTLS Stage = "STARTTLS"
	StageAUTH     Stage = "AUTH"
	StageSize     Stage = "size" // the SIZE the server announced is too small
	StageMAIL     Stage = "MAIL"
	StageRCPT     Stage = "RCPT"
	StageDATA     Stage = "DATA"
	StageDot      Stage = "dot" // after the message
)

// A ReplyError is a server's refusal: a 4yz or 5yz reply, verbatim.
type ReplyError struct {
	Stage    Stage
	Code     int
	Enhanced string // "5.1.1", empty if the server gives none
	Text     string // the text after the code, verbatim; lines joined by "\n"
	Hop      string // host:port that answered
	MaxSize  int64  // at StageSize: the SIZE that the server announced
}

func (e *ReplyError) Error() string {
	return fmt.Sprintf("%s refused at %s: %d %s", e.Hop, e.Stage, e.Code, strings.ReplaceAll(e.Text, "\n", " / "))
}

// Permanent tells whether repeating the same thing cannot help (5yz).
func (e *ReplyError) Permanent() bool { return e.Code >= 500 }

// An UncertainError means that the final dot went out, or may have, and no
// reply was read: the server may or may not have the message.
type UncertainError struct {
	Hop string
	Err error
}

func (e *UncertainError) Error() string {
	return fmt.Sprintf("%s gave no answer to the end of the message, it may have taken it: %v", e.Hop, e.Err)
}

func (e *UncertainError) Unwrap() error { return e.Err }

// A Refusal is what a Handler wants answered: an SMTP reply. Enhanced may be
// left empty; Text may have several lines, joined by "\n".
type Refusal struct {
	Code     int    // 4yz or 5yz
	Enhanced string // "5.1.1"
	Text     string
}

func (e *Refusal) Error() string {
	if e.Enhanced == "" {
		return fmt.Sprintf("%d %s", e.Code, e.Text)
	}
	return fmt.Sprintf("%d %s %s", e.Code, e.Enhanced, e.Text)
}

// A StageError is what went wrong between us and a server, other than a reply
// of the server: no connection, no TLS as the policy wants it, no common log-in,
// silence, the end of the caller's patience. The message was certainly not
// accepted.
type StageError struct {
	Stage Stage
	Hop   string
	Err   error
}

func (e *StageError) Error() string { return fmt.Sprintf("%s: at %s: %v", e.Hop, e.Stage, e.Err) }

func (e *StageError) Unwrap() error { return e.Err }
