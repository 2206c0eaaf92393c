package gateway_test

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"faxgate/gateway"
	"faxgate/gateway/config"
	"faxgate/ifax"
	"faxgate/mailio"
	"faxgate/spool"
)

// reportsDir has receipts and bounces as machines, servers and mail programs write them. cases.tsv says what each is, where its form is
// documented, and what is to come of it.
const reportsDir = "../mdn/testdata/reports"

// reportCase is a row of cases.tsv.
type reportCase struct {
	file, fax, what, source                    string
	kind, verdict, status, key, state, learned string
	words                                      string // in the reason of the fax or in the journal of the report
}

// forged cases are of no fax; repeated ones are the same mail again.
func (c reportCase) forged() bool   { return c.fax == "-" }
func (c reportCase) repeated() bool { return c.key == "-" }

func reportCases(t *testing.T) []reportCase {
	t.Helper()
	octets, err := os.ReadFile(filepath.Join(reportsDir, "cases.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	var list []reportCase
	for line := range strings.Lines(string(octets)) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(f) != 11 {
			t.Fatalf("cases.tsv: %d columns: %s", len(f), line)
		}
		list = append(list, reportCase{f[0], f[1], f[2], f[3], f[4], f[5], f[6], f[7], f[8], f[9], f[10]})
	}
	list = list[1:]
	files, err := filepath.Glob(filepath.Join(reportsDir, "*.eml"))
	if err != nil || len(files) != len(list) {
		t.Fatalf("%d files, %d cases: %v", len(files), len(list), err)
	}
	for _, c := range list {
		if c.source == "" || c.what == "" {
			t.Errorf("%s: cases.tsv says not what it is or where it is documented", c.file)
		}
	}
	return list
}

// sentFax is one delivery that a report can be about.
type sentFax struct {
	to, id, envID, title string
}

// reports is a gateway with a fax on its way to each recipient of cases.tsv, several of them to several recipients.
type reports struct {
	*node
	jobs  []spool.ID
	faxes map[string]sentFax // by the name of cases.tsv
	seen  map[spool.ID]bool  // reports dealt with
}

func newReports(t *testing.T, cases []reportCase) *reports {
	t.Helper()
	s := answers(accepts)
	r := &reports{node: sending(t, s, func(c *config.Config) { c.Fax.RequestDSN = true }), faxes: map[string]sentFax{}, seen: map[spool.ID]bool{}}
	var names []string
	for _, c := range cases {
		if !c.forged() && !slices.Contains(names, c.fax) {
			names = append(names, c.fax)
		}
	}
	for group := range slices.Chunk(names, 6) {
		r.send(group)
	}
	for i, env := range s.envs {
		name, _, _ := strings.Cut(strings.TrimPrefix(env.To, "fax@"), ".test")
		m, err := mail.ReadMessage(bytes.NewReader(s.sent[i]))
		if err != nil {
			t.Fatal(err)
		}
		f := r.faxes[name]
		f.id, f.envID, f.title = m.Header.Get("Message-ID"), env.EnvID, m.Header.Get("Subject")
		r.faxes[name] = f
	}
	return r
}

func (r *reports) send(names []string) {
	r.t.Helper()
	var to []string
	for _, name := range names {
		to = append(to, "fax@"+name+".test")
	}
	id, err := r.Submit(context.Background(), gateway.SubmitRequest{To: to, Files: []gateway.File{textFile("A letter.\n")}, Origin: "test"})
	if err != nil {
		r.t.Fatal(err)
	}
	eventually(r.t, func() (bool, string) {
		f, err := r.Fax(context.Background(), id)
		waits := slices.ContainsFunc(f.Deliveries, func(d gateway.Delivery) bool { return d.State != gateway.Accepted })
		return err == nil && !waits, fmt.Sprintf("the faxes are not all accepted: %+v, %v", f.Deliveries, err)
	})
	r.jobs = append(r.jobs, id)
	for i, name := range names {
		r.faxes[name] = sentFax{to: to[i]}
	}
}

// text is the report with what only this run knows filled in. A forged one is about the first fax as well as it can be.
func (r *reports) text(c reportCase) string {
	r.t.Helper()
	octets, err := os.ReadFile(filepath.Join(reportsDir, c.file+".eml"))
	if err != nil {
		r.t.Fatal(err)
	}
	f := r.faxes[c.fax]
	if c.forged() {
		f = r.faxes["gmail2"]
	}
	at := strings.IndexByte(f.id, '.')
	guess := map[bool]string{true: "0", false: "1"}[f.id[at-1] != '0']
	return strings.NewReplacer(
		"{{messageid}}", f.id, "{{bareid}}", strings.Trim(f.id, "<>"), "{{guessedid}}", f.id[:at-1]+guess+f.id[at:], "{{upperid}}", strings.ToUpper(f.id),
		"{{envid}}", f.envID, "{{recipient}}", f.to, "{{other}}", r.faxes["gmail1"].to, "{{account}}", "fax@a.test", "{{subject}}", f.title,
	).Replace(string(octets))
}

// all is every delivery as people see it, and every machine that something was learned of.
func (r *reports) all() map[string]string {
	r.t.Helper()
	state := map[string]string{}
	for _, job := range r.jobs {
		fax, err := r.Fax(context.Background(), job)
		if err != nil {
			r.t.Fatal(err)
		}
		for _, d := range fax.Deliveries {
			state[d.To] = fmt.Sprintf("%s, %d rungs, late %v: %s", d.State, len(d.Rungs), d.Late, d.Reason)
		}
	}
	peers, err := r.Peers(context.Background())
	if err != nil {
		r.t.Fatal(err)
	}
	for _, p := range peers {
		state["learned of "+p.Address] = p.Features
	}
	return state
}

// next waits until one more report has been dealt with, and gives what the journal says of it.
func (r *reports) next() string {
	r.t.Helper()
	var id spool.ID
	eventually(r.t, func() (bool, string) {
		lines, err := r.Journal(context.Background(), gateway.JournalFilter{Page: gateway.Page{Limit: 30}})
		i := slices.IndexFunc(lines, func(l gateway.JournalLine) bool { return l.Kind == "report" && !r.seen[l.Inbox] })
		if err != nil || i < 0 {
			return false, "the report was not dealt with"
		}
		id = lines[i].Inbox
		return true, ""
	})
	r.seen[id] = true
	lines, err := r.Journal(context.Background(), gateway.JournalFilter{Page: gateway.Page{Limit: 30}, Inbox: id})
	if err != nil {
		r.t.Fatal(err)
	}
	var words []string
	for _, l := range lines {
		words = append(words, l.Words)
	}
	return strings.Join(words, "\n")
}

// TestReportsLandOnTheirFax hands in one report after the other. Each brings its own fax where it belongs and changes nothing else; the
// forged ones change nothing at all.
func TestReportsLandOnTheirFax(t *testing.T) {
	cases := reportCases(t)
	r := newReports(t, cases)
	learned := map[string]bool{}
	before := r.all()
	for _, c := range cases {
		text := r.text(c)
		if err := r.deliver("", "fax@a.test", text); err != nil {
			t.Fatalf("%s: not taken: %v", c.file, err)
		}
		var journal string
		if !c.repeated() {
			journal = r.next()
		}
		after := r.all()
		to := r.faxes[c.fax].to
		learned[to] = learned[to] || c.learned == "yes"
		if got := after["learned of "+to] != ""; got != learned[to] {
			t.Errorf("%s: learned of %s: %v", c.file, to, got)
		}
		if !c.forged() && !strings.HasPrefix(after[to], c.state+",") {
			t.Errorf("%s: fax is %s; want %s\n%s", c.file, after[to], c.state, journal)
		}
		if c.key != "" && !c.repeated() && !strings.Contains(journal, "matched by its "+c.key) {
			t.Errorf("%s: not matched by its %s:\n%s", c.file, c.key, journal)
		}
		if c.key == "" && !strings.Contains(journal, "matches nothing") {
			t.Errorf("%s: matched:\n%s", c.file, journal)
		}
		if all := after[to] + "\n" + journal; !strings.Contains(all, c.words) {
			t.Errorf("%s: nobody is told %q:\n%s", c.file, c.words, all)
		}
		others := maps.Clone(after)
		for _, name := range []string{to, "learned of " + to} {
			delete(before, name)
			delete(others, name)
		}
		if diff := cmp.Diff(before, others); diff != "" {
			t.Errorf("%s: changed what it is not about (-before +after)\n%s", c.file, diff)
		}
		before = after
	}
}

// TestReportsAreRead reads the same reports without a gateway: kind, verdict and status.
func TestReportsAreRead(t *testing.T) {
	for _, c := range reportCases(t) {
		octets, err := os.ReadFile(filepath.Join(reportsDir, c.file+".eml"))
		if err != nil {
			t.Fatal(err)
		}
		text := strings.NewReplacer("{{messageid}}", "<1@a.test>", "{{recipient}}", "fax@b.test").Replace(string(octets))
		m, err := ifax.Parse(context.Background(), strings.NewReader(text), ifax.Limits{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		got := []string{m.Kind, "", ""}
		switch {
		case m.MDN != nil:
			got[1] = string(m.MDN.Verdict())
			if len(m.MDN.Errors) > 0 && strings.HasPrefix(m.MDN.Errors[0], "5.") {
				got[2], _, _ = strings.Cut(m.MDN.Errors[0], " ")
			}
		case m.DSN != nil && len(m.DSN.Recipients) > 0:
			last := m.DSN.Recipients[0]
			if c.file == "qmail-timed-out" {
				last = m.DSN.Recipients[1]
			}
			got[1], got[2] = string(last.Verdict()), last.Cause()
		}
		if diff := cmp.Diff([]string{c.kind, c.verdict, c.status}, got); diff != "" {
			t.Errorf("%s: kind, verdict, status (-want +got)\n%s", c.file, diff)
		}
	}
}

func TestAFailureToldByAnotherAddressHealsNothingAndTheRecipientMayStillConfirm(t *testing.T) {
	a, b := pair(t, nil, nil)
	a.wait(a.submit("fax@b.test"), gateway.Confirmed)
	b.inbox(1)
	s := answers(accepts)
	a.end()
	a.opts.Sender = s.way
	a.start()
	id := a.submit("fax@b.test")
	f := a.wait(id, gateway.Accepted)
	if !strings.HasPrefix(f.Deliveries[0].Form, "F ") {
		t.Fatalf("form %q: nothing to heal", f.Deliveries[0].Form)
	}
	a.reported(receiptFor(f.Deliveries[0].MessageID, "reader@b.test", "processed/error"))
	a.stays(id, gateway.Failed)
	a.reported(receiptFor(f.Deliveries[0].MessageID, "fax@b.test", "dispatched"))
	a.stays(id, gateway.Confirmed)
	if s.tries() != 1 {
		t.Errorf("sent %d times", s.tries())
	}
}

func TestARelayedFaxIsWaitedForOnlyWhereAReceiptMayCome(t *testing.T) {
	for _, asked := range []bool{true, false} {
		s := answers(func(atDot func() error) (mailio.Reply, error) {
			reply, err := accepts(atDot)
			reply.DSN = true
			return reply, err
		})
		a := sending(t, s, func(c *config.Config) { c.Fax.RequestDSN, c.Fax.RequestMDN = true, asked })
		id := a.submit("fax@b.test")
		f := a.wait(id, gateway.Accepted)
		if f.Deliveries[0].NextAt == nil {
			t.Fatal("no report is awaited")
		}
		a.reported(deliveryReport(f.Deliveries[0].MessageID, "fax@b.test relayed 2.0.0"))
		a.stays(id, gateway.Accepted)
		f, err := a.Fax(context.Background(), id)
		if d := f.Deliveries[0]; err != nil || (d.NextAt != nil) != asked || !strings.Contains(d.Reason, "relayed 2.0.0") {
			t.Errorf("MDN asked for %v: waits until %v: %s, %v", asked, d.NextAt, d.Reason, err)
		}
	}
}
