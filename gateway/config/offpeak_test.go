package config_test

import (
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"faxgate/gateway/config"
)

func TestOffPeakNext(t *testing.T) {
	night := config.OffPeak{From: "20:00", To: "06:00"}
	noon := config.OffPeak{From: "12:00", To: "13:00"}
	weekend := config.OffPeak{From: "20:00", To: "06:00", Weekend: true}
	only := config.OffPeak{Weekend: true}
	small := config.OffPeak{From: "02:30", To: "04:00"}
	for _, tt := range []struct {
		name         string
		o            config.OffPeak
		at, want     string // as the clocks show it
		wantUTC      string
		wantTheSame  bool
		locationName string
	}{
		{name: "by day it waits for the evening", o: night, at: "2026-03-03 10:15", want: "2026-03-03 20:00"},
		{name: "just before", o: night, at: "2026-03-03 19:59", want: "2026-03-03 20:00"},
		{name: "the first minute", o: night, at: "2026-03-03 20:00", wantTheSame: true},
		{name: "before midnight", o: night, at: "2026-03-03 23:59", wantTheSame: true},
		{name: "after midnight", o: night, at: "2026-03-04 00:00", wantTheSame: true},
		{name: "the last minute", o: night, at: "2026-03-04 05:59", wantTheSame: true},
		{name: "the end is outside", o: night, at: "2026-03-04 06:00", want: "2026-03-04 20:00"},
		{name: "not over midnight", o: noon, at: "2026-03-03 13:00", want: "2026-03-04 12:00"},
		{name: "not over midnight, inside", o: noon, at: "2026-03-03 12:30", wantTheSame: true},
		{name: "Saturday counts", o: weekend, at: "2026-03-07 12:00", wantTheSame: true},
		{name: "Sunday counts", o: weekend, at: "2026-03-08 23:59", wantTheSame: true},
		{name: "and Monday's first hours are the night", o: weekend, at: "2026-03-09 05:00", wantTheSame: true},
		{name: "Friday waits for its evening", o: weekend, at: "2026-03-06 12:00", want: "2026-03-06 20:00"},
		{name: "the weekend alone", o: only, at: "2026-03-03 12:00", want: "2026-03-07 00:00"},
		{name: "the weekend alone ends", o: only, at: "2026-03-09 00:00", want: "2026-03-14 00:00"},
		{name: "none is set", at: "2026-03-03 12:00", wantTheSame: true},
		{name: "the clocks go forward over the beginning", o: small, at: "2026-03-29 01:10", want: "2026-03-29 03:00", wantUTC: "2026-03-29 01:00"},
		{name: "the night in which they go forward", o: night, at: "2026-03-29 05:59", wantTheSame: true},
		{name: "and its end", o: night, at: "2026-03-29 06:00", want: "2026-03-29 20:00", wantUTC: "2026-03-29 18:00"},
		{name: "the evening before they go back", o: night, at: "2026-10-24 12:00", want: "2026-10-24 20:00", wantUTC: "2026-10-24 18:00"},
		{name: "the evening after they went back", o: night, at: "2026-10-25 12:00", want: "2026-10-25 20:00", wantUTC: "2026-10-25 19:00"},
		{name: "west of Greenwich", o: small, at: "2026-03-08 01:10", want: "2026-03-08 03:00", wantUTC: "2026-03-08 07:00", locationName: "America/New_York"},
		{name: "a day without a midnight", o: only, at: "2026-09-05 12:00", wantTheSame: true, locationName: "America/Santiago"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			checkNext(t, tt.o, tt.locationName, tt.at, tt.want, tt.wantUTC, tt.wantTheSame)
		})
	}
}

func checkNext(t *testing.T, o config.OffPeak, place, at, want, wantUTC string, same bool) {
	t.Helper()
	const layout = "2006-01-02 15:04"
	if place == "" {
		place = "Europe/Berlin"
	}
	loc, err := time.LoadLocation(place)
	if err != nil {
		t.Fatal(err)
	}
	from, err := time.ParseInLocation(layout, at, loc)
	if err != nil {
		t.Fatal(err)
	}
	if same {
		want = at
	}
	got := o.Next(from)
	if got.Format(layout) != want || got.Before(from) {
		t.Errorf("from %v: %v, want %s", from, got, want)
	}
	if wantUTC != "" && got.UTC().Format(layout) != wantUTC {
		t.Errorf("from %v: %v, want %s UTC", from, got.UTC(), wantUTC)
	}
}

func TestOffPeakSaysWhatIsWrong(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"no end", "[off_peak]\nfrom = \"20:00\"", "off_peak.to: give from and to together"},
		{"no time", "[off_peak]\nfrom = \"8 pm\"\nto = \"06:00\"", "off_peak.from: give a time of the day such as 20:00, not \"8 pm\""},
		{"past midnight", "[off_peak]\nfrom = \"20:00\"\nto = \"24:30\"", "off_peak.to"},
		{"nothing in between", "[off_peak]\nfrom = \"20:00\"\nto = \"20:00\"", "another time than off_peak.from"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := config.Read(write(t, tt.text))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q in it", err, tt.want)
			}
		})
	}
	c, err := config.Read(write(t, "[off_peak]\nfrom = \"20:00\"\nto = \"06:00\"\nweekend = true\n"))
	if want := (config.OffPeak{From: "20:00", To: "06:00", Weekend: true}); err != nil || c.OffPeak != want {
		t.Errorf("%+v, %v, want %+v", c.OffPeak, err, want)
	}
}
