package gateway

import (
	"context"
	"fmt"
	"strings"
	"time"

	"faxgate/gateway/config"
	"faxgate/spool"
)

// RouteCase is a received fax as the rules see it: a real one, or one that somebody asks about.
type RouteCase struct {
	From       string    `json:"from,omitempty"`       // the sender's address
	To         string    `json:"to,omitempty"`         // the own fax address, without a sub-address
	SubAddress string    `json:"subAddress,omitempty"` // empty: none
	Subject    string    `json:"subject,omitempty"`
	Pages      int       `json:"pages"`
	At         time.Time `json:"at"` // when it was received
	Incomplete bool      `json:"incomplete,omitempty"`
}

// RouteStep is one rule that was looked at, and why it applies or was passed over.
type RouteStep struct {
	Rule    string   `json:"rule"`
	Applies bool     `json:"applies"`
	Why     []string `json:"why"` // for a person; of a rule that was passed over only what is against it
}

// Explanation says which rule applies to a fax, what it does, and why the rules before it do not.
type Explanation struct {
	Case  RouteCase   `json:"case"`
	Rule  string      `json:"rule,omitempty"` // empty: none, the fax stays in the inbox
	Does  []string    `json:"does"`
	Steps []RouteStep `json:"steps"`

	rule  config.Route
	index int // of the rule, -1 for none
}

// RouteView is one rule as people read it.
type RouteView struct {
	Name string   `json:"name"`
	When []string `json:"when"` // its conditions; empty: it takes every fax
	Does []string `json:"does"`
}

// Routes lists the rules for received faxes in the order in which they are tried.
func (g *Gateway) Routes() []RouteView {
	list := []RouteView{}
	for _, r := range g.cfg.Routes() {
		list = append(list, RouteView{Name: r.Name, When: conditions(r), Does: deeds(r)})
	}
	return list
}

// ExplainRoute says which rule would apply to such a fax. A time that is not set is now, an empty own address the first one.
func (g *Gateway) ExplainRoute(c RouteCase) Explanation {
	if c.At.IsZero() {
		c.At = g.now()
	}
	if c.To == "" {
		c.To = g.cfg.Account()
	}
	if own, sub, ok := g.ownAddress(c.To); ok && sub != "" {
		c.To, c.SubAddress = own, sub
	}
	return explain(g.cfg.Routes(), 0, c)
}

// ExplainInbox says which rule applies to a received fax by the rules as they are now; ErrNotFound if there is no such fax.
func (g *Gateway) ExplainInbox(ctx context.Context, id spool.ID) (Explanation, error) {
	rec, err := g.received(ctx, id)
	if err != nil {
		return Explanation{}, err
	}
	return explain(g.cfg.Routes(), 0, g.caseOf(rec)), nil
}

// caseOf is a received fax as the rules see it.
func (g *Gateway) caseOf(rec spool.Received) RouteCase {
	to := rec.EnvelopeTo
	if own, _, ok := g.ownAddress(to); ok {
		to = own
	}
	return RouteCase{
		From: senderOf(rec), To: to, SubAddress: readAttrs(rec).SubAddress, Subject: rec.Subject, Pages: rec.Pages, At: rec.ReceivedAt,
		Incomplete: rec.State == Incomplete,
	}
}

// senderOf is the address that a fax is from: its author's, or that of its envelope where the mail names none.
func senderOf(rec spool.Received) string {
	if rec.From != "" {
		return rec.From
	}
	return rec.EnvelopeFrom
}

// explain tries the rules from the index on: the first one whose conditions are all met applies.
func explain(rules []config.Route, from int, c RouteCase) Explanation {
	e := Explanation{Case: c, Steps: []RouteStep{}, Does: []string{"stays in the inbox: no rule applies"}, index: -1}
	for i, r := range rules[min(from, len(rules)):] {
		met, against := judgeRule(r, c)
		if len(against) > 0 {
			e.Steps = append(e.Steps, RouteStep{Rule: r.Name, Why: against})
			continue
		}
		if len(met) == 0 {
			met = []string{"it takes every fax"}
		}
		e.Steps = append(e.Steps, RouteStep{Rule: r.Name, Applies: true, Why: met})
		e.Rule, e.Does, e.rule, e.index = r.Name, deeds(r), r, from+i
		break
	}
	return e
}

