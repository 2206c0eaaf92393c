package hotfolder_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestASidecarSaysWhereItGoes(t *testing.T) {
	b := newBench(t)
	b.write("scan.tif", "page")
	b.scan(0)
	b.scan(stable - time.Second)
	b.write("scan.tif.json", "\ufeff"+`{"to":["fax@b.example","112"],"subject":"Öffer 7","headerName":"Sales","when":"2026-12-01T18:00:00+01:00"}`+"\n")
	b.scan(time.Second) // the file is stable, what lies beside it is not
	b.takes()
	b.scan(stable)
	b.takes("scan.tif")
	j := b.desk.jobs[0]
	if d := cmp.Diff([]string{"fax@b.example", "112"}, j.To); d != "" || j.Subject != "Öffer 7" || j.HeaderName != "Sales" {
		t.Errorf("job: %+v\n%s", j.Job, d)
	}
	if want := time.Date(2026, 12, 1, 17, 0, 0, 0, time.UTC); !j.When.Equal(want) {
		t.Errorf("when: %s, want %s", j.When, want)
	}
	b.has("done/scan.tif", "done/scan.tif.fax.json", "done/scan.tif.json")
}

func TestASidecarThatIsWrongIsRefused(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"empty", "", "ends too early"},
		{"cut off", `{"to":["a@b.exa`, "ends too early"},
		{"no JSON", "to: a@b.example", "broken at byte"},
		{"a list", `["a@b.example"]`, "must be a JSON object"},
		{"unknown key", `{"To":["a@b.example"]}`, `"To" is no key of a sidecar; the keys are to, subject, headerName and when`},
		{"twice", `{"to":["a@b.example"],"to":["c@d.example"]}`, `"to" stands in it twice`},
		{"two objects", `{"to":["a@b.example"]}{"to":["c@d.example"]}`, "follows after its closing brace"},
		{"a plain recipient", `{"to":"a@b.example"}`, `"to" must be a list`},
		{"no recipient", `{"to":[]}`, `"to" must be a list`},
		{"an empty recipient", `{"to":[" "]}`, `an empty recipient`},
		{"null", `{"to":[null]}`, `an empty recipient`},
		{"a number", `{"subject":7}`, `"subject" must be a text`},
		{"null text", `{"subject":null}`, `"subject" must be a text`},
		{"two lines", `{"subject":"a\nBcc: b@c.example"}`, "one line"},
		{"no zone", `{"when":"2026-12-01 18:00"}`, "a time with its zone"},
		{"UTF-16", "\xff\xfe{\x00", "not in UTF-8"},
		{"huge", `{"subject":"` + strings.Repeat("x", 64<<10) + `"}`, "larger than 64 kB"},
		{"too many", `{"to":["a@b.example"` + strings.Repeat(`,"a@b.example"`, 1000) + `]}`, "1001 recipients, the limit is 1000"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			b.write("scan.tif", "page")
			b.write("scan.tif.json", tt.text)
			b.settle()
			b.takes()
			b.has("failed/scan.tif", "failed/scan.tif.json", "failed/scan.tif.txt")
			if note := b.read("failed/scan.tif.txt"); !strings.Contains(note, tt.want) || !strings.Contains(note, "the sidecar scan.tif.json cannot be used") {
				t.Errorf("the note does not say %q:\n%s", tt.want, note)
			}
		})
	}
}
