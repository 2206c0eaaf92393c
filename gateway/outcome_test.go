package gateway_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"faxgate/gateway"
	"faxgate/gateway/config"
	"faxgate/mailio"
)

// byRecipient sends mail to people into one scripted sender and faxes into another.
func byRecipient(fax, people *scriptedSender) func(string) (mailio.Sender, error) {
	return func(to string) (mailio.Sender, error) {
		if strings.HasSuffix(to, "@office.test") {
			return people, nil
		}
		return fax, nil
	}
}

func withOutcome(when string, to ...string) gateway.SubmitRequest {
	return gateway.SubmitRequest{
		To: to, Files: []gateway.File{textFile("A letter.\n")}, Subject: "offer", Origin: "test",
		Outcome: gateway.Outcome{To: "clerk@office.test", When: when, Content: true},
	}
}

func TestTheSenderGetsOneOutcomeMailWhenAllRecipientsRest(t *testing.T) {
	fax := &scriptedSender{answers: []func(func() error) (mailio.Reply, error){accepts, refuses(mailio.StageRCPT, 550, "5.1.1", "no such fax here")}}
	people := &scriptedSender{answers: []func(func() error) (mailio.Reply, error){accepts}}
	a := newNode(t, "fax@a.test", func(o *gateway.Options) { o.Sender = byRecipient(fax, people); o.Config.Limits.Workers = 1 }).start()
	id, err := a.Submit(context.Background(), withOutcome(gateway.OutcomeAlways, "one@b.test", "two@b.test"))
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, func() (bool, string) { return fax.tries() == 2, "not both were tried" })
	f := a.wait(id, gateway.Accepted) // one failed, the other waits for its receipt
	if people.tries() != 0 {
		t.Fatalf("told before the end:\n%s", people.sent[0])
	}
	for _, d := range f.Deliveries {
		if d.State == gateway.Accepted {
			if err := a.deliver("", "fax@a.test", receiptFor(d.MessageID, d.To, "dispatched")); err != nil {
				t.Fatal(err)
			}
		}
	}
	eventually(t, func() (bool, string) { return people.tries() == 1, "no outcome mail" })
	got := string(people.sent[0])
	for _, want := range []string{"confirmed", "failed", "no such fax here", "one@b.test", "two@b.test", "image/png", "Auto-Submitted: auto-generated"} {
		if !strings.Contains(got, want) {
			t.Errorf("the outcome mail does not say %q:\n%.1500s", want, got)
		}
	}
	time.Sleep(300 * time.Millisecond)
	if n := people.tries(); n != 1 {
		t.Errorf("%d outcome mails", n)
	}
}

func TestOutcomeMailsAsTheSenderWantsThem(t *testing.T) {
	for _, tt := range []struct {
		name, when string
		answer     func(func() error) (mailio.Reply, error)
		end        string
		want       int
	}{
		{"trouble only, and it failed", gateway.OutcomeTrouble, refuses(mailio.StageRCPT, 550, "5.1.1", "no"), "failed", 1},
		{"trouble only, and none came", gateway.OutcomeTrouble, accepts, "accepted", 0},
		{"always, without a receipt asked for", gateway.OutcomeAlways, accepts, "accepted", 1},
		{"never, and it failed", gateway.OutcomeNever, refuses(mailio.StageRCPT, 550, "5.1.1", "no"), "failed", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			fax := &scriptedSender{answers: []func(func() error) (mailio.Reply, error){tt.answer}}
			people := &scriptedSender{answers: []func(func() error) (mailio.Reply, error){accepts}}
			a := newNode(t, "fax@a.test", func(o *gateway.Options) { o.Sender = byRecipient(fax, people); o.Config.Fax.RequestMDN = false }).start()
			id, err := a.Submit(context.Background(), withOutcome(tt.when, "one@b.test"))
			if err != nil {
				t.Fatal(err)
			}
			eventually(t, func() (bool, string) {
				f, err := a.Fax(context.Background(), id)
				return err == nil && string(f.State) == tt.end, "fax is " + string(f.State)
			})
			time.Sleep(400 * time.Millisecond)
			if n := people.tries(); n != tt.want {
				t.Errorf("%d outcome mails, want %d", n, tt.want)
			}
		})
	}
}

