package main

import (
	"strings"
	"testing"
	"time"
)

func TestZone(t *testing.T) {
	was := time.Local
	defer func() { time.Local = was }()
	noon := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	for _, tt := range []struct{ tz, want string }{
		{"Asia/Tokyo", "21:00"},
		{":Europe/Berlin", "14:00"},
		{"UTC", "12:00"},
	} {
		if err := useZone(tt.tz); err != nil {
			t.Errorf("%s: %v", tt.tz, err)
		}
		if got := noon.Local().Format("15:04"); got != tt.want {
			t.Errorf("%s: noon is shown as %s, want %s", tt.tz, got, tt.want)
		}
	}
	for _, kept := range []string{"", "/etc/localtime"} {
		if err := useZone(kept); err != nil || time.Local.String() != "UTC" {
			t.Errorf("%q changed the zone to %v (%v)", kept, time.Local, err)
		}
	}
	if err := useZone("Mars/Olympus"); err == nil || !strings.Contains(err.Error(), "Mars/Olympus") {
		t.Errorf("an unknown zone: %v", err)
	}
}
