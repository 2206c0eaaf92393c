package pdf

import (
	"context"
	"errors"
	"time"
)

// Inks is what a page is drawn with.
type Inks byte

// The inks, in the order of what they need.
const (
	Black   Inks = iota // black only, and white
	Greys               // shades of grey
	Colours             // colours that can be seen
)

// inksTimeout is how long a page is looked at.
const inksTimeout = 5 * time.Second

// Inks tells what page i (from 0) is drawn with. A page that cannot be looked at, in the time that there is for it, has
// Greys: when it is rendered, that says why.
func (r *Reader) Inks(ctx context.Context, i int) Inks {
	r.mu.Lock()
	defer r.mu.Unlock()
	if known, ok := r.inks[i]; ok {
		return known
	}
	if r.ensure(ctx) != nil {
		return Greys
	}
	stop := r.proc.watch(ctx, min(inksTimeout, r.opts.PageTimeout))
	f, err := r.proc.ask(frameInks, uints(uint32(i)))
	stop()
	inks := Greys
	switch _, words := errors.AsType[*workerError](err); {
	case err == nil && f.kind == frameInks && len(f.data) == 1:
		inks = min(Inks(f.data[0]), Colours)
	case !words:
		r.stop() // Another worker renders the page.
	}
	if ctx.Err() == nil {
		r.inks[i] = inks
	}
	return inks
}
