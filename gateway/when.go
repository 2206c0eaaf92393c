package gateway

import (
	"fmt"
	"net/mail"
	"time"

	"faxgate/spool"
)

// when.go is what a request says beside its documents and recipients: when the fax goes, before which others, and who is told of its outcome.

// The priorities of a fax: among those that are due, a higher one goes first. Empty is normal.
const (
	PriorityLow    = "low"
	PriorityNormal = "normal"
	PriorityHigh   = "high"
)

// priorities are the words for the spool's priorities.
var priorities = map[string]spool.Priority{"": spool.Normal, PriorityLow: spool.Low, PriorityNormal: spool.Normal, PriorityHigh: spool.High}

// priorityWord is the word for a priority; empty for the usual one.
func priorityWord(p spool.Priority) string {
	switch p {
	case spool.High:
		return PriorityHigh
	case spool.Low:
		return PriorityLow
	default:
		return ""
	}
}

// complete checks what a request says, and fills in what follows from it: the off-peak moment, and when an outcome is told.
func (g *Gateway) complete(r *SubmitRequest) error {
	if _, ok := g.cfg.Fax.SenderName(r.HeaderName); !ok {
		return &InputError{"headerName", fmt.Sprintf("%q is neither the number of a sender name nor one of them (fax.names in the configuration)", r.HeaderName)}
	}
	if _, ok := priorities[r.Priority]; !ok {
		return &InputError{"priority", fmt.Sprintf("%q is not one of low, normal and high", r.Priority)}
	}
	if err := g.completePages(r); err != nil {
		return err
	}
	if r.When.After(g.now().AddDate(1, 0, 0)) {
		return &InputError{"when", fmt.Sprintf("%s is more than a year from now", r.When.Format(time.RFC3339))}
	}
	if r.OffPeak {
		if !g.cfg.OffPeak.On() {
			return &InputError{"offPeak", "the configuration has no off-peak time: set from and to in [off_peak]"}
		}
		r.When = g.cfg.OffPeak.Next(g.due(*r).Local())
	}
	return g.completeOutcome(&r.Outcome)
}

// completeOutcome checks who is told, and when: always, unless said otherwise.
func (g *Gateway) completeOutcome(o *Outcome) error {
	if o.To == "" {
		return nil
	}
	if a, err := mail.ParseAddress(o.To); err != nil || a.Address != o.To {
		return &InputError{"notify", fmt.Sprintf("%q is no plain mail address", o.To)}
	}
	if g.isOwn(o.To) {
		return &InputError{"notify", fmt.Sprintf("%s is a fax address of this gateway: give a person's address", o.To)}
	}
	switch o.When {
	case "":
		o.When = OutcomeAlways
	case OutcomeAlways, OutcomeTrouble, OutcomeNever:
	default:
		return &InputError{"notifyWhen", fmt.Sprintf("%q is not one of always, trouble and never", o.When)}
	}
	return nil
}