// judgeRule holds a fax against the conditions of a rule, and says in words which are met and which are not.
func judgeRule(r config.Route, c RouteCase) (met, against []string) {
	check := func(ok bool, words, unless string) {
		if ok {
			met = append(met, words)
		} else {
			against = append(against, words+unless)
		}
	}
	if len(r.From) > 0 {
		hit, ok := oneOf(r.From, c.From, likeAddress)
		check(ok, "the sender is "+orNone(c.From, "not known")+isOf(hit, c.From), ", not "+anyOf(r.From))
	}
	if len(r.To) > 0 {
		_, ok := oneOf(r.To, c.To, strings.EqualFold)
		check(ok, "it came to "+c.To, ", not to "+anyOf(r.To))
	}
	if len(r.SubAddress) > 0 {
		hit, ok := oneOf(r.SubAddress, c.SubAddress, like)
		check(ok && c.SubAddress != "", "the sub-address is "+orNone(c.SubAddress, "missing")+isOf(hit, c.SubAddress), ", not "+anyOf(r.SubAddress))
	}
	if len(r.Subject) > 0 {
		hit, ok := oneOf(r.Subject, c.Subject, likeSubject)
		words := fmt.Sprintf("the subject “%s” has “%s” in it", c.Subject, hit)
		if !ok {
			words = fmt.Sprintf("the subject “%s” does not have %s in it", c.Subject, anyOf(r.Subject))
		}
		check(ok, words, "")
	}
	if r.PagesMin > 0 || r.PagesMax > 0 {
		check(c.Pages >= r.PagesMin && (r.PagesMax == 0 || c.Pages <= r.PagesMax), "it has "+countPages(c.Pages), ", not "+pagesWanted(r))
	}
	judgeTime(r, c, check)
	if r.Incomplete != "" {
		words := "all of it could be read"
		if c.Incomplete {
			words = "a part of it could not be read"
		}
		check(c.Incomplete == (r.Incomplete == "yes"), words, ", and the rule is for others")
	}
	return met, against
}

func judgeTime(r config.Route, c RouteCase, check func(ok bool, words, unless string)) {
	at := c.At.Local()
	if r.Weekdays != 0 {
		check(r.Weekdays.Has(at.Weekday()), "it came on a "+at.Weekday().String(), ", not on "+text(r.Weekdays))
	}
	if r.Time != (config.Hours{}) {
		check(r.Time.Has(at), "it came at "+at.Format("15:04"), ", not within "+text(r.Time))
	}
}

// conditions tells when a rule applies.
func conditions(r config.Route) []string {
	list := []string{}
	add := func(when bool, format string, args ...any) {
		if when {
			list = append(list, fmt.Sprintf(format, args...))
		}
	}
	add(len(r.From) > 0, "from %s", anyOf(r.From))
	add(len(r.To) > 0, "to %s", anyOf(r.To))
	add(len(r.SubAddress) > 0, "with sub-address %s", anyOf(r.SubAddress))
	add(len(r.Subject) > 0, "with %s in the subject", anyOf(r.Subject))
	add(r.PagesMin > 0 || r.PagesMax > 0, "with %s", pagesWanted(r))
	add(r.Weekdays != 0, "received on %s", text(r.Weekdays))
	add(r.Time != config.Hours{}, "received within %s", text(r.Time))
	add(r.Incomplete == "yes", "a part could not be read")
	add(r.Incomplete == "no", "all could be read")
	return list
}

