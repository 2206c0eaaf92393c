package gateway_test

import (
	"strings"
	"testing"
	"time"

	"faxgate/gateway"
	"faxgate/gateway/config"
)

func TestPatterns(t *testing.T) {
	for _, tt := range []struct {
		pattern, s string
		want       bool
	}{
		{"", "", true},
		{"", "a", false},
		{"*", "", true},
		{"a", "A", true},
		{"A?c", "abc", true},
		{"a?c", "ac", false},
		{"a*c", "ac", true},
		{"a*c", "abcbc", true},
		{"a*c", "abcb", false},
		{"*@*.example", "x@y.example", true},
		{"*@*.example", "x@example", false},
		{"*ÄRGER*", "viel ärger", true},
		{"a/*", "a/b/c", true},
		{"[a-z]", "b", false},
		{"[a-z]", "[A-Z]", true},
		{strings.Repeat("*a", 30), strings.Repeat("a", 5000) + "b", false},
	} {
		if got := gateway.Like(tt.pattern, tt.s); got != tt.want {
			t.Errorf("%.40q like %.40q: %t", tt.s, tt.pattern, got)
		}
	}
}

// monday is a Monday morning where the gateway stands.
var monday = time.Date(2026, 11, 23, 9, 30, 0, 0, time.Local)

func TestEachConditionAndItsReason(t *testing.T) {
	days := func(s string) (w config.Weekdays) {
		if err := w.UnmarshalText([]byte(s)); err != nil {
			t.Fatal(err)
		}
		return w
	}
	fax := gateway.RouteCase{From: "machine@far.test", To: "fax@b.test", SubAddress: "42", Subject: "Invoice 7", Pages: 3, At: monday}
	night, morning := config.Hours{From: 18 * 60, Till: 8 * 60}, config.Hours{From: 9*60 + 30, Till: 10 * 60}
	for _, tt := range []struct {
		name    string
		rule    config.Route
		change  func(*gateway.RouteCase)
		applies bool
		why     string
	}{
		{"no condition", config.Route{}, nil, true, "it takes every fax"},
		{"address", config.Route{From: []string{"Machine@FAR.test"}}, nil, true, "the sender is machine@far.test"},
		{"domain", config.Route{From: []string{"@else.test", "@far.test"}}, nil, true, "the sender is machine@far.test, which is one of @far.test"},
		{"domain of another", config.Route{From: []string{"@r.test"}}, nil, false, "the sender is machine@far.test, not @r.test"},
		{"pattern", config.Route{From: []string{"*@*.test"}}, nil, true, "which is one of *@*.test"},
		{"no sender", config.Route{From: []string{"@far.test"}}, func(c *gateway.RouteCase) { c.From = "" }, false, "the sender is not known"},
		{"recipient", config.Route{To: []string{"FAX@b.test"}}, nil, true, "it came to fax@b.test"},
		{"other recipient", config.Route{To: []string{"desk@b.test", "x@b.test"}}, nil, false, "it came to fax@b.test, not to desk@b.test or x@b.test"},
		{"sub-address", config.Route{SubAddress: []string{"4?"}}, nil, true, "the sub-address is 42, which is one of 4?"},
		{"other sub-address", config.Route{SubAddress: []string{"43"}}, nil, false, "the sub-address is 42, not 43"},
		{"no sub-address", config.Route{SubAddress: []string{"*"}}, func(c *gateway.RouteCase) { c.SubAddress = "" }, false, "the sub-address is missing"},
		{"word in the subject", config.Route{Subject: []string{"offer", "INVOICE"}}, nil, true, "the subject “Invoice 7” has “INVOICE” in it"},
		{"pattern of the subject", config.Route{Subject: []string{"invoice ?"}}, nil, true, "has “invoice ?” in it"},
		{"pattern is the whole subject", config.Route{Subject: []string{"voice ?"}}, nil, false, "the subject “Invoice 7” does not have voice ? in it"},
		{"pages", config.Route{PagesMin: 3, PagesMax: 3}, nil, true, "it has 3 pages"},
		{"too few pages", config.Route{PagesMin: 4}, nil, false, "it has 3 pages, not 4 or more pages"},
		{"too many pages", config.Route{PagesMax: 1}, nil, false, "it has 3 pages, not at most 1 page"},
		{"day", config.Route{Weekdays: days("fri-mon")}, nil, true, "it came on a Monday"},
		{"other day", config.Route{Weekdays: days("tue-sun")}, nil, false, "it came on a Monday, not on tue-sun"},
		{"from that minute on", config.Route{Time: morning}, nil, true, "it came at 09:30"},
		{"until that minute", config.Route{Time: morning}, func(c *gateway.RouteCase) { c.At = monday.Add(30 * time.Minute) }, false, "it came at 10:00, not within 09:30-10:00"},
		{"not at night", config.Route{Time: night}, nil, false, "it came at 09:30, not within 18:00-08:00"},
		{"after midnight", config.Route{Time: night}, func(c *gateway.RouteCase) { c.At = monday.Add(-3 * time.Hour) }, true, "it came at 06:30"},
		{"another zone", config.Route{Time: morning}, func(c *gateway.RouteCase) { c.At = monday.In(time.FixedZone("far", 11*3600)) }, true, "it came at 09:30"},
		{"whole", config.Route{Incomplete: "no"}, nil, true, "all of it could be read"},
		{"incomplete", config.Route{Incomplete: "yes"}, func(c *gateway.RouteCase) { c.Incomplete = true }, true, "a part of it could not be read"},
		{"not incomplete", config.Route{Incomplete: "yes"}, nil, false, "all of it could be read, and the rule is for others"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := fax
			if tt.change != nil {
				tt.change(&c)
			}
			tt.rule.Name = "it"
			e := gateway.Explain([]config.Route{tt.rule}, c)
			if e.Rule == "it" != tt.applies || len(e.Steps) != 1 || !strings.Contains(strings.Join(e.Steps[0].Why, "; "), tt.why) {
				t.Errorf("got %+v, want %t because %q", e, tt.applies, tt.why)
			}
		})
	}
}

