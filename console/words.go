package console

import (
	"fmt"
	"strings"
	"time"

	"faxgate/gateway"
	"faxgate/spool"
)

// Teller says in plain words where faxes stand.
type Teller struct {
	Relay string    // the configured relay: what it takes is with the provider, not with the recipient yet
	Now   time.Time // decides how much of a date is shown
}

// Sentence tells where a delivery stands: the truth ladder.
func (t Teller) Sentence(d gateway.Delivery) string {
	now := t.Now
	at, by := reached(d)
	switch d.State {
	case gateway.Queued:
		return queued(d, now)
	case gateway.Sending:
		return "Being sent."
	case gateway.Accepted:
		return t.taken(by) + until(d, "; waiting for the receipt until %s.", "; no receipt is awaited.", now)
	case gateway.Delivered:
		return "Delivered to the recipient's mailbox " + Moment(at, now) + until(d, "; waiting for the receipt until %s.", ".", now)
	case gateway.Confirmed:
		if d.Late {
			return "Confirmed late, " + Moment(at, now) + "."
		}
		return "Confirmed " + Moment(at, now) + "."
	case gateway.Expired:
		return "Accepted, not confirmed: no receipt came until " + Moment(at, now) + ". It may well have arrived; ask the recipient before sending it again."
	case gateway.Failed:
		return "Failed: " + oneLine(d.Reason)
	case gateway.Uncertain:
		return "The connection broke before the server's last answer: it may or may not have the fax" + until(d, "; if nothing is heard until %s, the same message is sent once more.", ".", now)
	case gateway.Held:
		return "Held until you decide: " + oneLine(d.Reason)
	case gateway.Cancelled:
		return "Cancelled."
	case gateway.Done:
		return "Done " + Moment(at, now) + "."
	default:
		return string(d.State) + "."
	}
}

func queued(d gateway.Delivery, now time.Time) string {
	if at, ok := putOff(d, now); ok {
		return "Waits until " + Moment(at, now) + "."
	}
	if d.Attempts == 0 || d.NextAt == nil {
		return "Waiting to be sent."
	}
	return fmt.Sprintf("Not sent yet, next try %s. Last time: %s", Moment(*d.NextAt, now), oneLine(d.Reason))
}

// putOff tells until when a delivery waits because its sender wanted it so.
func putOff(d gateway.Delivery, now time.Time) (time.Time, bool) {
	if d.State != gateway.Queued || d.Attempts > 0 || d.NextAt == nil || !d.NextAt.After(now) {
		return time.Time{}, false
	}
	return *d.NextAt, true
}

// State is the state of a fax in a word or two: its own, or until when it waits by its sender's wish.
func (t Teller) State(f gateway.Fax) string {
	if f.State == gateway.Queued && len(f.Deliveries) > 0 {
		if at, ok := putOff(f.Deliveries[0], t.Now); ok {
			return "waits until " + Moment(at, t.Now)
		}
	}
	return string(f.State)
}

// taken names the server whose 250 was the last word.
func (t Teller) taken(by string) string {
	switch {
	case by == "":
		return "The next mail server took it"
	case t.Relay != "" && hostOf(by) == hostOf(t.Relay):
		return "Your mail server " + by + " took it"
	default:
		return "Their server " + by + " took it"
	}
}

// until words a deadline, or what is said when there is none.
func until(d gateway.Delivery, with, without string, now time.Time) string {
	if d.NextAt == nil {
		return without
	}
	return fmt.Sprintf(with, Moment(*d.NextAt, now))
}

// reached finds when, and by whose word, the delivery came to its state.
func reached(d gateway.Delivery) (at time.Time, by string) {
	for _, r := range d.Rungs {
		if r.State == d.State {
			at, by = r.At, r.By
		}
	}
	return at, by
}

// Moment shows a time with as much of its date as is needed: "14:05", "3 Feb 14:05", "3 Feb 2025 14:05".
func Moment(t, now time.Time) string {
	t, now = t.Local(), now.Local()
	switch {
	case t.IsZero():
		return "at an unknown time"
	case t.Year() == now.Year() && t.YearDay() == now.YearDay():
		return t.Format("15:04")
	case t.Year() == now.Year():
		return t.Format("2 Jan 15:04")
	default:
		return t.Format("2 Jan 2006 15:04")
	}
}

func oneLine(s string) string {
	if s == "" {
		return "no reason was given."
	}
	return strings.ReplaceAll(s, "\n", " / ")
}

// Final tells whether nothing more will happen to the fax by itself.
func Final(f gateway.Fax) bool {
	for _, d := range f.Deliveries {
		if !settled(d) {
			return false
		}
	}
	return true
}

func settled(d gateway.Delivery) bool {
	switch d.State {
	case gateway.Confirmed, gateway.Failed, gateway.Expired, gateway.Cancelled, gateway.Held:
		return true
	case gateway.Accepted, gateway.Delivered:
		return d.NextAt == nil
	default:
		return false
	}
}

// Arrived tells whether every recipient has the fax, as far as anybody can know: confirmed, or as high as a fax without a receipt request gets.
func Arrived(f gateway.Fax) bool {
	for _, d := range f.Deliveries {
		switch d.State {
		case gateway.Confirmed, gateway.Delivered, gateway.Accepted:
		default:
			return false
		}
	}
	return len(f.Deliveries) > 0
}

// mood sorts the states by what they mean to a person: good, bad, open, or needing a look.
func mood(s spool.State) string {
	switch s {
	case gateway.Confirmed, gateway.Delivered, gateway.Done, gateway.Read:
		return "good"
	case gateway.Failed, gateway.Unreadable:
		return "bad"
	case gateway.Expired, gateway.Uncertain, gateway.Held, gateway.Incomplete:
		return "look"
	default:
		return "open"
	}
}

// label is the state as a person calls it.
func label(s spool.State, late bool) string {
	switch {
	case s == gateway.Confirmed && late:
		return "confirmed late"
	case s == gateway.Expired:
		return "accepted, not confirmed"
	case s == gateway.Queued:
		return "waiting"
	case s == gateway.Kept:
		return "being read"
	default:
		return string(s)
	}
}
