package gateway_test

import (
	"fmt"
	"strings"
	"testing"

	"faxgate/gateway"
	"faxgate/mailio"
)

// TestALargeFaxGoesInFragments sends one in fragments from gateway to gateway: it arrives once and whole, and its one receipt confirms all of them.
func TestALargeFaxGoesInFragments(t *testing.T) {
	a, b := pair(t, nil, nil)
	a.contact(gateway.Contact{Address: "fax@b.test", Split: "fragments", SizeLimit: 300 << 10})
	id := a.submit("fax@b.test", longTIFF(t, 12))
	in := b.inbox(1)[0]
	if in.State != gateway.Read || in.Pages != 12 {
		t.Errorf("arrived: %+v", in)
	}
	f := a.wait(id, gateway.Confirmed)
	if len(f.Deliveries) != 4 { // 1.0 MB in pieces of 300 kB
		t.Errorf("%d fragments, want 4", len(f.Deliveries))
	}
	for i, d := range f.Deliveries {
		if d.State != gateway.Confirmed || d.Part != fmt.Sprintf("%d/4", i+1) || d.Attempts == 0 {
			t.Errorf("fragment %d: %+v", i+1, d)
		}
	}
	fragments, err := b.ReceivedOfKind(t.Context(), "partial")
	if err != nil || len(fragments) != 4 {
		t.Errorf("%d fragments arrived, %v", len(fragments), err)
	}
	for _, r := range fragments {
		if r.Size > 300<<10 || r.State != gateway.Joined {
			t.Errorf("fragment of %d octets, %s", r.Size, r.State)
		}
	}
}

// TestARefusedFragmentFails in the words of the peer, and is not divided any further; without a word of the contact there are no fragments.
func TestARefusedFragmentFails(t *testing.T) {
	s := &scriptedSender{answers: []func(func() error) (mailio.Reply, error){refuses(mailio.StageDot, 552, "5.3.4", "5.3.4 no fragments here")}}
	a := newNode(t, "fax@a.test", func(o *gateway.Options) { o.Sender = s.way }).start()
	a.contact(gateway.Contact{Address: "fax@b.test", Split: "fragments"})
	f := a.wait(a.submit("fax@b.test", longTIFF(t, 2)), gateway.Failed)
	if len(f.Deliveries) != 2 || !strings.Contains(f.Deliveries[0].Reason, "no fragments here") {
		t.Errorf("%+v", f.Deliveries)
	}
	for i, sent := range s.sent {
		if got := strings.Contains(string(sent), "Content-Type: message/partial"); got != (i > 0) {
			t.Errorf("message %d is a fragment: %v", i, got)
		}
	}
}
