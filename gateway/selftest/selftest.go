// Package selftest plays office machines against a gateway of its own: for each vendor a script sends, takes, answers, refuses and splits Internet faxes (ITU-T T.37, RFC 3965) as that
// vendor's manuals say, over real sockets, and reports line by line what the gateway made of it.
//
// A script is data and a little code in a file of its own. Each of its lines cites where the machine's behaviour is documented; what no manual says, such as the exact octets of a header,
// is marked as an assumption, in the script and in the report. The machines' SMTP dialogue, their mails and their TIFF layouts are written here from scratch, so that the gateway does not
// talk to itself.
package selftest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"faxgate/gateway"
)

// defaultPatience is that of Options: a machine of which all is busy needs it.
const defaultPatience = time.Minute

// together is how many vendors are played at a time: most of a script is waiting.
const together = 4

// Options say what is run.
type Options struct {
	Vendors  []string               // names as Names gives them; empty: all
	Dir      string                 // where the gateways keep their data meanwhile; empty: a new temporary directory, removed at the end
	Patience time.Duration          // how long one behaviour may take before it has failed; 0: a minute
	Log      *slog.Logger           // of the gateways; nil: none
	Progress func(Progress)         // is told of each behaviour as it ends, one at a time; nil: nobody
	Alter    func(*gateway.Options) // changes what each gateway is made of, to see the self-test fail; nil: nothing
}

// Progress is one behaviour that has just ended.
type Progress struct {
	Vendor      string
	Done, Total int // behaviours of the vendor
	Behaviour   Behaviour
}

// Report is the outcome of a run.
type Report struct {
	OK      bool           `json:"ok"`
	Seconds float64        `json:"seconds"`
	Vendors []VendorReport `json:"vendors"`
}

// VendorReport is the outcome of one vendor's script.
type VendorReport struct {
	Vendor     string      `json:"vendor"`
	Title      string      `json:"title"`
	OK         bool        `json:"ok"`
	Behaviours []Behaviour `json:"behaviours"`
}

// Behaviour is one line of the report: what the machine does, and whether the gateway dealt with it as it should.
type Behaviour struct {
	Kind     Kind     `json:"kind"`
	Words    string   `json:"words"`
	OK       bool     `json:"ok"`
	Expected string   `json:"expected,omitempty"` // where it failed
	Happened string   `json:"happened,omitempty"`
	Sources  []string `json:"sources,omitempty"` // where the machine's behaviour is documented
	Assumed  string   `json:"assumed,omitempty"` // what of it no manual says
	Seconds  float64  `json:"seconds"`
}

// Kind says what the machine does in a behaviour.
type Kind string

// The kinds, in the order of a script.
const (
	Sends   Kind = "sends"
	Accepts Kind = "accepts"
	Answers Kind = "answers"
	Refuses Kind = "refuses"
	Splits  Kind = "splits"
)

// UnknownVendorError names a vendor that there is no script for.
type UnknownVendorError struct{ Vendor string }

// Error names those that there are.
func (e *UnknownVendorError) Error() string {
	return fmt.Sprintf("there is no script for %q: choose from %s", e.Vendor, strings.Join(Names(), ", "))
}

// vendors are the scripts, in the order of the report.
func vendors() []vendor {
	return []vendor{ricoh(), konicaMinolta(), xerox(), sharp(), panasonic(), brother(), cisco()}
}

// Names lists the vendors that there are scripts for.
func Names() []string {
	var names []string
	for _, v := range vendors() {
		names = append(names, v.name)
	}
	return names
}

// Scripts lists what is played for each vendor, with where it is documented; nothing of it has been played.
func Scripts() []VendorReport {
	var list []VendorReport
	for _, v := range vendors() {
		r := VendorReport{Vendor: v.name, Title: v.title}
		for _, s := range v.script {
			r.Behaviours = append(r.Behaviours, Behaviour{Kind: s.kind, Words: s.words, Sources: s.sources, Assumed: s.assumed})
		}
		list = append(list, r)
	}
	return list
}

// Run plays the vendors' scripts, each against a gateway of its own on loopback. The error is for a run that could not be made; what the gateway did wrong stands in the report.
func Run(ctx context.Context, o Options) (Report, error) {
	start := time.Now()
	list, err := chosen(o.Vendors)
	if err != nil {
		return Report{}, err
	}
	if o.Dir == "" {
		if o.Dir, err = os.MkdirTemp("", "faxgate-selftest-*"); err != nil {
			return Report{}, fmt.Errorf("make a directory for the self-test: %w", err)
		}
		defer os.RemoveAll(o.Dir)
	}
	if o.Patience == 0 {
		o.Patience = defaultPatience
	}
	o.Progress = oneAtATime(o.Progress)
	r := Report{OK: true, Vendors: make([]VendorReport, len(list))}
	group, run := errgroup.WithContext(ctx)
	group.SetLimit(together)
	for i, v := range list {
		group.Go(func() (err error) {
			r.Vendors[i], err = play(run, v, filepath.Join(o.Dir, v.name), o)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return Report{}, err
	}
	for _, v := range r.Vendors {
		r.OK = r.OK && v.OK
	}
	r.Seconds = time.Since(start).Seconds()
	return r, ctx.Err()
}

// oneAtATime lets those who are told of progress print without a lock of their own.
func oneAtATime(tell func(Progress)) func(Progress) {
	var mu sync.Mutex
	return func(p Progress) {
		if tell == nil {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		tell(p)
	}
}

// chosen finds the scripts by name, in the order of the report.
func chosen(names []string) ([]vendor, error) {
	all := vendors()
	for _, n := range names {
		if !slices.Contains(Names(), strings.ToLower(n)) {
			return nil, &UnknownVendorError{n}
		}
	}
	if len(names) == 0 {
		return all, nil
	}
	return slices.DeleteFunc(all, func(v vendor) bool {
		return !slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, v.name) })
	}), nil
}

// play runs one vendor's script from the top to the bottom. A behaviour that fails is reported, and the next one is tried.
func play(ctx context.Context, v vendor, dir string, o Options) (r VendorReport, err error) {
	r = VendorReport{Vendor: v.name, Title: v.title, OK: true}
	b, err := newBench(ctx, v, dir, o)
	if err != nil {
		return r, fmt.Errorf("start the gateway that %s is played against: %w", v.name, err)
	}
	defer func() { err = errors.Join(err, b.close()) }()
	for _, s := range v.script {
		line := b.perform(ctx, s, o.Patience)
		if ctx.Err() != nil {
			return r, ctx.Err()
		}
		r.OK = r.OK && line.OK
		r.Behaviours = append(r.Behaviours, line)
		o.Progress(Progress{v.name, len(r.Behaviours), len(v.script), line})
	}
	return r, nil
}

// perform plays one behaviour within its time, with a machine that does what it does on a good day.
func (b *bench) perform(ctx context.Context, s step, patience time.Duration) Behaviour {
	start := time.Now()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	b.machine.ordinary()
	err := s.play(ctx, b)
	line := Behaviour{Kind: s.kind, Words: s.words, OK: err == nil, Sources: s.sources, Assumed: s.assumed, Seconds: time.Since(start).Seconds()}
	if err == nil {
		return line
	}
	line.Expected, line.Happened = s.words, err.Error()
	if m, ok := errors.AsType[*mismatch](err); ok {
		line.Expected, line.Happened = m.want, m.got
	}
	if refused := b.refused(); refused != "" {
		line.Happened += "; the gateway refused the machine's answer: " + refused
	}
	return line
}
