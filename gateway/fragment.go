package gateway

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"faxgate/ifax"
	"faxgate/mailio"
	"faxgate/spool"
)

// fragment.go puts messages together that came split (message/partial, RFC 2046 section 5.2.2): each piece is kept like any mail and answered 250, in whatever order and however often
// it comes. With the last one the whole message is read as if it had come at once. What is still missing when the time is over is told, and nothing is thrown away.

// fragment tells a piece that a set can be made of.
func (in incoming) fragment() bool {
	return in.msg.Kind == ifax.KindPartial && in.msg.Partial.Check() == nil
}

// fragmentSet names the set that a piece is of: the sender's id for it means something only together with the sender's domain and the recipient.
func fragmentSet(env mailio.Envelope, rcpt mailio.Rcpt, p *ifax.Partial) string {
	from := env.From[strings.LastIndexByte(env.From, '@')+1:]
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%s\n%s", strings.ToLower(from), peerKey(rcpt.Address), p.ID)
	return hex.EncodeToString(h.Sum(nil))
}

// inSet tells whether a received mail is, or was, a piece of a set.
func inSet(rec spool.Received) bool { return strings.HasPrefix(rec.DedupKey, pieceKey) }

// maxSplits is how often a message may have been split, one splitting inside the other (RFC 2046 section 5.2.2 allows it).
const maxSplits = 3

