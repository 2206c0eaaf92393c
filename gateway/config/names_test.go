package config

import (
	"strings"
	"testing"
)

// Twenty names and more, each of up to thirty characters (settings.md D8 to D13).
func TestSenderNames(t *testing.T) {
	f := Default().Fax
	f.Name = "Zentrale"
	for range 25 {
		f.Names = append(f.Names, "")
	}
	f.Names[0], f.Names[6], f.Names[24] = "Büro", "Einkauf", strings.Repeat("ä", 30)
	f.DefaultName = 7
	for choice, want := range map[string]string{"": "Einkauf", "0": "Zentrale", "1": "Büro", "25": strings.Repeat("ä", 30), "büro": "Büro", "zentrale": "Zentrale", " 7 ": "Einkauf"} {
		if got, ok := f.SenderName(choice); !ok || got != want {
			t.Errorf("%q chooses %q, %v; want %q", choice, got, ok, want)
		}
	}
	for _, choice := range []string{"2", "26", "-1", "Verkauf"} {
		if got, ok := f.SenderName(choice); ok {
			t.Errorf("%q chooses %q, want none", choice, got)
		}
	}
}

// Each limit at n and at n+1.
func TestNameLimits(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*Fax)
		want   string
	}{
		{"30 characters", func(f *Fax) { f.Names = []string{strings.Repeat("ü", 30)} }, ""},
		{"31 characters", func(f *Fax) { f.Names = []string{strings.Repeat("ü", 31)} }, "fax.names[0]: give at most 30 characters, not 31"},
		{"two lines", func(f *Fax) { f.Names = []string{"a\nb"} }, "fax.names[0]: give a name on one line"},
		{"99 slots", func(f *Fax) { f.Names = make([]string, 99) }, ""},
		{"100 slots", func(f *Fax) { f.Names = make([]string, 100) }, "fax.names: give at most 99 names"},
		{"free slot as default", func(f *Fax) { f.Names, f.DefaultName = []string{"a", ""}, 2 }, "fax.default_name"},
		{"no such slot", func(f *Fax) { f.DefaultName = 1 }, "fax.default_name"},
		{"80 characters", func(f *Fax) { f.Device = strings.Repeat("d", 80) }, ""},
		{"81 characters", func(f *Fax) { f.Device = strings.Repeat("d", 81) }, "fax.device"},
		{"a space", func(f *Fax) { f.Device = "fax gate" }, "fax.device"},
		{"all placeholders", func(f *Fax) { f.Subject = strings.Join(placeholders, " ") }, ""},
		{"unknown placeholder", func(f *Fax) { f.Subject = "{page}" }, "fax.subject: give only {device} {name} {number} {pages} {from} {to} {date}, not {page}"},
		{"header injection", func(f *Fax) { f.Subject = "a\r\nBcc: x@y.test" }, "fax.subject: give a subject on one line"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := Default()
			tt.change(&c.Fax)
			err := c.Check()
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestSubjectTemplate(t *testing.T) {
	f := Fax{Subject: "From {name} (Fax Message No. {number}) {unknown}"}
	if got := f.SubjectOf(map[string]string{"name": "Büro", "number": "0042"}); got != "From Büro (Fax Message No. 0042)" {
		t.Errorf("subject %q", got)
	}
}
