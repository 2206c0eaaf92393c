package gateway

import (
	"context"
	"fmt"
	"sync"
	"time"

	"faxgate/spool"
)

// refusalsPerMinute is how many refused recipients get a journal line of their own; beyond it they are counted, so that a spammer cannot fill the journal.
const refusalsPerMinute = 60

// refusals journals refused recipients.
type refusals struct {
	mu    sync.Mutex
	since time.Time
	count int
}

func (r *refusals) note(ctx context.Context, g *Gateway, words string) {
	r.mu.Lock()
	more := 0
	if now := g.now(); now.Sub(r.since) > time.Minute {
		more = max(0, r.count-refusalsPerMinute)
		r.since, r.count = now, 0
	}
	r.count++
	write := r.count <= refusalsPerMinute
	r.mu.Unlock()
	if more > 0 {
		g.journal(ctx, spool.Event{Kind: "refused", Words: fmt.Sprintf("%d more recipients were refused in that minute", more)})
	}
	if write {
		g.journal(ctx, spool.Event{Kind: "refused", Words: words})
	}
}
