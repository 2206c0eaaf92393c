package gateway_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"faxgate/gateway"
	"faxgate/spool"
)

// book is all that one side knows in the end, as its users see it.
type book struct {
	faxes      map[string][]gateway.Fax      // by key
	inbox      map[string][]gateway.InboxFax // by Message-ID
	duplicates map[spool.ID]int              // journal lines "duplicate", by received fax
	receipts   map[spool.ID]bool             // by received fax: its MDN was committed as sent
}

// wire is what the ledger knows of one Message-ID.
type wire struct {
	dots     []time.Time
	sums     map[string]bool
	accepted []time.Time // replies 250
}

// tally counts what was seen, so that it can be told how much the test proves.
type tally struct {
	confirmed, late, expired, held, twice, suppressed int
}

// check holds everything against everything: the ledger, the sender's book and the receiver's.
func (c *crash) check() {
	faxes, mdns := c.readLedger()
	a, b := c.readBook(c.a), c.readBook(c.b)
	if n := c.checkWay(c.a, a, b, faxes, mdns) + c.checkWay(c.b, b, a, faxes, mdns); n == 0 {
		c.t.Error("no fax came twice: nothing is proven of repeats")
	}
	for original, w := range mdns {
		if len(w.dots) > 1 {
			c.t.Errorf("%d receipts went out for %s", len(w.dots), original)
		}
		if n := len(a.inbox[original]) + len(b.inbox[original]); n != 1 {
			c.t.Errorf("a receipt went out for %s, which was received %d times", original, n)
		}
	}
}

// readLedger reads the file: messages by Message-ID, receipts by the Message-ID that they speak of.
func (c *crash) readLedger() (faxes, mdns map[string]*wire) {
	faxes, mdns = map[string]*wire{}, map[string]*wire{}
	f, err := os.Open(filepath.Join(c.dir, "ledger.jsonl"))
	if err != nil {
		c.t.Fatal(err)
	}
	defer f.Close()
	for d := json.NewDecoder(f); ; {
		var e entry
		if err := d.Decode(&e); errors.Is(err, io.EOF) {
			return faxes, mdns
		} else if err != nil {
			c.t.Fatal(err)
		}
		of, id := faxes, e.MessageID
		if e.MDN {
			of, id = mdns, e.Original
		}
		if of[id] == nil {
			of[id] = &wire{sums: map[string]bool{}}
		}
		of[id].add(e)
	}
}

func (w *wire) add(e entry) {
	switch {
	case e.What == ledgerDot:
		w.dots = append(w.dots, e.At)
		w.sums[e.Sum] = true
	case e.What == ledgerReply && e.Code == "250":
		w.accepted = append(w.accepted, e.At)
	}
}

// readBook opens the data directory once more and reads everything through the gateway's own lists.
func (c *crash) readBook(s *side) book {
	k := book{
		faxes: map[string][]gateway.Fax{}, inbox: map[string][]gateway.InboxFax{}, duplicates: map[spool.ID]int{}, receipts: map[spool.ID]bool{},
	}
	opts, err := s.nc.options()
	if err != nil {
		c.t.Fatal(err)
	}
	g, err := gateway.Open(c.t.Context(), opts)
	if err != nil {
		c.t.Fatal(err)
	}
	for p := (gateway.Page{Limit: 1000}); ; {
		list, err := g.Faxes(c.t.Context(), p)
		if err != nil {
			c.t.Fatal(err)
		}
		for _, f := range list {
			k.faxes[f.Subject] = append(k.faxes[f.Subject], f)
			p.Before = f.ID
		}
		if len(list) < p.Limit {
			break
		}
	}
	for p := (gateway.Page{Limit: 1000}); ; {
		list, err := g.Inbox(c.t.Context(), p)
		if err != nil {
			c.t.Fatal(err)
		}
		for _, f := range list {
			k.inbox[f.MessageID] = append(k.inbox[f.MessageID], f)
			p.Before = f.ID
		}
		if len(list) < p.Limit {
			break
		}
	}
	if err := g.Close(); err != nil {
		c.t.Error(err)
	}
	c.readRows(s, k)
	return k
}

// readRows adds what only the rows tell.
func (c *crash) readRows(s *side, k book) {
	rows := openSpool(c.t, s.nc.Dir)
	defer shut(c.t, rows)
	err := rows.View(c.t.Context(), func(tx *spool.Tx) error {
		events, err := tx.Events(spool.EventFilter{Kinds: []string{"duplicate"}, Window: spool.Window{Limit: -1}})
		if err != nil {
			return err
		}
		for _, e := range events {
			k.duplicates[e.Received]++
		}
		for _, list := range k.inbox {
			for _, f := range list {
				n, err := tx.Notice(f.ID, f.To, "mdn")
				if err != nil {
					return fmt.Errorf("the receipt owed for %s: %w", f.MessageID, err)
				}
				k.receipts[f.ID] = n.SentAt != nil
			}
		}
		return nil
	})
	if err != nil {
		c.t.Error(err)
	}
}

