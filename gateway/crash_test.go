package gateway_test

import (
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"faxgate/gateway"
	"faxgate/gateway/config"
	"faxgate/spool"
)

const (
	crashRounds   = 100
	crashSeed     = 20260801
	crashInFlight = 5 // faxes under way each way at every kill, at least
)

// faultPoints are the places where a gateway can be made to kill itself, for what random kills seldom hit.
var faultPoints = []string{
	"before-dot-commit", "dot-committed", "reply-read", "receive-raw-kept", "receive-committed", "pages-read", "receipt-composed", "receipt-replied",
}

// Where a kill can fall.
const (
	beforeDot   = "before dot_at"
	dotToReply  = "between dot_at and the reply"
	replyCommit = "between the reply and its commit"
	inReceive   = "during receive"
	inMDN       = "during MDN"
)

var categories = []string{beforeDot, dotToReply, replyCommit, inReceive, inMDN}

// side is one of the two gateways over all its lives.
type side struct {
	name    string
	nc      nodeConfig
	proxy   *proxy // before it
	child   *child
	keys    []string // of all faxes that it was given
	waiting []string // of them, those that it has not answered for
	killed  time.Time
	kills   map[string]int // by category, and by fault point
	fewest  int            // faxes in flight at a kill
	sending int            // faxes being sent at a kill, over all kills
}

// crash is the whole test.
type crash struct {
	t      *testing.T
	dir    string
	file   string // what is faxed: the same pages each time
	rnd    *rand.Rand
	ledger *ledger
	a, b   *side
	rounds int // that count
	quick  int // that do not: too few faxes were left
}

// TestKilledGatewaysLoseAndRepeatNothing kills both of two gateways that send faxes to each other, again and again, anywhere; what they promise must hold for every single fax. What
// went over the wire is known from a ledger that neither of them can write.
func TestKilledGatewaysLoseAndRepeatNothing(t *testing.T) {
	c := newCrash(t)
	t.Logf("seed %d", crashSeed)
	begun := time.Now()
	for c.rounds < crashRounds {
		if c.quick > crashRounds/2 {
			t.Fatalf("%d rounds had less than %d faxes in flight each way", c.quick, crashInFlight)
		}
		c.round()
	}
	t.Logf("%d rounds in %s", c.rounds, time.Since(begun).Round(time.Second))
	c.settle()
	c.table(os.Stdout)
	c.check()
}

func newCrash(t *testing.T) *crash {
	t.Helper()
	c := &crash{t: t, dir: t.TempDir(), rnd: rand.New(rand.NewPCG(crashSeed, 0))}
	c.file = shortFax(t)
	c.pair()
	return c
}

// pair makes the two sides, each behind its proxy, and the ledger.
func (c *crash) pair() {
	c.t.Helper()
	c.ledger = newLedger(c.t, filepath.Join(c.dir, "ledger.jsonl"))
	c.a, c.b = c.side("a"), c.side("b")
	c.a.nc.Direct = []config.Direct{{To: "@b.test", Host: "127.0.0.1", Port: c.b.proxy.port(), TLS: "off"}}
	c.b.nc.Direct = []config.Direct{{To: "@a.test", Host: "127.0.0.1", Port: c.a.proxy.port(), TLS: "off"}}
}

func (c *crash) side(name string) *side {
	return &side{
		name: name, kills: map[string]int{}, fewest: 1000, proxy: newProxy(c.t, name, c.ledger, c.rnd.Uint64()),
		nc: nodeConfig{
			Dir: filepath.Join(c.dir, name), Address: "fax@" + name + ".test", MaxResolution: "204x98",
			Workers: 6, Grace: time.Second, Monitoring: 5 * time.Second, Wait: 50 * time.Millisecond,
		},
	}
}

func (c *crash) sides() []*side { return []*side{c.a, c.b} }

func (s *side) peer() string {
	if s.name == "a" {
		return "fax@b.test"
	}
	return "fax@a.test"
}

// round is one life of both gateways: start, enough faxes under way, let go, kill, look where it hit.
func (c *crash) round() {
	begun := time.Now()
	c.start()
	for _, s := range c.sides() {
		c.topUp(s)
	}
	first, second, point := c.victims()
	patience := time.Duration(c.rnd.Int64N(int64(450 * time.Millisecond)))
	if point != "" {
		patience = 1500 * time.Millisecond
		first.child.do(nodeCommand{Do: "arm", Fault: point, Hits: 1 + c.rnd.Int32N(3)}, nil)
	}
	c.traffic(true, 80*time.Millisecond)
	c.wait(patience, first.child.dead)
	for _, s := range c.sides() {
		c.submitUnheard(s)
	}
	time.Sleep(time.Duration(c.rnd.Int64N(int64(10 * time.Millisecond))))
	first.kill()
	time.Sleep(time.Duration(c.rnd.Int64N(int64(20 * time.Millisecond))))
	second.kill()
	c.traffic(false, 0)
	c.survey(begun)
}