// bodyHash is the hash of a message without its header, which differs with each way that a repeat takes.
func (g *Gateway) bodyHash(ctx context.Context, raw spool.Hash) (string, error) {
	b, err := g.blobs.Open(ctx, raw)
	if err != nil {
		return "", fmt.Errorf("open the kept message: %w", err)
	}
	defer b.Close()
	br := bufio.NewReader(b)
	for {
		line, err := br.ReadSlice('\n')
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) || err == nil && len(bytes.TrimSpace(line)) == 0 {
			break
		}
	}
	h := sha256.New()
	if _, err := io.Copy(h, br); err != nil {
		return "", fmt.Errorf("read the kept message: %w", err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// openSet finds the set that a piece goes to. A sender that uses an id again for another message, as machines do that count from 1 after each start, begins a new set.
func (g *Gateway) openSet(tx *spool.Tx, base string, p *ifax.Partial, body string) (string, error) {
	set := base
	for n := 1; ; n++ {
		there, err := tx.Fragments(set)
		if err != nil || len(there) == 0 {
			return set, err
		}
		first, err := tx.Received(there[0].Received)
		if err != nil || first.State != Joined {
			return set, err
		}
		next := base + "#" + strconv.Itoa(n)
		later, err := tx.Fragments(next)
		if err != nil {
			return set, err
		}
		if len(later) == 0 {
			_, err := tx.ReceivedByDedupKey(fragmentKey(set, p, body))
			if err == nil || !errors.Is(err, spool.ErrNotFound) {
				return set, err // a repeat of what has been put together
			}
		}
		set = next
	}
}

// pieceKey begins the keys of pieces.
const pieceKey = "piece:"

// fragmentKey recognises the repeat of a piece, whatever way it came.
func fragmentKey(set string, p *ifax.Partial, body string) string {
	return fmt.Sprintf(pieceKey+"%s:%d:%s", set, p.Number, body)
}

// fragments is a set as far as it has come.
type fragments struct {
	list  []spool.Fragment
	recs  []spool.Received // in the same order
	total int              // 0: not told yet
	wrong string           // why it never can be put together
}

// whole: all pieces are here.
func (f fragments) whole() bool { return f.wrong == "" && f.total > 0 && len(f.list) == f.total }

// String is "3 of 7 pieces".
func (f fragments) String() string {
	if f.total == 0 {
		return fmt.Sprintf("%d of an unknown number of pieces", len(f.list))
	}
	return fmt.Sprintf("%d of %d pieces", len(f.list), f.total)
}

// missing lists the numbers that have not come.
func (f fragments) missing() string {
	last := f.total
	if last == 0 {
		last = f.list[len(f.list)-1].Number + 1
	}
	var words []string
	for n := 1; n <= last && len(words) < 20; n++ {
		if !slices.ContainsFunc(f.list, func(p spool.Fragment) bool { return p.Number == n }) {
			words = append(words, strconv.Itoa(n))
		}
	}
	return strings.Join(words, ", ")
}

// fragmentsOf reads the set that a received piece belongs to; an empty one where another piece took its place.
func (g *Gateway) fragmentsOf(tx *spool.Tx, id spool.ID) (fragments, error) {
	var f fragments
	one, err := tx.FragmentOf(id)
	if errors.Is(err, spool.ErrNotFound) {
		return f, nil
	}
	if err != nil {
		return f, err
	}
	if f.list, err = tx.Fragments(one.Set); err != nil {
		return f, err
	}
	var size int64
	for _, p := range f.list {
		rec, err := tx.Received(p.Received)
		if err != nil {
			return f, err
		}
		f.recs = append(f.recs, rec)
		size += rec.Size
		if p.Total != 0 && f.total != 0 && p.Total != f.total {
			f.wrong = fmt.Sprintf("one piece says that there are %d, another says %d", f.total, p.Total)
		}
		f.total = cmp.Or(p.Total, f.total)
	}
	if last := f.list[len(f.list)-1].Number; f.total != 0 && last > f.total {
		f.wrong = fmt.Sprintf("there is a piece %d of %d", last, f.total)
	}
	if limit := max(int64(g.cfg.Listen.MaxSize), int64(g.cfg.Limits.Document)*3/2); size > limit {
		f.wrong = fmt.Sprintf("the pieces are larger than the limit of %d MB", limit>>20)
	}
	return f, nil
}

// gather is the intake of a piece: the last one to come finds the set whole and joins it, the others wait for it.
func (g *Gateway) gather(ctx context.Context, l *spool.Lease, rec spool.Received) error {
	var set fragments
	err := g.spool.View(ctx, func(tx *spool.Tx) (err error) {
		set, err = g.fragmentsOf(tx, rec.ID)
		return err
	})
	if err != nil {
		return err
	}
	if !set.whole() {
		return l.Update(ctx, func(tx *spool.Tx) error { return g.await(tx, l, rec) })
	}
	raw, size, err := g.join(ctx, set)
	if fault, ok := errors.AsType[*unsendableError](err); ok { // no time and no try makes a message of them
		return l.Update(ctx, func(tx *spool.Tx) error { return g.lost(tx, rec, set, fault.Error()) })
	}
	if err != nil {
		return err
	}
	in, err := g.examine(ctx, raw)
	if err != nil {
		return err
	}
	return l.Update(ctx, func(tx *spool.Tx) error { return g.joined(tx, l, rec, raw, size, in) })
}

// join writes the message that the pieces make into the store.
func (g *Gateway) join(ctx context.Context, set fragments) (raw spool.Hash, size int64, err error) {
	var readers []io.Reader
	for _, rec := range set.recs {
		b, err := g.blobs.Open(ctx, rec.Blob)
		if err != nil {
			return "", 0, fmt.Errorf("open the kept piece: %w", err)
		}
		defer b.Close()
		readers = append(readers, b)
	}
	var m spool.Message
	if err := g.storeComposed(ctx, &m, func(w io.Writer) error { return ifax.Join(w, readers...) }); err != nil {
		return "", 0, fmt.Errorf("put a split message together: %w", err)
	}
	return m.Blob, m.Size, nil
}

// joined keeps the whole message and ends its pieces, in one transaction; a second worker that was at it too finds them ended.
func (g *Gateway) joined(tx *spool.Tx, l *spool.Lease, rec spool.Received, raw spool.Hash, size int64, in incoming) error {
	set, err := g.fragmentsOf(tx, rec.ID)
	if err != nil {
		return err
	}
	if !set.whole() || set.recs[0].State == Joined {
		return g.await(tx, l, rec)
	}
	id, err := g.keepJoined(tx, set.recs[0], raw, size, in)
	if err != nil {
		return err
	}
	for _, piece := range set.recs {
		if err := g.owe(tx, piece, Read, 0, ""); err != nil { // a delivery report for each envelope, a receipt for none (RFC 8098 section 2.4)
			return err
		}
		if err := g.endFragment(tx, piece, Joined, "", fmt.Sprintf("put together with the others: the whole message is %s", id)); err != nil {
			return err
		}
	}
	return nil
}

// keepJoined adds the whole message as one that came where its first piece did.
func (g *Gateway) keepJoined(tx *spool.Tx, first spool.Received, raw spool.Hash, size int64, in incoming) (spool.ID, error) {
	env := mailio.Envelope{From: first.EnvelopeFrom, To: first.EnvelopeTo, Source: first.Source}
	rcpt := mailio.Rcpt{Address: first.EnvelopeTo}
	if in.robot() {
		in.msg.Kind = robotKind
	}
	was := readAttrs(first)
	a := g.attrs(env, rcpt, in)
	a.SMTP, a.Peer, a.SubAddress, a.Hops, a.Splits = was.SMTP, was.Peer, was.SubAddress, max(a.Hops, was.Hops), was.Splits+1
	a.Rcpt.Notify = "NEVER" // the envelopes of the pieces asked for delivery reports
	if !a.SMTP {
		a.Request = in.msg.Request()
	}
	rec := spool.Received{
		Blob: raw, Size: size, EnvelopeFrom: first.EnvelopeFrom, EnvelopeTo: first.EnvelopeTo, Source: first.Source, State: Kept, Kind: in.msg.Kind,
		From: in.msg.From.Address, Subject: in.msg.Subject, MessageID: in.msg.MessageID, DedupKey: dedupKey(env, rcpt, raw, in), Attrs: marshal(a),
	}
	var set string
	var err error
	if p := in.msg.Partial; in.fragment() && a.Splits < maxSplits {
		if set, err = g.openSet(tx, fragmentSet(env, rcpt, p), p, in.body); err != nil {
			return "", err
		}
		rec.DedupKey = fragmentKey(set, p, in.body)
	}
	id, err := tx.AddReceived(rec)
	if dup, ok := errors.AsType[*spool.DuplicateError](err); ok {
		return dup.ID, g.suppress(tx, mailio.Envelope{Source: env.Source}, rec, dup.ID)
	}
	if err != nil {
		return "", err
	}
	if p := in.msg.Partial; set != "" {
		if err := tx.PutFragment(spool.Fragment{Set: set, Number: p.Number, Total: p.Total, Received: id}); err != nil {
			return "", err
		}
	}
	return id, g.addParts(tx, rec, id, in)
}

// await leaves a piece waiting for the others, or ends the waiting: when the time of the first one is over, and at once where the pieces do not fit together.
func (g *Gateway) await(tx *spool.Tx, l *spool.Lease, rec spool.Received) error {
	rec, err := tx.Received(rec.ID)
	if err != nil {
		return err
	}
	set, err := g.fragmentsOf(tx, rec.ID)
	switch {
	case err != nil:
		return err
	case rec.State == Joined:
		return tx.SetTask(l.Task.ID, spool.TaskChange{State: Done, NoDue: true, Release: true})
	case len(set.list) == 0:
		return g.endFragment(tx, rec, Joined, "", "another piece with the same number took its place")
	case set.whole(): // the last one has come meanwhile
		now := tx.Now()
		return tx.SetTask(l.Task.ID, spool.TaskChange{Due: now, Release: true})
	}
	words := set.wrong
	deadline := rec.ReceivedAt.Add(g.cfg.Limits.FragmentTime.D())
	if words == "" && tx.Now().Before(deadline) {
		return g.wait(tx, l, rec, set)
	}
	if words == "" {
		words = fmt.Sprintf("only %s of a split message came within %s; missing: %s", set, g.cfg.Limits.FragmentTime.D(), set.missing())
	}
	return g.lost(tx, rec, set, words)
}

// wait notes, once, that the piece waits, and comes back when the time is over.
func (g *Gateway) wait(tx *spool.Tx, l *spool.Lease, rec spool.Received, set fragments) error {
	deadline := rec.ReceivedAt.Add(g.cfg.Limits.FragmentTime.D())
	if rec.State != Waiting {
		rec.State = Waiting
		if err := tx.SetReceived(rec); err != nil {
			return err
		}
		words := fmt.Sprintf("a piece of a split message: %s are here, the others are waited for until %s", set, stamp(deadline))
		if _, err := tx.AddEvent(spool.Event{Received: rec.ID, Kind: "read", Words: words}); err != nil {
			return err
		}
	}
	return tx.SetTask(l.Task.ID, spool.TaskChange{State: Queued, Due: deadline, Release: true})
}

// lost gives a set up: one alarm and one answer to the sender for all of it. The pieces stay, and one that comes late still makes the message whole.
func (g *Gateway) lost(tx *spool.Tx, rec spool.Received, set fragments, words string) error {
	told := slices.ContainsFunc(set.recs, func(r spool.Received) bool { return r.State == Unreadable })
	if told {
		return g.endFragment(tx, rec, Waiting, words, words)
	}
	if err := g.owe(tx, rec, Unreadable, 0, words); err != nil {
		return err
	}
	if err := g.tellAdministrator(tx, spool.Task{Received: rec.ID, Recipient: rec.EnvelopeTo, Kind: KindIntake}, Unreadable, words); err != nil {
		return err
	}
	for _, piece := range set.recs {
		state := Waiting
		if piece.ID == rec.ID {
			state = Unreadable
		}
		if err := g.endFragment(tx, piece, state, words, words); err != nil {
			return err
		}
	}
	return nil
}

// endFragment ends the intake of a piece.
func (g *Gateway) endFragment(tx *spool.Tx, rec spool.Received, s spool.State, trouble, words string) error {
	rec.State, rec.Error = s, trouble
	if err := tx.SetReceived(rec); err != nil {
		return err
	}
	if _, err := tx.AddEvent(spool.Event{Received: rec.ID, Kind: "read", Words: words}); err != nil {
		return err
	}
	tasks, err := tx.Tasks(spool.TaskFilter{Received: rec.ID, Kinds: []spool.Kind{KindIntake}})
	if err != nil {
		return err
	}
	for _, t := range tasks {
		if err := tx.SetTask(t.ID, spool.TaskChange{State: Done, NoDue: true, Release: true}); err != nil {
			return err
		}
	}
	return nil
}