func TestTheFirstRuleWhoseConditionsAreAllMet(t *testing.T) {
	rules := []config.Route{
		{Name: "both", From: []string{"@far.test"}, PagesMin: 2, MailTo: []string{"a@b.test"}},
		{Name: "spam", From: []string{"*@spam.test"}},
		{Name: "checked", Subject: []string{"contract"}, Hold: true},
		{Name: "late", Incomplete: "yes", Folder: "/srv/fax", FolderContent: "tiff", Hold: true},
		{Name: "rest", MailTo: []string{"c@b.test", "d@b.test"}, MailContent: "notice"},
	}
	for _, tt := range []struct {
		name string
		fax  gateway.RouteCase
		want string
		does string
		over int
	}{
		{"first", gateway.RouteCase{From: "x@far.test", Pages: 2}, "both", "mailed to a@b.test (PDF)", 0},
		{"one condition is not enough", gateway.RouteCase{From: "x@far.test", Pages: 1}, "rest", "mailed to c@b.test (a notice without its pages); mailed to d@b.test (a notice without its pages)", 4},
		{"nothing is done", gateway.RouteCase{From: "x@spam.test", Pages: 2}, "spam", "stays in the inbox", 1},
		{"held", gateway.RouteCase{Subject: "the contract", Pages: 1}, "checked", "held in the inbox until a person releases it; then the rules after this one are tried", 2},
		{"held, then written", gateway.RouteCase{Incomplete: true, Pages: 1}, "late", "held in the inbox until a person releases it; then written to /srv/fax (TIFF)", 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := gateway.Explain(rules, tt.fax)
			if e.Rule != tt.want || strings.Join(e.Does, "; ") != tt.does || len(e.Steps) != tt.over+1 {
				t.Errorf("got %+v", e)
			}
		})
	}
	e := gateway.Explain(rules[:1], gateway.RouteCase{From: "a@b"})
	if e.Rule != "" || len(e.Steps) != 1 || len(e.Steps[0].Why) != 2 || !strings.Contains(e.Does[0], "stays in the inbox") {
		t.Errorf("no rule: %+v", e)
	}
}

func TestSubAddressesOfOwnAddresses(t *testing.T) {
	for _, tt := range []struct {
		to, want string // the sub-address; "refused"
		plus     bool
	}{
		{"fax@b.test", "", false},
		{"Fax/t33s=42*7@B.test", "42*7", false},
		{"fax/T33S=42/../@b.test", "refused", false},
		{"fax/T33S=@b.test", "refused", false},
		{"/T33S=42@b.test", "refused", false},
		{"fax+sales@b.test", "refused", false},
		{"fax+sales@b.test", "sales", true},
		{"fax+@b.test", "refused", true},
		{"other+sales@b.test", "refused", true},
		{"fax+" + strings.Repeat("x", 41) + "@b.test", "refused", true},
	} {
		t.Run(tt.to, func(t *testing.T) {
			b, _ := receiver(t, func(o *gateway.Options) { o.Config.Fax.PlusAddresses = tt.plus })
			err := b.deliver("a@far.test", tt.to, "From: a@far.test\nMessage-ID: <t@far.test>\n\nJust words.\n")
			if tt.want == "refused" {
				if err == nil || !strings.Contains(err.Error(), "no fax address") {
					t.Errorf("got %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if in := b.inbox(1); in[0].SubAddress != tt.want {
				t.Errorf("sub-address %q, want %q", in[0].SubAddress, tt.want)
			}
		})
	}
}

func TestTokensOfAnswers(t *testing.T) {
	const token = "abcdefghij234567"
	for _, tt := range []struct {
		sub, subject string
		want         bool
	}{
		{"r" + token, "", true},
		{"R" + strings.ToUpper(token), "", true},
		{"", "Re: AW: Fax from a@b (1 page) [fax r" + token + "]", true},
		{"", "Re: [list] [FAX R" + strings.ToUpper(token) + "] thanks", true},
		{"42", "Re: Fax", false},
		{"rsales", "[fax rabc]", false},
	} {
		got, ok := gateway.ReplyTokenOf(tt.sub, tt.subject)
		if ok != tt.want || ok && got != token {
			t.Errorf("%q %q: %q %t", tt.sub, tt.subject, got, ok)
		}
	}
}
