package gateway

import "fmt"

// roomOnDisk is nil while there is room for more: below the limit nothing is taken and nothing is fetched, so that what is here can still be finished.
func (g *Gateway) roomOnDisk() error {
	free, err := freeBytes(g.cfg.Data)
	if err != nil {
		return fmt.Errorf("look at the disk: %w", err)
	}
	low := free < int64(g.cfg.Limits.FreeDisk)
	g.mu.Lock()
	changed := g.lowDisk != low
	g.lowDisk = low
	g.mu.Unlock()
	if changed {
		g.log.Warn("room on the disk", "low", low, "freeMB", free>>20, "limitMB", int64(g.cfg.Limits.FreeDisk)>>20)
	}
	if low {
		return fmt.Errorf("%w: %d MB free, below the limit of %d MB (limits.free_disk); make room, then everything goes on by itself", ErrLowDisk, free>>20, int64(g.cfg.Limits.FreeDisk)>>20)
	}
	return nil
}

// FreeDisk is the room left where the data lie, in bytes.
func (g *Gateway) FreeDisk() (int64, error) { return freeBytes(g.cfg.Data) }