// deeds tells what a rule does, in the order in which it says so.
func deeds(r config.Route) []string {
	var list []string
	if r.Hold {
		list = append(list, "held in the inbox until a person releases it")
	}
	for _, to := range r.MailTo {
		list = append(list, fmt.Sprintf("mailed to %s (%s)", to, contentWords(r.MailContent)))
	}
	if r.Folder != "" {
		list = append(list, fmt.Sprintf("written to %s (%s)", r.Folder, contentWords(r.FolderContent)))
	}
	switch {
	case r.Hold && len(list) == 1:
		list = append(list, "then the rules after this one are tried")
	case r.Hold:
		list[1] = "then " + list[1]
	case len(list) == 0:
		list = append(list, "stays in the inbox")
	}
	return list
}

func contentWords(content string) string {
	switch content {
	case config.ContentTIFF:
		return "TIFF"
	case config.ContentBoth:
		return "PDF and TIFF"
	case config.ContentNotice:
		return "a notice without its pages"
	default:
		return "PDF"
	}
}

func pagesWanted(r config.Route) string {
	switch {
	case r.PagesMax == 0:
		return fmt.Sprintf("%d or more pages", r.PagesMin)
	case r.PagesMin == r.PagesMax:
		return countPages(r.PagesMin)
	case r.PagesMin == 0:
		return "at most " + countPages(r.PagesMax)
	default:
		return fmt.Sprintf("%d to %s", r.PagesMin, countPages(r.PagesMax))
	}
}

// text is a value as the configuration has it.
func text(v interface{ MarshalText() ([]byte, error) }) string {
	b, _ := v.MarshalText()
	return string(b)
}

func anyOf(list []string) string {
	if len(list) < 2 {
		return strings.Join(list, "")
	}
	return strings.Join(list[:len(list)-1], ", ") + " or " + list[len(list)-1]
}

func orNone(s, none string) string {
	if s == "" {
		return none
	}
	return s
}

// isOf says which pattern was met, unless it is the thing itself.
func isOf(pattern, s string) string {
	if pattern == "" || strings.EqualFold(pattern, s) {
		return ""
	}
	return ", which is one of " + pattern
}

// oneOf finds the first pattern that s is like.
func oneOf(patterns []string, s string, like func(pattern, s string) bool) (string, bool) {
	for _, p := range patterns {
		if like(p, s) {
			return p, true
		}
	}
	return "", false
}

// likeAddress matches an address, @domain or a pattern. Both parts are compared without regard to case, as mail servers do.
func likeAddress(pattern, addr string) bool {
	if strings.HasPrefix(pattern, "@") {
		pattern = "*" + pattern
	}
	return like(pattern, addr)
}

// likeSubject looks for a word anywhere; with * or ? the pattern is for the whole subject.
func likeSubject(pattern, subject string) bool {
	if !strings.ContainsAny(pattern, "*?") {
		pattern = "*" + pattern + "*"
	}
	return like(pattern, subject)
}

// like matches a pattern in which * is any text and ? any one letter, in either case. It goes back to the last * only, so that no pattern takes longer than its length times that of s.
func like(pattern, s string) bool {
	p, t := []rune(strings.ToLower(pattern)), []rune(strings.ToLower(s))
	star, mark, i, j := -1, 0, 0, 0
	for j < len(t) {
		switch {
		case i < len(p) && p[i] == '*':
			star, mark = i, j
			i++
		case i < len(p) && (p[i] == '?' || p[i] == t[j]):
			i++
			j++
		case star >= 0:
			mark++
			i, j = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(string(p[i:]), "*") == ""
}

// words is the explanation in one line, for the journal.
func (e Explanation) words() string {
	var b strings.Builder
	if e.Rule == "" {
		b.WriteString("no rule applies, the fax stays in the inbox")
	} else {
		fmt.Fprintf(&b, "rule “%s” applies: %s; the fax is %s", e.Rule, strings.Join(e.Steps[len(e.Steps)-1].Why, ", "), strings.Join(e.Does, ", "))
	}
	for _, s := range e.Steps {
		if !s.Applies {
			fmt.Fprintf(&b, "; “%s” was passed over: %s", s.Rule, strings.Join(s.Why, ", "))
		}
	}
	return strings.Replace(b.String(), "the fax is stays", "the fax stays", 1)
}
