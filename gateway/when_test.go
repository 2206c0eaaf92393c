package gateway_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"faxgate/gateway"
	"faxgate/gateway/config"
	"faxgate/mailio"
)

// shiftedClock is the real clock, put forward at will.
type shiftedClock struct {
	mu sync.Mutex
	by time.Duration
}

func (c *shiftedClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.by)
}

func (c *shiftedClock) shift(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.by += d
}

func always(answer func(func() error) (mailio.Reply, error)) *scriptedSender {
	return &scriptedSender{answers: []func(func() error) (mailio.Reply, error){answer}}
}

func (n *node) mustSubmit(r gateway.SubmitRequest) gateway.Fax {
	n.t.Helper()
	if len(r.Files) == 0 {
		r.Files = []gateway.File{textFile("A short letter.\n")}
	}
	r.Origin = "test"
	id, err := n.Submit(context.Background(), r)
	if err != nil {
		n.t.Fatal(err)
	}
	f, err := n.Fax(context.Background(), id)
	if err != nil {
		n.t.Fatal(err)
	}
	return f
}

func TestAScheduledFaxWaitsAndMayBeCancelled(t *testing.T) {
	clock := &shiftedClock{}
	fax := always(accepts)
	a := newNode(t, "fax@a.test", func(o *gateway.Options) { o.Sender, o.Now = fax.way, clock.now }).start()
	at := clock.now().Add(3 * time.Hour).Truncate(time.Millisecond)
	waits := a.mustSubmit(gateway.SubmitRequest{To: []string{"one@b.test"}, When: at})
	dropped := a.mustSubmit(gateway.SubmitRequest{To: []string{"two@b.test"}, When: at})
	if d := waits.Deliveries[0]; waits.State != gateway.Queued || d.NextAt == nil || !d.NextAt.Equal(at) || d.Attempts != 0 {
		t.Errorf("not waiting until %v: %+v", at, d)
	}
	if err := a.Cancel(context.Background(), dropped.ID); err != nil {
		t.Fatal(err)
	}
	a.wait(a.submit("now@b.test"), gateway.Accepted)
	if n := fax.tries(); n != 1 {
		t.Fatalf("%d faxes went, want only the one that was not to wait", n)
	}
	clock.shift(3 * time.Hour)
	a.submit("wake@b.test")
	a.wait(waits.ID, gateway.Accepted)
	a.wait(dropped.ID, gateway.Cancelled)
	for _, env := range fax.envs {
		if env.To == "two@b.test" {
			t.Error("the cancelled fax went")
		}
	}
}

// A fax that is handed over days before it goes has its whole time from then on, and is in no trouble before.
func TestTroubleAndGivingUpCountFromTheScheduledTime(t *testing.T) {
	clock := &shiftedClock{}
	fax, people := always(refuses(mailio.StageMAIL, 451, "4.3.0", "come back later")), always(accepts)
	a := newNode(t, "fax@a.test", func(o *gateway.Options) {
		o.Sender, o.Now = byRecipient(fax, people), clock.now
		o.Config.Retry.FirstWait = config.Duration(5 * time.Minute)
	}).start()
	r := withOutcome(gateway.OutcomeAlways, "one@b.test")
	r.When = clock.now().Add(72 * time.Hour)
	f := a.mustSubmit(r)
	told := func() int { return people.tries() }
	clock.shift(71 * time.Hour)
	a.submit("wake@b.test")
	eventually(t, func() (bool, string) { return fax.tries() == 1, "the one that need not wait was not tried" })
	if told() != 0 {
		t.Errorf("told of trouble before the fax was to go:\n%s", people.sent[0])
	}
	clock.shift(61 * time.Minute)
	a.submit("again@b.test")
	eventually(t, func() (bool, string) {
		f, err := a.Fax(context.Background(), f.ID)
		return err == nil && f.Deliveries[0].Attempts == 1 && f.State == gateway.Queued, fmt.Sprintf("%s: %+v, %v", f.State, f.Deliveries, err)
	})
	clock.shift(60 * time.Minute)
	a.submit("third@b.test")
	eventually(t, func() (bool, string) { return told() == 1, "not told of the trouble after the first hour" })
	clock.shift(24 * time.Hour)
	a.submit("fourth@b.test")
	a.wait(f.ID, gateway.Failed)
}