// wait keeps both supplied with faxes until it is time to kill.
func (c *crash) wait(patience time.Duration, dead <-chan struct{}) {
	for end := time.After(patience); ; {
		select {
		case <-dead:
			return
		case <-end:
			return
		case <-time.After(100 * time.Millisecond):
			for _, s := range c.sides() {
				c.topUp(s)
			}
		}
	}
}

// victims chooses who dies first, and in every third round at which fault point: all points in turn, on each side in turn.
func (c *crash) victims() (first, second *side, point string) {
	other := c.rnd.IntN(2) == 1
	if n := c.rounds / 3; c.rounds%3 == 0 {
		point, other = faultPoints[n%len(faultPoints)], n/len(faultPoints)%2 == 1
	}
	if other {
		return c.b, c.a, point
	}
	return c.a, c.b, point
}

// start starts both side by side.
func (c *crash) start() {
	for _, s := range c.sides() {
		s.child = launch(c.t, s.nc)
	}
	for _, s := range c.sides() {
		s.child.ready()
		s.proxy.behind(s.child.smtp)
	}
}

// topUp hands over faxes until enough wait to be sent; first of all those whose answer the last kill cut off, under their old keys.
func (c *crash) topUp(s *side) {
	waiting := 0
	alive := s.child.do(nodeCommand{Do: "states"}, func(a nodeAnswer) { waiting = a.Tasks["fax queued"] + a.Tasks["fax sending"] })
	if !alive {
		return
	}
	for waiting+len(s.waiting) < 2*crashInFlight {
		s.newFax()
	}
	if len(s.waiting) == 0 {
		return
	}
	s.child.do(nodeCommand{Do: "submit", To: s.peer(), File: c.file, Keys: slices.Clone(s.waiting)}, func(a nodeAnswer) {
		s.waiting = slices.DeleteFunc(s.waiting, func(k string) bool { return k == a.Key })
	})
}

// newFax notes one more fax that is to be handed over.
func (s *side) newFax() {
	key := fmt.Sprintf("%s-%04d", s.name, len(s.keys))
	s.keys, s.waiting = append(s.keys, key), append(s.waiting, key)
}

// submitUnheard hands over one more fax and does not wait for the answer: the kill may come before it, in it or after it. The next life is given the same key again.
func (c *crash) submitUnheard(s *side) {
	if len(s.waiting) == 0 {
		s.newFax()
	}
	_ = s.child.in.Encode(nodeCommand{Do: "submit", To: s.peer(), File: c.file, Keys: s.waiting}) // it may be dead already
}

func (c *crash) traffic(open bool, delay time.Duration) {
	for _, s := range c.sides() {
		s.proxy.slow(delay)
		s.proxy.gate(open)
	}
}

// kill is kill -9, unless it has done that itself.
func (s *side) kill() {
	s.killed = time.Now()
	s.child.kill()
	s.proxy.behind("")
	if s.child.fault.Fault != "" {
		s.killed = s.child.fault.At
	}
}

// survey looks at what the kills left, in copies of the databases: the gateways themselves are to find them as they are.
func (c *crash) survey(begun time.Time) {
	seen := map[*side]*sight{}
	for _, s := range c.sides() {
		seen[s] = c.look(s, begun)
	}
	if min(seen[c.a].flying, seen[c.b].flying) < crashInFlight {
		c.quick++
		return
	}
	c.rounds++
	for s, at := range seen {
		s.fewest, s.sending = min(s.fewest, at.flying), s.sending+at.sending
		for category := range at.hit {
			s.kills[category]++
		}
		if p := s.child.fault.Fault; p != "" {
			s.kills[p]++
		}
	}
}

// sight is what one kill left on one side.
type sight struct {
	flying, sending int // faxes
	hit             map[string]bool
}

