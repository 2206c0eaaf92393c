package gateway

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"faxgate/spool"
)

// change is what goes with a new state: when the task is due next (nil: not any more), whose word it is, and the word itself.
type change struct {
	due     *time.Time
	by      string
	words   string
	try     bool // counts as a try
	late    bool
	release bool
}

// rungData is the journal's record of a state reached.
type rungData struct {
	State spool.State `json:"state"`
	By    string      `json:"by,omitempty"`
}

// setState is the one place where a task changes its state: the row, the rung in the journal, and the administrator's notice where one is due.
func (g *Gateway) setState(tx *spool.Tx, t spool.Task, s spool.State, c change) error {
	tc := spool.TaskChange{State: s, Release: c.release, Reason: &c.words}
	switch {
	case s == Sending: // the lease holds it; the old due time stays, so that it is taken up again after a crash
	case c.due == nil:
		tc.NoDue = true
	default:
		tc.Due = *c.due
	}
	if c.try {
		n := t.Attempts + 1
		tc.Attempts = &n
	}
	if c.late {
		tc.Late = &c.late
	}
	if t.Kind == KindFax && troubled(s) {
		w := readWhat[faxWhat](t)
		if !w.Told {
			w.Told = true
			tc.What = marshal(w)
			if err := g.tellAdministrator(tx, t, s, c.words); err != nil {
				return err
			}
		}
	}
	if err := tx.SetTask(t.ID, tc); err != nil {
		return err
	}
	_, err := tx.AddEvent(spool.Event{Job: t.Job, Task: t.ID, Received: t.Received, Kind: "state", Words: c.words, Data: marshal(rungData{s, c.by})})
	if err != nil || t.Kind != KindFax || !rests(s, c.due) {
		return err
	}
	return g.tellOutcome(tx, t.Job)
}

// troubled tells which states an administrator hears of, once for each fax.
func troubled(s spool.State) bool {
	return s == Failed || s == Expired || s == Uncertain || s == Held
}

// final tells which states end a fax as far as the gateway goes by itself.
func final(s spool.State) bool {
	switch s {
	case Confirmed, Failed, Expired, Held, Cancelled, Done:
		return true
	}
	return false
}

// readWhat reads the gateway's own part of a task; what cannot be read is as good as not there.
func readWhat[T any](t spool.Task) T {
	var w T
	if len(t.What) > 0 {
		_ = json.Unmarshal(t.What, &w)
	}
	return w
}

// messageForm is what a composed message is: the gateway's own part of its row.
type messageForm struct {
	Profile    string   `json:"profile,omitempty"`
	Coding     string   `json:"coding,omitempty"`
	Resolution string   `json:"resolution,omitempty"`
	Paper      string   `json:"paper,omitempty"`
	Shades     string   `json:"shades,omitempty"` // of Profile C: grey or colour
	Blank      int      `json:"blank,omitempty"`  // pages that were left out, as nothing is on them
	Pages      int      `json:"pages,omitempty"`
	MDN        bool     `json:"mdn,omitempty"`   // an MDN was asked for
	DSN        bool     `json:"dsn,omitempty"`   // a success DSN was asked for
	Offer      string   `json:"offer,omitempty"` // the better form that was offered with it (RFC 3297)
	Sorry      bool     `json:"sorry,omitempty"` // it says that there is no better form
	Why        []string `json:"why,omitempty"`
}

// String is the form in one line: "S MH 204x196 A4".
func (f messageForm) String() string {
	if f.Profile == "" || f.Profile == formPDF {
		return f.Profile
	}
	return strings.TrimSpace(fmt.Sprintf("%s %s %s %s %s", f.Profile, f.Coding, f.Resolution, f.Paper, f.Shades))
}

func readForm(m spool.Message) messageForm {
	var f messageForm
	if len(m.Form) > 0 {
		_ = json.Unmarshal(m.Form, &f)
	}
	return f
}
