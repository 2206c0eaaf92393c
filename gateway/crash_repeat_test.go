package gateway_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"faxgate/gateway"
	"faxgate/gateway/config"
	"faxgate/mailio"
)

// TestReceiptAtTheLastMomentStopsTheRepeat: the dot of a fax was not answered, the grace period is over, and the receipt comes while the same message goes out again. It is confirmed,
// stays so, and the dot does not go out again.
func TestReceiptAtTheLastMomentStopsTheRepeat(t *testing.T) {
	var a *node
	var dots, tries atomic.Int32
	answer := func(atDot func() error) (mailio.Reply, error) {
		if err := atDot(); err != nil {
			return mailio.Reply{}, err
		}
		if dots.Add(1) == 1 {
			return mailio.Reply{}, &mailio.UncertainError{Hop: "mx.test:25", Err: errors.New("silence")}
		}
		return mailio.Reply{Hop: "mx.test:25", Code: 250, Text: "OK"}, nil
	}
	receipt := func(name string) {
		if name != "before-dot-commit" || tries.Add(1) != 2 {
			return
		}
		faxes, err := a.Faxes(context.Background(), gateway.Page{})
		if err != nil || len(faxes) != 1 {
			t.Errorf("faxes: %+v, %v", faxes, err)
			return
		}
		if err := a.deliver("", "fax@a.test", receiptFor(faxes[0].Deliveries[0].MessageID, "fax@b.test", "dispatched")); err != nil {
			t.Error(err)
		}
		a.wait(faxes[0].ID, gateway.Confirmed)
	}
	a = newNode(t, "fax@a.test", func(o *gateway.Options) {
		s := &scriptedSender{answers: []func(func() error) (mailio.Reply, error){answer}}
		o.Sender, o.Fault = s.way, receipt
		o.Config.Retry.Grace, o.Config.Retry.Monitoring = config.Duration(200*time.Millisecond), config.Duration(200*time.Millisecond)
	}).start()
	id := a.submit("fax@b.test")
	a.wait(id, gateway.Confirmed)
	time.Sleep(time.Second) // nothing more may happen to it
	a.wait(id, gateway.Confirmed)
	if dots.Load() != 1 {
		t.Errorf("%d dots", dots.Load())
	}
}
