package gateway_test

import (
	"strings"
	"testing"

	"faxgate/gateway"
	"faxgate/mailio"
)

// TestWhatIsKnownOfAFaxAfterwards goes through the list of RFC 4161 section 2.6: when, from whom, to whom, how many pages and octets, in which resolution, each try and its error.
func TestWhatIsKnownOfAFaxAfterwards(t *testing.T) {
	b, s := bridge(t, nil)
	s.mu.Lock()
	s.answers = append([]func(func() error) (mailio.Reply, error){refuses(mailio.StageMAIL, 451, "4.3.0", "4.3.0 come back later")}, accepts)
	s.mu.Unlock()
	if err := b.deliver("clerk@office.test", "acme@b.test", officeMail("clerk@office.test", "log", "offer", "", "text/plain|words")); err != nil {
		t.Fatal(err)
	}
	f := b.wait(b.onlyFax().ID, gateway.Accepted)
	b.journal("a mail of clerk@office.test")
	b.journal("is faxed to fax@partner.test")
	d := f.Deliveries[0]
	if f.CreatedAt.IsZero() || f.Pages != 1 || len(f.Documents) != 1 || f.Documents[0].Size == 0 || d.To != "fax@partner.test" || d.Attempts != 2 || d.Form != "S MH 204x196 A4" {
		t.Errorf("%+v", f)
	}
	var states, words []string
	last := f.CreatedAt
	for _, r := range d.Rungs {
		if r.At.Before(last) {
			t.Errorf("%s at %v, after %v", r.State, r.At, last)
		}
		last = r.At
		states, words = append(states, string(r.State)), append(words, r.Words)
	}
	if got := strings.Join(states, " "); got != "queued sending queued sending accepted" {
		t.Errorf("rungs: %s", got)
	}
	if all := strings.Join(words, "; "); !strings.Contains(all, "come back later") || !strings.Contains(all, "queued as ABC") {
		t.Errorf("the servers' words are not there: %s", all)
	}
}
