package mdn_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"faxgate/mdn"
)

func TestAnswer(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*mdn.Request, *mdn.Policy)
		ok     bool
		why    string
	}{
		{"all is well", func(*mdn.Request, *mdn.Policy) {}, true, "gw@example.com"},
		{"not asked", func(r *mdn.Request, _ *mdn.Policy) { r.To = nil }, false, "no receipt was asked for"},
		{"never", func(_ *mdn.Request, p *mdn.Policy) { p.Never = true }, false, "switched off"},
		{"answered before", func(_ *mdn.Request, p *mdn.Policy) { p.Sent = true }, false, "at most one"},
		{"a report", func(r *mdn.Request, _ *mdn.Policy) { r.IsReport = true }, false, "itself a report"},
		{"a list", func(r *mdn.Request, _ *mdn.Policy) { r.IsList = true }, false, "mailing list"},
		{"a robot", func(r *mdn.Request, _ *mdn.Policy) { r.Auto = true }, false, "Auto-Submitted"},
		{"bulk", func(r *mdn.Request, _ *mdn.Policy) { r.Bulk = true }, false, "bulk"},
		{"a fragment", func(r *mdn.Request, _ *mdn.Policy) { r.Partial = true }, false, "fragment"},
		{"two addresses", func(r *mdn.Request, _ *mdn.Policy) { r.To = append(r.To, "x@example.com") }, false, "2 addresses"},
		{"one address twice", func(r *mdn.Request, _ *mdn.Policy) { r.To = append(r.To, "gw@EXAMPLE.com") }, true, ""},
		{"no return path", func(r *mdn.Request, _ *mdn.Policy) { r.HasReturnPath = false }, false, "no Return-Path"},
		{"the null path", func(r *mdn.Request, _ *mdn.Policy) { r.ReturnPath = "" }, false, "empty"},
		{"two return paths", func(r *mdn.Request, _ *mdn.Policy) { r.ReturnPaths = 2 }, false, "2 Return-Path"},
		{"another return path", func(r *mdn.Request, _ *mdn.Policy) { r.ReturnPath = "bounce@example.com" }, false, "bounce@example.com"},
		{"local parts have case", func(r *mdn.Request, _ *mdn.Policy) { r.ReturnPath = "GW@example.com" }, false, "GW@example.com"},
		{"domains have none", func(r *mdn.Request, _ *mdn.Policy) { r.ReturnPath = "<gw@Example.COM>" }, true, ""},
		{"quotes do not count", func(r *mdn.Request, _ *mdn.Policy) { r.ReturnPath = `"g\w"@example.com` }, true, ""},
		{"a subaddress differs", func(r *mdn.Request, _ *mdn.Policy) { r.ReturnPath = "gw+1@example.com" }, false, "gw+1"},
		{"an optional option", func(r *mdn.Request, _ *mdn.Policy) { r.Options = "Alternative-available=optional,permanent" }, true, ""},
		{"a required option", func(r *mdn.Request, _ *mdn.Policy) {
			r.Options = "a=optional,b; signed-receipt-protocol=required,pkcs7-signature"
		}, false, "signed-receipt-protocol"},
	} {
		t.Run(test.name, func(t *testing.T) {
			req := mdn.Request{To: []string{"gw@example.com"}, ReturnPath: "gw@example.com", HasReturnPath: true, ReturnPaths: 1}
			var policy mdn.Policy
			test.change(&req, &policy)
			ok, why := mdn.Answer(req, policy)
			if ok != test.ok || !strings.Contains(why, test.why) {
				t.Errorf("%v, %q; want %v and %q in the words", ok, why, test.ok, test.why)
			}
		})
	}
}

func TestOptions(t *testing.T) {
	got := mdn.Options("Alternative-not-available=required,(TRUE); x = Optional , a , b ;; nothing")
	want := []mdn.Option{
		{Attribute: "Alternative-not-available", Required: true, Values: []string{"(TRUE)"}},
		{Attribute: "x", Values: []string{"a", "b"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestKeys(t *testing.T) {
	k := mdn.Keys{
		OriginalMessageID: "a@x", InReplyTo: []string{"<b@x>", "<a@x>"}, References: []string{"<d@x>", "<c@x>"},
		EnvelopeID: "env1", Returned: "<e@x>", Tagged: "gw+t1@example.com", Recipients: []string{"FAX+3D+2B1202@gw.example", "Fax@Office.example"},
	}
	want := []mdn.Key{
		{Field: mdn.KeyOriginalMessageID, Value: "<a@x>"},
		{Field: mdn.KeyInReplyTo, Value: "<b@x>"},
		{Field: mdn.KeyReferences, Value: "<c@x>"},
		{Field: mdn.KeyReferences, Value: "<d@x>"},
		{Field: mdn.KeyEnvelopeID, Value: "env1"},
		{Field: mdn.KeyReturned, Value: "<e@x>"},
		{Field: mdn.KeyTagged, Value: "gw+t1@example.com"},
	}
	if diff := cmp.Diff(want, k.Candidates()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	for address, concerned := range map[string]bool{"FAX=+1202@GW.example": true, "Fax@office.example": true, "fax@office.example": false, "": false} {
		if k.Concerns(address) != concerned {
			t.Errorf("Concerns(%q) = %v", address, !concerned)
		}
	}
	if got := (mdn.Keys{}).Candidates(); got != nil {
		t.Errorf("no keys gave %v", got)
	}
}
