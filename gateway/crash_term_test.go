package gateway_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"faxgate/gateway"
)

// TestStoppedGatewaysLoseNothing stops one of two gateways well (SIGTERM) while a fax is on its way between them. What can still be finished is finished, what cannot goes on after
// the next start, and nothing comes twice.
func TestStoppedGatewaysLoseNothing(t *testing.T) {
	long := longFax(t, 100)
	for _, tt := range []struct {
		name   string
		point  string // where the fax is
		sender bool   // who is stopped
		cuts   bool   // and does not wait for the end of the transfer
	}{
		{"sender in the middle of the message", holdBody, true, true},
		{"sender past its dot", holdDot, true, false},
		{"sender whose reply is on the way", holdReply, true, false},
		{"receiver in the middle of the message", holdBody, false, false},
		{"receiver before the dot", holdDot, false, false},
		{"receiver whose reply is on the way", holdReply, false, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			journal := stopAt(t, long, tt.point, tt.sender, tt.cuts)
			if strings.Contains(journal, "uncertain") {
				t.Errorf("a stop made a fax uncertain:\n%s", journal)
			}
			if cut := strings.Contains(journal, "the gateway was stopped before"); cut != (tt.sender && tt.cuts) {
				t.Errorf("stopped before the end: %v\n%s", cut, journal)
			}
		})
	}
}

// stopAt stops one side when the fax is at this point, and gives the sender's journal when it has arrived.
func stopAt(t *testing.T, file, point string, sender, cuts bool) string {
	c := &crash{t: t, dir: t.TempDir(), rnd: rand.New(rand.NewPCG(1, 1))}
	c.pair()
	reached, release := c.holdOnce(point)
	c.start()
	c.traffic(true, 0)
	c.a.child.do(nodeCommand{Do: "submit", To: c.a.peer(), Keys: []string{"long"}, File: file}, nil)
	select {
	case <-reached:
	case <-time.After(30 * time.Second):
		t.Fatal("the fax did not get on its way")
	}
	stopped := c.b
	if sender {
		stopped = c.a
	}
	if cuts {
		stopped.child.terminate()
		release()
	} else {
		stopped.finishes(t, release)
	}
	stopped.proxy.behind("")
	stopped.child = startChild(t, stopped.nc)
	stopped.proxy.behind(stopped.child.smtp)
	return c.arrivedOnce()
}

// finishes stops a gateway that has still something to wait for, and only then lets that come.
func (s *side) finishes(t *testing.T, release func()) {
	t.Helper()
	if err := s.child.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case <-s.child.dead:
		t.Error("it did not wait for the end of the transfer")
	case <-time.After(500 * time.Millisecond):
	}
	release()
	s.child.ended()
}

// holdOnce holds up the first fax to b at this point, until it is released.
func (c *crash) holdOnce(point string) (reached chan struct{}, release func()) {
	reached, held := make(chan struct{}), make(chan struct{})
	var first, once sync.Once
	release = func() { once.Do(func() { close(held) }) }
	c.t.Cleanup(release)
	c.b.proxy.hook = func(at string) {
		if at == point {
			first.Do(func() {
				close(reached)
				<-held
			})
		}
	}
	return reached, release
}

// arrivedOnce waits until the fax is confirmed, and looks at both sides and at the wire. It gives the sender's journal.
func (c *crash) arrivedOnce() string {
	c.t.Helper()
	confirmed := false
	for deadline := time.Now().Add(30 * time.Second); !confirmed && time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		c.a.child.do(nodeCommand{Do: "states"}, func(a nodeAnswer) { confirmed = a.Tasks["fax confirmed"] == 1 })
	}
	var journal strings.Builder
	c.a.child.do(nodeCommand{Do: "journal"}, func(a nodeAnswer) {
		for _, l := range slices.Backward(a.Lines) {
			fmt.Fprintf(&journal, "%s: %s\n", l.Kind, l.Words)
		}
	})
	if !confirmed {
		c.t.Fatalf("the fax was not confirmed:\n%s", journal.String())
	}
	c.b.child.do(nodeCommand{Do: "inbox"}, func(a nodeAnswer) {
		if len(a.Inbox) != 1 || a.Inbox[0].Pages != 100 || a.Inbox[0].State != gateway.Read {
			c.t.Errorf("inbox: %+v", a.Inbox)
		}
	})
	for _, s := range c.sides() {
		s.child.finish()
	}
	faxes, mdns := c.readLedger()
	for what, list := range map[string]map[string]*wire{"fax": faxes, "receipt": mdns} {
		dots := 0
		for _, w := range list {
			dots += len(w.dots)
		}
		if dots != 1 {
			c.t.Errorf("%d dots of a %s went over the wire", dots, what)
		}
	}
	return journal.String()
}