func TestAfterARetryByHandTheSenderIsToldTheNewOutcome(t *testing.T) {
	fax := &scriptedSender{answers: []func(func() error) (mailio.Reply, error){refuses(mailio.StageRCPT, 550, "5.1.1", "no such fax yet"), accepts}}
	people := &scriptedSender{answers: []func(func() error) (mailio.Reply, error){accepts}}
	a := newNode(t, "fax@a.test", func(o *gateway.Options) { o.Sender = byRecipient(fax, people); o.Config.Fax.RequestMDN = false }).start()
	id, err := a.Submit(context.Background(), withOutcome(gateway.OutcomeAlways, "one@b.test"))
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, func() (bool, string) { return people.tries() == 1, "no outcome mail" })
	if err := a.Retry(context.Background(), id); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() (bool, string) { return people.tries() == 2, "the new outcome was not told" })
	for i, want := range []string{"no such fax yet", "accepted, no receipt asked for"} {
		if got := string(people.sent[i]); !strings.Contains(got, want) {
			t.Errorf("outcome mail %d does not say %q:\n%.1500s", i+1, want, got)
		}
	}
}

func TestTroubleIsToldAfterTheFirstHour(t *testing.T) {
	fax := &scriptedSender{answers: []func(func() error) (mailio.Reply, error){refuses(mailio.StageMAIL, 451, "4.3.0", "come back later")}}
	people := &scriptedSender{answers: []func(func() error) (mailio.Reply, error){accepts}}
	a := newNode(t, "fax@a.test", func(o *gateway.Options) {
		o.Sender = byRecipient(fax, people)
		o.Config.Retry.FirstWait, o.Config.Retry.Tell = config.Duration(time.Minute), config.Duration(3*time.Second)
	}).start()
	if _, err := a.Submit(context.Background(), withOutcome(gateway.OutcomeTrouble, "one@b.test")); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() (bool, string) { return people.tries() >= 1, "the sender was not told" })
	if got := string(people.sent[0]); !strings.Contains(got, "not sent yet, still trying") || !strings.Contains(got, "come back later") {
		t.Errorf("mail:\n%.1000s", got)
	}
}

func TestOneOutcomeMailTellsAGroupOfFiveTruthfully(t *testing.T) {
	machines := &scriptedSender{answers: []func(func() error) (mailio.Reply, error){accepts}}
	bounces := &scriptedSender{answers: []func(func() error) (mailio.Reply, error){refuses(mailio.StageRCPT, 550, "5.1.1", "5.1.1 no such user")}}
	people := &scriptedSender{answers: []func(func() error) (mailio.Reply, error){accepts}}
	a := newNode(t, "fax@a.test", func(o *gateway.Options) {
		o.Config.Retry.Monitoring = config.Duration(4 * time.Second)
		o.Sender = func(to string) (mailio.Sender, error) {
			switch to {
			case "clerk@office.test":
				return people, nil
			case "gone@bounce.test":
				return bounces, nil
			}
			return machines, nil
		}
	}).start()
	a.contact(gateway.Contact{Address: "simple@s.test", Code: "s", Kind: gateway.Machine, Form: gateway.ContactForm{Profile: "S"}, Pinned: true})
	a.contact(gateway.Contact{Address: "big@m.test", Code: "m", Kind: gateway.Machine, Form: gateway.ContactForm{Profile: "F", Coding: "MMR", Resolution: "300"}})
	a.contact(gateway.Contact{Address: "bob@p.test", Kind: gateway.Person})
	a.contact(gateway.Contact{Address: "who@u.test"})
	a.contact(gateway.Contact{Address: "gone@bounce.test", Kind: gateway.Machine})
	if _, err := a.AddGroup(context.Background(), gateway.Group{Code: "five", Members: []string{"s", "m", "bob@p.test", "who@u.test", "gone@bounce.test"}}); err != nil {
		t.Fatal(err)
	}
	id, err := a.Submit(context.Background(), withOutcome(gateway.OutcomeAlways, "five"))
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, func() (bool, string) { return machines.tries() == 4, "not all four were sent" })
	f, err := a.Fax(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range f.Deliveries {
		if d.To == "simple@s.test" || d.To == "big@m.test" {
			if err := a.deliver("", "fax@a.test", receiptFor(d.MessageID, d.To, "dispatched")); err != nil {
				t.Fatal(err)
			}
		}
	}
	eventually(t, func() (bool, string) { return people.tries() == 1, "no outcome mail" })
	got := string(people.sent[0])
	for to, state := range map[string]string{
		"simple@s.test": "confirmed", "big@m.test": "confirmed", "bob@p.test": "accepted, no receipt asked for", "who@u.test": "accepted, but not confirmed in time", "gone@bounce.test": "failed",
	} {
		i := strings.Index(got, "\r\n"+to+"\r\n")
		if i < 0 || !strings.HasPrefix(got[i+len(to)+4:], "  "+state) {
			t.Errorf("the outcome mail does not say that %s is %s:\n%.2500s", to, state, got)
		}
	}
}