// checkWay looks at every fax from s, and tells how many repeats the other side suppressed.
func (c *crash) checkWay(s *side, own, far book, faxes, mdns map[string]*wire) (suppressed int) {
	var n tally
	known := map[string]bool{}
	for _, key := range s.keys {
		list := own.faxes[key]
		if len(list) != 1 {
			c.t.Errorf("%s: handed over once, there %d times", key, len(list))
			continue
		}
		d := list[0].Deliveries[0]
		known[d.MessageID] = true
		w, m := faxes[d.MessageID], mdns[d.MessageID]
		if w == nil {
			w = &wire{}
		}
		if m == nil {
			m = &wire{}
		}
		c.checkWire(key, d, w, far, &n)
		c.checkState(key, d, w, m, far, &n)
	}
	if len(own.faxes) != len(s.keys) {
		c.t.Errorf("%s has %d faxes, was given %d", s.name, len(own.faxes), len(s.keys))
	}
	for id, list := range far.inbox {
		if !known[id] {
			c.t.Errorf("%s received %s, which %s never sent", s.peer(), id, s.name)
		}
		if f := list[0]; f.State != gateway.Read || f.Pages != 1 || f.Error != "" {
			c.t.Errorf("received, but not well: %+v", f)
		}
	}
	line := fmt.Sprintf("from %s: %d faxes, %d confirmed (%d late), %d expired without their receipt, %d held; %d went out twice, %d of them suppressed",
		s.name, len(s.keys), n.confirmed, n.late, n.expired, n.held, n.twice, n.suppressed)
	c.t.Log(line)
	fmt.Println(line)
	return n.suppressed
}

// checkWire holds one fax against the ledger: accepted means in the inbox, once; sent twice means uncertain, the same bytes, and suppressed.
func (c *crash) checkWire(key string, d gateway.Delivery, w *wire, far book, n *tally) {
	in := far.inbox[d.MessageID]
	if len(w.accepted) > 0 && len(in) != 1 {
		c.t.Errorf("%s: accepted with 250, in the inbox %d times", key, len(in))
	}
	if len(in) > 1 {
		c.t.Errorf("%s: in the inbox %d times", key, len(in))
	}
	if len(w.dots) == 0 && len(in) > 0 {
		c.t.Errorf("%s: in the inbox, but its dot never went over the wire", key)
	}
	if len(w.dots) < 2 {
		return
	}
	n.twice++
	if len(w.dots) > 2 || len(w.sums) != 1 {
		c.t.Errorf("%s: %d dots, %d different messages", key, len(w.dots), len(w.sums))
	}
	if !reached(d, gateway.Uncertain) {
		c.t.Errorf("%s: went out twice and was never uncertain: %+v", key, d.Rungs)
	}
	if len(in) != 1 || !in[0].ReceivedAt.Before(w.dots[1].Truncate(time.Millisecond)) { // the spool's times are milliseconds
		return // the receiver did not have the first
	}
	answered := len(w.accepted) > 0 && w.accepted[len(w.accepted)-1].After(w.dots[1])
	if answered && far.duplicates[in[0].ID] == 0 {
		c.t.Errorf("%s: came twice, and no line of the journal says so: kept %s, dots %s, taken %s", key, in[0].ReceivedAt, w.dots, w.accepted)
	}
	n.suppressed += min(far.duplicates[in[0].ID], 1)
}

// checkState tells whether the sender's state is the truth.
func (c *crash) checkState(key string, d gateway.Delivery, w, mdn *wire, far book, n *tally) {
	in := far.inbox[d.MessageID]
	wrong := func(why string) { c.t.Errorf("%s is %s, but %s: %+v", key, d.State, why, d.Rungs) }
	if len(mdn.accepted) > 0 && d.State != gateway.Confirmed {
		wrong("its receipt was taken with 250")
	}
	switch d.State {
	case gateway.Confirmed:
		n.confirmed++
		if d.Late {
			n.late++
		}
		if len(mdn.dots) == 0 {
			wrong("no receipt went over the wire")
		}
	case gateway.Expired:
		n.expired++
		if len(w.accepted) == 0 || len(in) != 1 || !far.receipts[in[0].ID] {
			wrong("it was not accepted, or its receipt was never sent")
		}
	case gateway.Held:
		n.held++
		if !reached(d, gateway.Uncertain) || !strings.Contains(d.Reason, "sent twice without an answer") {
			wrong("nothing explains it")
		}
		if len(in) == 1 && !far.receipts[in[0].ID] {
			wrong("it was received and its receipt never sent")
		}
	default:
		wrong("nothing more is going to happen")
	}
}

func reached(d gateway.Delivery, s spool.State) bool {
	for _, r := range d.Rungs {
		if r.State == s {
			return true
		}
	}
	return false
}
