package gateway

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"faxgate/gateway/config"
	"faxgate/spool"
)

// route does one thing that a rule says with a received fax: each mail, each folder and each wait is a task of its own, so that one that fails holds up no other. The fax stays in
// the inbox in any case.
func (g *Gateway) route(ctx context.Context, l *spool.Lease) error {
	switch readWhat[routeWhat](l.Task).Action {
	case actionHold:
		return g.released(ctx, l)
	case actionFolder:
		return g.routeToFolder(ctx, l)
	default:
		m, err := g.mailOf(ctx, l, func(m *spool.Message) error { return g.composeRoute(ctx, l, m) })
		return g.mail(ctx, l, m, err)
	}
}

// routeWhat is one thing to be done with a received fax.
type routeWhat struct {
	Action  string    `json:"action,omitempty"`
	Rule    string    `json:"rule,omitempty"`    // the name of the rule that says so
	Content string    `json:"content,omitempty"` // of a mail or a file: pdf, tiff, both, notice
	Name    string    `json:"name,omitempty"`    // of a file: its template
	Since   time.Time `json:"since,omitzero"`    // see began
}

// The actions of a rule.
const (
	actionMail   = "mail"
	actionFolder = "folder"
	actionHold   = "hold"
)

// String tells it to a person, beside the address or the folder.
func (w routeWhat) String() string {
	what := map[string]string{actionHold: "until it is released", actionFolder: contentWords(w.Content) + " as a file"}[w.Action]
	if what == "" {
		what = contentWords(w.Content) + " by mail"
	}
	if w.Rule == "" {
		return what
	}
	return fmt.Sprintf("%s, rule “%s”", what, w.Rule)
}

// maxHops is how many gateways may pass a fax on to each other: more is a loop.
const maxHops = 3

// hopsField carries the count from one faxgate to the next.
const hopsField = "X-Faxgate-Hops"

// startRoutes finds the rule for a received fax and queues what it says.
func (g *Gateway) startRoutes(tx *spool.Tx, rec spool.Received) error {
	rules := g.cfg.Routes()
	if len(rules) == 0 {
		return nil
	}
	return g.follow(tx, rec, explain(rules, 0, g.caseOf(rec)))
}

// follow does as the rule says, and writes down why this one applies.
func (g *Gateway) follow(tx *spool.Tx, rec spool.Received, e Explanation) error {
	if _, err := tx.AddEvent(spool.Event{Received: rec.ID, Kind: "route", Words: e.words(), Data: marshal(e.Steps)}); err != nil {
		return err
	}
	if e.rule.Hold {
		return g.hold(tx, rec, e.rule)
	}
	if err := g.startMails(tx, rec, e.rule); err != nil || e.rule.Folder == "" {
		return err
	}
	return startRoute(tx, rec, e.rule.Folder, routeWhat{Action: actionFolder, Rule: e.rule.Name, Content: e.rule.FolderContent, Name: e.rule.FolderName})
}

// startMails queues the mails of a rule, unless the fax has been going round.
func (g *Gateway) startMails(tx *spool.Tx, rec spool.Received, r config.Route) error {
	if len(r.MailTo) == 0 {
		return nil
	}
	if hops := readAttrs(rec).Hops; hops >= maxHops {
		all := strings.Join(r.MailTo, ", ")
		words := fmt.Sprintf("not passed on to %s: the fax has been passed on %d times already, so gateways are sending it round (check their routes and deliver_to); it is kept in the inbox", all, hops)
		if _, err := tx.AddEvent(spool.Event{Received: rec.ID, Kind: "loop", Words: words}); err != nil {
			return err
		}
		return g.tellAdministrator(tx, spool.Task{Received: rec.ID, Kind: KindRoute, Recipient: all}, Held, words)
	}
	for _, to := range r.MailTo {
		if err := startRoute(tx, rec, to, routeWhat{Action: actionMail, Rule: r.Name, Content: r.MailContent}); err != nil {
			return err
		}
	}
	return nil
}

func startRoute(tx *spool.Tx, rec spool.Received, to string, w routeWhat) error {
	now := tx.Now()
	_, err := tx.AddTask(spool.Task{Received: rec.ID, Kind: KindRoute, Recipient: to, State: Queued, DueAt: &now, What: marshal(w)})
	return err
}

// hold leaves the fax to a person. Nothing is due until it is released.
func (g *Gateway) hold(tx *spool.Tx, rec spool.Received, r config.Route) error {
	t := spool.Task{Received: rec.ID, Kind: KindRoute, Recipient: "inbox", State: Queued, What: marshal(routeWhat{Action: actionHold, Rule: r.Name})}
	var err error
	if t.ID, err = tx.AddTask(t); err != nil {
		return err
	}
	words := fmt.Sprintf("rule “%s” keeps it in the inbox until somebody releases it (`faxgate inbox release %s`)", r.Name, rec.ID)
	return g.setState(tx, t, Held, change{by: g.cfg.Hostname, words: words})
}

// Release lets a held fax go its way; ErrState if nothing holds it.
func (g *Gateway) Release(ctx context.Context, id spool.ID) error {
	return g.spool.Update(ctx, func(tx *spool.Tx) error {
		rec, err := tx.Received(id)
		if err != nil {
			return notFound(err)
		}
		holds, err := heldRoutes(tx, id)
		if err != nil {
			return err
		}
		if len(holds) == 0 {
			return fmt.Errorf("%w: no rule holds it, it is %s", ErrState, rec.State)
		}
		now := tx.Now()
		for _, t := range holds {
			if err := g.setState(tx, t, Queued, change{due: &now, release: true, by: "person", words: "released by hand"}); err != nil {
				return err
			}
		}
		return nil
	})
}

// heldRoutes are the waits for a person of one received fax, or of all where the id is empty.
func heldRoutes(tx *spool.Tx, id spool.ID) ([]spool.Task, error) {
	tasks, err := tx.Tasks(spool.TaskFilter{Window: spool.Window{Limit: all}, Received: id, Kinds: []spool.Kind{KindRoute}, States: []spool.State{Held}})
	return slices.DeleteFunc(tasks, func(t spool.Task) bool { return readWhat[routeWhat](t).Action != actionHold }), err
}

// released goes on where a rule has held the fax: with the rule's own mails and folder or, where it has none, with the rules after it.
func (g *Gateway) released(ctx context.Context, l *spool.Lease) error {
	w := readWhat[routeWhat](l.Task)
	return l.Update(ctx, func(tx *spool.Tx) error {
		rec, err := tx.Received(l.Task.Received)
		if err != nil {
			return err
		}
		if err := g.follow(tx, rec, afterHold(g.cfg.Routes(), w.Rule, g.caseOf(rec))); err != nil {
			return err
		}
		return g.setState(tx, l.Task, Done, change{by: g.cfg.Hostname, words: "released", release: true})
	})
}

// afterHold is what follows on a release by the rules as they are now. If the rule is gone, all of them are tried.
func afterHold(rules []config.Route, name string, c RouteCase) Explanation {
	i := slices.IndexFunc(rules, func(r config.Route) bool { return r.Name == name && r.Hold })
	if i < 0 {
		return explain(rules, 0, c)
	}
	r := rules[i]
	if !r.Acts() {
		return explain(rules, i+1, c)
	}
	r.Hold = false
	return Explanation{Case: c, Rule: r.Name, Does: deeds(r), Steps: []RouteStep{{Rule: r.Name, Applies: true, Why: []string{"it was released"}}}, rule: r, index: i}
}
