package selftest

import (
	"context"
	"fmt"
	"strings"

	"faxgate/gateway/config"
)

// vendor is one vendor's machine: how it speaks SMTP, what it takes, how it answers, and what is played with it.
type vendor struct {
	name, title string
	fax         string   // the machine's own fax address
	helo        string   // how it names itself
	offers      []string // what it answers to EHLO; nil: it knows only HELO
	takes       abilities
	style       receiptStyle         // how it answers a fax that asks for a receipt
	configure   func(*config.Config) // what is set at the gateway for this machine; nil: nothing
	script      []step
}

// step is one behaviour: what the machine does, where that is documented, what of it is assumed, and the play itself. A *mismatch says what was expected and what happened.
type step struct {
	kind    Kind
	words   string
	sources []string
	assumed string
	play    func(context.Context, *bench) error
}

// documented lists the places that say how the machine behaves.
func documented(where ...string) []string { return where }

// mismatch is a behaviour that the gateway did not deal with as it should.
type mismatch struct{ want, got string }

func (m *mismatch) Error() string { return fmt.Sprintf("expected %s; but %s", m.want, m.got) }

// mismatched says in words what was expected and what happened.
func mismatched(want, format string, args ...any) error {
	return &mismatch{want, fmt.Sprintf(format, args...)}
}

// same compares a value with what it should be.
func same[T comparable](what string, got, want T) error {
	if got == want {
		return nil
	}
	return mismatched(fmt.Sprintf("%s %v", what, want), "it is %v", got)
}

// says wants words in a text.
func says(what, text string, words ...string) error {
	for _, w := range words {
		if !strings.Contains(text, w) {
			return mismatched(fmt.Sprintf("%s that says %q", what, w), "it says %q", shortened(text))
		}
	}
	return nil
}

// silent wants words not to be in a text.
func silent(what, text string, words ...string) error {
	for _, w := range words {
		if strings.Contains(text, w) {
			return mismatched(fmt.Sprintf("%s without %q", what, w), "it says %q", shortened(text))
		}
	}
	return nil
}

// shortened keeps a text to what a report has room for.
func shortened(text string) string {
	const most = 600
	if len(text) > most {
		return text[:most] + " ..."
	}
	return text
}

// all plays checks and gives the first that fails.
func all(checks ...error) error {
	for _, err := range checks {
		if err != nil {
			return err
		}
	}
	return nil
}
