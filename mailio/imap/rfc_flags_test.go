package imap

import (
	"errors"
	"testing"

	"faxgate/deploy/lab"

	"github.com/emersion/go-imap/v2"
)

// TestFlagsOfReceipts: what is a draft or has its receipt comes as answered, whatever other flags it has, and $MDNSent stays (RFC 3503 section 3.1).
func TestFlagsOfReceipts(t *testing.T) {
	l := lab.Get(t)
	u := l.User(t)
	deliver(t, l, u, "a draft", "answered", "read", "new")
	box, k := mailbox(t, l, u)
	box.Keep = "all"
	s := enter(t, box)
	all := list(t, box)
	err := errors.Join(s.store([]imap.UID{all[0].uid}, imap.FlagDraft), s.store([]imap.UID{all[1].uid}, imap.FlagMDNSent), s.store([]imap.UID{all[2].uid}, imap.FlagSeen))
	s.close()
	if err != nil {
		t.Fatal(err)
	}
	f := New(box)
	look(t, f)
	if k.count() != 4 {
		t.Fatalf("took %d", k.count())
	}
	for i, want := range []bool{true, true, false, false} {
		if k.envs[i].MDNSent != want {
			t.Errorf("message %d: answered %v", i+1, k.envs[i].MDNSent)
		}
	}
	look(t, f)
	for _, m := range list(t, box) {
		if !m.mdnSent {
			t.Errorf("message %d has lost its $MDNSent", m.uid)
		}
	}
}