func TestOffPeakIsTheNextMomentInTheWindow(t *testing.T) {
	clock := &shiftedClock{}
	from, to := clock.now().Add(2*time.Hour), clock.now().Add(4*time.Hour)
	a := newNode(t, "fax@a.test", func(o *gateway.Options) {
		o.Sender, o.Now = always(accepts).way, clock.now
		o.Config.OffPeak = config.OffPeak{From: from.Format("15:04"), To: to.Format("15:04")}
	}).start()
	f := a.mustSubmit(gateway.SubmitRequest{To: []string{"one@b.test"}, OffPeak: true})
	if got := f.Deliveries[0].NextAt; got == nil || got.Local().Format("2006-01-02 15:04:05") != from.Format("2006-01-02 15:04")+":00" {
		t.Errorf("goes at %v, want at %v", got, from.Format("15:04"))
	}
	late := clock.now().Add(5 * time.Hour)
	f = a.mustSubmit(gateway.SubmitRequest{To: []string{"one@b.test"}, OffPeak: true, When: late})
	if got, want := f.Deliveries[0].NextAt.Local().Format("2006-01-02 15:04"), from.AddDate(0, 0, 1).Format("2006-01-02 15:04"); got != want {
		t.Errorf("not before %v and off-peak: goes at %s, want %s", late, got, want)
	}
	clock.shift(3 * time.Hour)
	f = a.mustSubmit(gateway.SubmitRequest{To: []string{"one@b.test"}, OffPeak: true})
	a.wait(f.ID, gateway.Accepted)
}

// A broadcast of a hundred that are in no hurry, through one worker, holds up nobody who is.
func TestABroadcastDoesNotHoldUpWhatIsUrgent(t *testing.T) {
	fax := always(accepts)
	hold := make(chan struct{})
	var once sync.Once
	fax.answers[0] = func(atDot func() error) (mailio.Reply, error) {
		once.Do(func() { <-hold })
		return accepts(atDot)
	}
	a := newNode(t, "fax@a.test", func(o *gateway.Options) { o.Sender, o.Config.Limits.Workers = fax.way, 1 }).start()
	var to []string
	for i := range 100 {
		to = append(to, fmt.Sprintf("office%d@b.test", i))
	}
	low := a.mustSubmit(gateway.SubmitRequest{To: to, Priority: gateway.PriorityLow})
	eventually(t, func() (bool, string) { return fax.tries() == 1, "the broadcast did not begin" })
	normal := a.mustSubmit(gateway.SubmitRequest{To: []string{"normal@b.test"}})
	high := a.mustSubmit(gateway.SubmitRequest{To: []string{"high@b.test"}, Priority: gateway.PriorityHigh})
	close(hold)
	a.wait(normal.ID, gateway.Accepted)
	fax.mu.Lock()
	second, third := fax.envs[1].To, fax.envs[2].To
	fax.mu.Unlock()
	if second != "high@b.test" || third != "normal@b.test" {
		t.Errorf("after the first of the broadcast went %s and %s", second, third)
	}
	if low.Priority != "low" || normal.Priority != "" || high.Priority != "high" {
		t.Errorf("priorities %q, %q, %q", low.Priority, normal.Priority, high.Priority)
	}
}

func TestMistakesInARequestAreNamed(t *testing.T) {
	a := newNode(t, "fax@a.test", nil).start()
	for _, tt := range []struct {
		name, field, want string
		r                 gateway.SubmitRequest
	}{
		{"priority", "priority", "low, normal and high", gateway.SubmitRequest{Priority: "urgent"}},
		{"too far away", "when", "more than a year", gateway.SubmitRequest{When: time.Now().AddDate(2, 0, 0)}},
		{"no off-peak time", "offPeak", "[off_peak]", gateway.SubmitRequest{OffPeak: true}},
		{"no address", "notify", "no plain mail address", gateway.SubmitRequest{Outcome: gateway.Outcome{To: "Me <me@office.test>\r\nBcc: x@y.test"}}},
		{"a fax address", "notify", "a person's address", gateway.SubmitRequest{Outcome: gateway.Outcome{To: "fax@a.test"}}},
		{"no such choice", "notifyWhen", "always, trouble and never", gateway.SubmitRequest{Outcome: gateway.Outcome{To: "me@office.test", When: "sometimes"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.r.To, tt.r.Files = []string{"one@b.test"}, []gateway.File{textFile("x")}
			_, err := a.Submit(context.Background(), tt.r)
			ie, ok := errors.AsType[*gateway.InputError](err)
			if !ok || ie.Field != tt.field || !strings.Contains(ie.Text, tt.want) {
				t.Errorf("got %v, want %s: %s", err, tt.field, tt.want)
			}
		})
	}
}

func TestWhoIsToBeToldIsToldAlways(t *testing.T) {
	fax, people := always(accepts), always(accepts)
	a := newNode(t, "fax@a.test", func(o *gateway.Options) { o.Sender, o.Config.Fax.RequestMDN = byRecipient(fax, people), false }).start()
	a.mustSubmit(gateway.SubmitRequest{To: []string{"one@b.test"}, Outcome: gateway.Outcome{To: "clerk@office.test"}})
	eventually(t, func() (bool, string) { return people.tries() == 1, "nobody was told" })
}
