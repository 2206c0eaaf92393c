package mailio

import (
	"errors"
	"io"
	"testing"
	"time"
)

func TestPause(t *testing.T) {
	now := time.Now()
	box := Mailbox{Interval: 15 * time.Minute, Now: func() time.Time { return now }}.WithDefaults(1, 2)
	wrong := errors.New("wrong password")
	refused := func(err error) bool { return errors.Is(err, wrong) }
	for _, c := range []struct {
		failures int
		due      time.Time
		err      error
		want     time.Duration
	}{
		{0, time.Time{}, nil, 15 * time.Minute},
		{0, now.Add(time.Second), nil, time.Second},
		{0, now.Add(-time.Second), nil, 0},
		{0, now.Add(time.Hour), nil, 15 * time.Minute},
		{1, now, io.EOF, time.Minute},
		{3, time.Time{}, io.EOF, 4 * time.Minute},
		{1000, time.Time{}, io.EOF, 15 * time.Minute},
		{1, time.Time{}, wrong, 15 * time.Minute},
	} {
		r := NewRounds(&box)
		r.failures = c.failures
		if got := r.pause(c.due, c.err, refused); got != c.want {
			t.Errorf("after %d × %v, due %v: %v, want %v", c.failures, c.err, c.due.Sub(now), got, c.want)
		}
	}
}
