package config

import "time"

// OffPeak is when faxes go that are in no hurry. Without from and to there is no such time, unless the weekend is.
type OffPeak struct {
	From    string `toml:"from" comment:"faxes sent off-peak wait for this time of the day, such as \"20:00\"; empty: off"`
	To      string `toml:"to" comment:"... until this one, such as \"06:00\": of the next day, if it is earlier than from"`
	Weekend bool   `toml:"weekend" comment:"all of Saturday and Sunday as well"`
}

// On tells whether there is an off-peak time at all.
func (o OffPeak) On() bool { return o.From != "" || o.Weekend }

func (o OffPeak) check(p *problems) {
	p.wants((o.From == "") == (o.To == ""), "off_peak.to", "from and to together")
	for key, v := range map[string]string{"off_peak.from": o.From, "off_peak.to": o.To} {
		_, err := minutes(v)
		p.wants(err == nil || v == "", key, "a time of the day such as 20:00, not %q", v)
	}
	p.wants(o.From == "" || o.From != o.To, "off_peak.to", "another time than off_peak.from")
}

// Next is the first moment at or after t that is off-peak, by the clocks of t's own place; t itself if it is, or if there is no off-peak time.
func (o OffPeak) Next(t time.Time) time.Time {
	if !o.On() {
		return t
	}
	var next time.Time
	for day := -1; day <= 7; day++ { // yesterday's night may still last; every week has a weekend
		for _, w := range o.of(t.AddDate(0, 0, day)) {
			switch {
			case !w.end.After(t):
			case !w.start.After(t):
				return t
			case next.IsZero() || w.start.Before(next):
				next = w.start
			}
		}
	}
	return next
}

// window is a time that is off-peak: from start until just before end.
type window struct{ start, end time.Time }

// of gives what begins on the day of d.
func (o OffPeak) of(d time.Time) (list []window) {
	if from, err := minutes(o.From); err == nil {
		to, _ := minutes(o.To)
		if to <= from {
			to += dayMinutes
		}
		list = append(list, window{clock(d, from), clock(d, to)})
	}
	if wd := d.Weekday(); o.Weekend && (wd == time.Saturday || wd == time.Sunday) {
		list = append(list, window{clock(d, 0), clock(d, dayMinutes)})
	}
	return list
}

const dayMinutes = 24 * 60

// clock is the moment at which the clocks show so many minutes since the midnight that d's day begins with. Where they are put forward over it, it is the moment of doing so.
func clock(d time.Time, m int) time.Time {
	t := time.Date(d.Year(), d.Month(), d.Day(), 0, m, 0, 0, d.Location())
	want, got := m%dayMinutes, t.Hour()*60+t.Minute()
	if got == want {
		return t
	}
	start, end := t.ZoneBounds()
	if t.Add(-time.Duration(got-want) * time.Minute).Before(start) { // t is past the change, and shows more than was wanted
		return start
	}
	return end
}
