package gateway_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// clockTicks is the unit of /proc/<pid>/stat, the same on all of Linux's machines (proc_pid_stat(5): sysconf(_SC_CLK_TCK)).
const clockTicks = 100

// cost is what a process has used.
type cost struct {
	cpu    time.Duration // of the process itself, without its children
	memory int64         // peak of the resident set since the last reset, in bytes
}

// used asks the kernel.
func (s *served) used() cost {
	s.t.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.pid))
	if err != nil {
		s.t.Fatalf("the gateway is gone: %v", err)
	}
	_, after, _ := strings.Cut(string(stat), ") ")
	fields := strings.Fields(after)
	ticks := 0
	for _, f := range fields[11:13] { // utime and stime
		n, err := strconv.Atoi(f)
		if err != nil {
			s.t.Fatal(err)
		}
		ticks += n
	}
	return cost{time.Duration(ticks) * time.Second / clockTicks, status(s.pid, "VmHWM")}
}

// measure runs do and gives what it cost the gateway.
func (s *served) measure(do func()) cost {
	s.t.Helper()
	// 5 resets the peak (proc_pid_clear_refs(5)).
	if err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", s.pid), []byte("5"), 0); err != nil {
		s.t.Fatal(err)
	}
	before := s.used()
	do()
	after := s.used()
	after.cpu -= before.cpu
	return after
}

// status reads a size from /proc/<pid>/status; 0 when the process has ended.
func status(pid int, name string) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(text), name+":")
	line, _, _ := strings.Cut(after, " kB")
	n, _ := strconv.ParseInt(strings.TrimSpace(line), 10, 64)
	return n << 10
}

// children watches the processes that a process starts.
type children struct {
	mu   sync.Mutex
	seen map[int]*worked
	live int // at the last look
}

// worked is one such process as it was last seen.
type worked struct {
	from, to   time.Time
	peak, data int64  // VmHWM and VmData, whose limit is RLIMIT_DATA
	limit      string // RLIMIT_DATA
}

// watchChildren looks every few milliseconds until the test ends.
func watchChildren(t *testing.T, pid int) *children {
	c := &children{seen: map[int]*worked{}}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			case <-time.After(10 * time.Millisecond):
				c.look(pid)
			}
		}
	}()
	t.Cleanup(func() { close(stop); <-stopped })
	return c
}

func (c *children) look(pid int) {
	lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	live := 0
	for _, list := range lists {
		text, _ := os.ReadFile(list)
		for word := range strings.FieldsSeq(string(text)) {
			if child, err := strconv.Atoi(word); err == nil {
				live++
				c.note(child)
			}
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.live = live
}

// resting tells whether there has been a process and none is left.
func (c *children) resting() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.seen) > 0 && c.live == 0
}

func (c *children) note(pid int) {
	peak := status(pid, "VmHWM")
	if peak == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	w := c.seen[pid]
	if w == nil {
		w = &worked{from: time.Now()}
		c.seen[pid] = w
	}
	w.to, w.peak, w.data = time.Now(), max(w.peak, peak), max(w.data, status(pid, "VmData"))
	limits, _ := os.ReadFile(fmt.Sprintf("/proc/%d/limits", pid))
	if _, after, ok := strings.Cut(string(limits), "Max data size"); ok {
		w.limit, _, _ = strings.Cut(strings.TrimSpace(after), " ")
	}
}

// since gives the processes that were seen after that time.
func (c *children) since(t time.Time) (list []worked) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, w := range c.seen {
		if w.from.After(t) {
			list = append(list, *w)
		}
	}
	return list
}