// look tells where the kill of one side fell, and how many of its faxes were in flight.
func (c *crash) look(s *side, begun time.Time) *sight {
	copied := c.copyOf(s)
	defer shut(c.t, copied)
	at := &sight{hit: map[string]bool{}}
	err := copied.View(c.t.Context(), func(tx *spool.Tx) error {
		states := []spool.State{gateway.Queued, gateway.Sending, gateway.Accepted, gateway.Delivered, gateway.Uncertain}
		tasks, err := tx.Tasks(spool.TaskFilter{
			Kinds: []spool.Kind{gateway.KindFax, gateway.KindReceipt}, States: states, Window: spool.Window{Limit: -1},
		})
		if err != nil {
			return err
		}
		for _, t := range tasks {
			if err := c.lookAt(tx, s, t, at); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		c.t.Fatal(err)
	}
	cut := c.ledger.filter(func(e entry) bool { return e.What == ledgerCut && e.To == s.name && e.At.After(begun) })
	if len(cut) > 0 {
		at.hit[inReceive] = true
	}
	return at
}

// lookAt tells where the kill hit one mail, if it was being sent.
func (c *crash) lookAt(tx *spool.Tx, s *side, t spool.Task, at *sight) error {
	if t.Kind == gateway.KindFax {
		at.flying++
	}
	if t.State != gateway.Sending {
		return nil
	}
	if t.Kind == gateway.KindFax {
		at.sending++
	}
	messages, err := tx.Messages(t.ID)
	if err != nil || len(messages) == 0 {
		return err
	}
	m := messages[len(messages)-1]
	attempts, err := tx.Attempts(m.ID)
	if err != nil || len(attempts) == 0 || attempts[len(attempts)-1].EndedAt != nil {
		return err
	}
	dot := attempts[len(attempts)-1].DotAt
	switch {
	case t.Kind == gateway.KindReceipt:
		at.hit[inMDN] = true
	case dot == nil:
		at.hit[beforeDot] = true
	case len(c.ledger.filter(func(e entry) bool {
		return e.What == ledgerPassed && e.MessageID == m.MessageID && !e.At.Before(*dot) && e.At.Before(s.killed)
	})) > 0:
		at.hit[replyCommit] = true
	default:
		at.hit[dotToReply] = true
	}
	return nil
}

// copyOf opens a copy of a side's database as the kill left it.
func (c *crash) copyOf(s *side) *spool.Spool {
	dir := filepath.Join(c.dir, "copy-"+s.name)
	if err := os.RemoveAll(dir); err != nil {
		c.t.Fatal(err)
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		c.t.Fatal(err)
	}
	for _, name := range []string{"faxgate.db", "faxgate.db-wal"} {
		c.copyFile(filepath.Join(s.nc.Dir, name), filepath.Join(dir, name))
	}
	return openSpool(c.t, dir)
}

func (c *crash) copyFile(from, to string) {
	in, err := os.Open(from)
	if err != nil {
		c.t.Fatal(err)
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		c.t.Fatal(err)
	}
	defer out.Close()
	if _, err := io.Copy(out, in); err != nil {
		c.t.Fatal(err)
	}
}

func openSpool(t *testing.T, dir string) *spool.Spool {
	t.Helper()
	s, err := spool.Open(t.Context(), spool.Options{DSN: "sqlite:" + filepath.Join(dir, "faxgate.db")})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func shut(t *testing.T, c io.Closer) {
	t.Helper()
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

// settle lets both run on, without kills, until nothing is left to do.
func (c *crash) settle() {
	c.start()
	c.traffic(true, 0)
	for _, s := range c.sides() {
		c.topUp(s)
	}
	last, deadline := "", time.Now().Add(time.Minute)
	for {
		left := c.left()
		if left == "" {
			break
		}
		if left != last {
			last, deadline = left, time.Now().Add(time.Minute)
		}
		if time.Now().After(deadline) {
			c.t.Fatalf("for a minute nothing has moved, and there is still work: %s", left)
		}
		time.Sleep(100 * time.Millisecond)
	}
	for _, s := range c.sides() {
		s.child.finish()
	}
}

// left tells what there is still to do.
func (c *crash) left() string {
	var left []string
	for _, s := range c.sides() {
		s.child.do(nodeCommand{Do: "states"}, func(a nodeAnswer) {
			for _, what := range slices.Sorted(maps.Keys(a.Tasks)) {
				switch _, state, _ := strings.Cut(what, " "); spool.State(state) {
				case gateway.Queued, gateway.Sending, gateway.Accepted, gateway.Delivered, gateway.Uncertain:
					left = append(left, fmt.Sprintf("%s %s: %d", s.name, what, a.Tasks[what]))
				}
			}
		})
	}
	return strings.Join(left, ", ")
}

// table prints where the kills fell. A category that no kill fell into proves nothing, and so fails.
func (c *crash) table(w io.Writer) {
	var out strings.Builder
	line := func(what string, a, b any) { fmt.Fprintf(&out, "%-36s %6v %6v\n", what, a, b) }
	fmt.Fprintf(&out, "seed %d\n", crashSeed)
	line("", "A", "B")
	line("kill -9", c.rounds, c.rounds)
	line("faxes given to it", len(c.a.keys), len(c.b.keys))
	line("fewest in flight at a kill", c.a.fewest, c.b.fewest)
	line("being sent at a kill, on average", c.a.sending/c.rounds, c.b.sending/c.rounds)
	out.WriteString("kills that fell\n")
	for _, k := range categories {
		line("  "+k, c.a.kills[k], c.b.kills[k])
		if c.a.kills[k] == 0 || c.b.kills[k] == 0 {
			c.t.Errorf("no kill of A or of B fell %s", k)
		}
	}
	out.WriteString("of them at a fault point\n")
	for _, k := range faultPoints {
		line("  "+k, c.a.kills[k], c.b.kills[k])
	}
	c.t.Log("\n" + out.String())
	fmt.Fprint(w, out.String())
}
