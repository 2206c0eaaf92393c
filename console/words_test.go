package console_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"faxgate/console"
	"faxgate/gateway"
	"faxgate/spool"
)

func uploads(t *testing.T, data string) []string {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(data, "tmp", "upload-*"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(data, "tmp")); err != nil {
		t.Fatal(err)
	}
	return list
}

func TestSentence(t *testing.T) {
	now := time.Date(2026, 3, 2, 14, 0, 0, 0, time.Local)
	at := func(h, m int) *time.Time {
		v := time.Date(2026, 3, 2, h, m, 0, 0, time.Local)
		return &v
	}
	reached := func(s spool.State, by string) []gateway.Rung {
		return []gateway.Rung{{State: gateway.Queued, At: *at(13, 0)}, {State: s, At: *at(14, 2), By: by, Words: "250 OK"}}
	}
	tomorrow := at(14, 2).AddDate(0, 0, 1)
	for _, tt := range []struct {
		name string
		d    gateway.Delivery
		want string
	}{
		{"new", gateway.Delivery{State: gateway.Queued, NextAt: at(14, 0)}, "Waiting to be sent."},
		{"tried", gateway.Delivery{State: gateway.Queued, Attempts: 1, NextAt: at(14, 5), Reason: "451 later\nplease"}, "Not sent yet, next try 14:05. Last time: 451 later / please"},
		{"sending", gateway.Delivery{State: gateway.Sending}, "Being sent."},
		{"accepted", gateway.Delivery{State: gateway.Accepted, NextAt: &tomorrow, Rungs: reached(gateway.Accepted, "mx.b.example:25")}, "Their server mx.b.example:25 took it; waiting for the receipt until 3 Mar 14:02."},
		{"relayed", gateway.Delivery{State: gateway.Accepted, NextAt: at(15, 2), Rungs: reached(gateway.Accepted, "relay.example:587")}, "Your mail server relay.example:587 took it; waiting for the receipt until 15:02."},
		{"nothing awaited", gateway.Delivery{State: gateway.Accepted, Rungs: reached(gateway.Accepted, "")}, "The next mail server took it; no receipt is awaited."},
		{"delivered", gateway.Delivery{State: gateway.Delivered, NextAt: at(15, 2), Rungs: reached(gateway.Delivered, "")}, "Delivered to the recipient's mailbox 14:02; waiting for the receipt until 15:02."},
		{"confirmed", gateway.Delivery{State: gateway.Confirmed, Rungs: reached(gateway.Confirmed, "")}, "Confirmed 14:02."},
		{"late", gateway.Delivery{State: gateway.Confirmed, Late: true, Rungs: reached(gateway.Confirmed, "")}, "Confirmed late, 14:02."},
		{"expired", gateway.Delivery{State: gateway.Expired, Rungs: reached(gateway.Expired, "")}, "Accepted, not confirmed: no receipt came until 14:02. It may well have arrived; ask the recipient before sending it again."},
		{"failed", gateway.Delivery{State: gateway.Failed, Reason: "550 no such user"}, "Failed: 550 no such user"},
		{"failed for no reason", gateway.Delivery{State: gateway.Failed}, "Failed: no reason was given."},
		{"uncertain", gateway.Delivery{State: gateway.Uncertain, NextAt: at(14, 15)}, "The connection broke before the server's last answer: it may or may not have the fax; if nothing is heard until 14:15, the same message is sent once more."},
		{"held", gateway.Delivery{State: gateway.Held, Reason: "sent twice, never answered"}, "Held until you decide: sent twice, never answered"},
		{"cancelled", gateway.Delivery{State: gateway.Cancelled}, "Cancelled."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := (console.Teller{Relay: "relay.example", Now: now}).Sentence(tt.d); got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

func TestFinalAndArrived(t *testing.T) {
	soon := time.Now()
	for _, tt := range []struct {
		name           string
		list           []gateway.Delivery
		final, arrived bool
	}{
		{"confirmed", []gateway.Delivery{{State: gateway.Confirmed}}, true, true},
		{"one still out", []gateway.Delivery{{State: gateway.Confirmed}, {State: gateway.Accepted, NextAt: &soon}}, false, true},
		{"no receipt asked for", []gateway.Delivery{{State: gateway.Accepted}}, true, true},
		{"failed", []gateway.Delivery{{State: gateway.Confirmed}, {State: gateway.Failed}}, true, false},
		{"expired", []gateway.Delivery{{State: gateway.Expired}}, true, false},
		{"queued", []gateway.Delivery{{State: gateway.Queued}}, false, false},
		{"uncertain", []gateway.Delivery{{State: gateway.Uncertain, NextAt: &soon}}, false, false},
	} {
		f := gateway.Fax{Deliveries: tt.list}
		if console.Final(f) != tt.final || console.Arrived(f) != tt.arrived {
			t.Errorf("%s: final %v, arrived %v; want %v, %v", tt.name, console.Final(f), console.Arrived(f), tt.final, tt.arrived)
		}
	}
}

func TestMoment(t *testing.T) {
	now := time.Date(2026, 3, 2, 14, 0, 0, 0, time.Local)
	for want, at := range map[string]time.Time{
		"09:05": time.Date(2026, 3, 2, 9, 5, 0, 0, time.Local), "1 Mar 23:59": time.Date(2026, 3, 1, 23, 59, 0, 0, time.Local),
		"2 Mar 2025 14:00": time.Date(2025, 3, 2, 14, 0, 0, 0, time.Local), "at an unknown time": {},
	} {
		if got := console.Moment(at, now); got != want {
			t.Errorf("%v: %q, want %q", at, got, want)
		}
	}
}
