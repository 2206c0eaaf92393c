package gateway

import (
	"sync"
	"time"
)

// rates counts what each sender does in the current minute.
type rates struct {
	mu    sync.Mutex
	since time.Time
	seen  map[string]int
}

// allow counts one more of a sender's and tells whether it is within the limit.
func (r *rates) allow(now time.Time, sender string, limit int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.seen == nil || now.Sub(r.since) >= time.Minute {
		r.since, r.seen = now, map[string]int{}
	}
	r.seen[sender]++
	return r.seen[sender] <= limit
}
