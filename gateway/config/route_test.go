package config_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"faxgate/gateway/config"
)

func TestRoutesAreReadWithTheirDefaults(t *testing.T) {
	c, err := config.Read(write(t, `
[fax]
addresses = ["fax@a.example"]
deliver_to = "clerk@a.example"
[[route]]
from = ["@b.example", "*@*.c.example"]
to = ["FAX@a.example"]
subaddress = ["42", "5*"]
weekdays = "mon-fri"
time = "18:00-08:00"
incomplete = "no"
folder = "in"
[[route]]
name = "checked"
subject = ["contract"]
hold = true
`))
	if err != nil {
		t.Fatal(err)
	}
	routes := c.Routes()
	if len(routes) != 3 {
		t.Fatalf("%d rules: %+v", len(routes), routes)
	}
	first := routes[0]
	if first.Name != "route 1" || first.FolderContent != "pdf" || first.FolderName != "{date}-{time}-{from}-{id}" || !strings.HasSuffix(first.Folder, "/in") || !strings.HasPrefix(first.Folder, "/") {
		t.Errorf("defaults: %+v", first)
	}
	last := routes[2]
	if last.Name != config.DeliverTo || !last.CatchAll() || last.MailTo[0] != "clerk@a.example" || last.MailContent != "pdf" {
		t.Errorf("deliver_to: %+v", last)
	}
	var b strings.Builder
	if err := config.Print(&b, c); err != nil {
		t.Fatal(err)
	}
	again, err := config.Read(write(t, b.String()))
	if err != nil {
		t.Fatalf("what was printed does not read: %v", err)
	}
	if d := cmp.Diff(c.Routes()[0].Weekdays, again.Routes()[0].Weekdays) + cmp.Diff(c.Routes()[0].Time, again.Routes()[0].Time); d != "" {
		t.Error(d)
	}
}

func TestRoutesSayWhatIsWrong(t *testing.T) {
	const all = "[[route]]\nname = \"all\"\nfolder = \"x\"\n"
	for _, tt := range []struct{ name, text, want string }{
		{"never reached", all + "[[route]]\nname = \"late\"\nhold = true", "route[1]: give this rule (late) a place before it: route[0] (all), which has no condition"},
		{"deliver_to never reached", "[fax]\ndeliver_to = \"a@b.example\"\n" + all, "fax.deliver_to: give no address here: route[0] (all)"},
		{"two of a name", "[[route]]\nname = \"x\"\npages_min = 1\n[[route]]\nname = \"x\"\npages_min = 2", "a name that no other rule has"},
		{"the name of deliver_to", "[[route]]\nname = \"fax.deliver_to\"", "a name that no other rule has"},
		{"sender without @", "[[route]]\nfrom = [\"b.example\"]", "an address, @domain or a pattern with @ in it, not \"b.example\""},
		{"two senders in one", "[[route]]\nfrom = [\"a@b.example, c@d.example\"]", "not \"a@b.example, c@d.example\""},
		{"another's address", "[fax]\naddresses = [\"fax@a.example\"]\n[[route]]\nto = [\"fax@b.example\"]", "one of fax.addresses, not \"fax@b.example\""},
		{"empty pattern", "[[route]]\nsubject = [\" \"]", "route[0].subject: give a word or a pattern"},
		{"empty sub-address", "[[route]]\nsubaddress = [\"\"]", "route[0].subaddress"},
		{"pages the wrong way round", "[[route]]\npages_min = 3\npages_max = 2", "no less than pages_min, not 2"},
		{"no day", "[[route]]\nweekdays = \"monday\"", "write mon-fri"},
		{"no hours", "[[route]]\ntime = \"8-18\"", "write 08:00-18:00"},
		{"no time between", "[[route]]\ntime = \"08:00-08:00\"", "write 08:00-18:00"},
		{"hours after midnight", "[[route]]\ntime = \"08:00-25:00\"", "write 08:00-18:00"},
		{"perhaps", "[[route]]\nincomplete = \"perhaps\"", "one of , yes, no"},
		{"mail to nobody", "[[route]]\nmail_to = [\"clerk\"]", "route[0].mail_to: give a plain mail address"},
		{"mail to itself", "[fax]\naddresses = [\"fax@a.example\"]\n[[route]]\nmail_to = [\"Fax@a.example\"]", "not the fax address"},
		{"mail twice", "[[route]]\nmail_to = [\"a@b.example\", \"A@b.example\"]", "A@b.example once"},
		{"content of a mail", "[[route]]\nmail_content = \"jpeg\"", "one of pdf, tiff, both, notice, not \"jpeg\""},
		{"content of a file", "[[route]]\nfolder_content = \"notice\"", "one of pdf, tiff, both, not \"notice\""},
		{"name without id", "[[route]]\nfolder_name = \"{date}\"", "{id} in it"},
		{"name with another field", "[[route]]\nfolder_name = \"{id}{who}\"", "no other fields than {date}"},
		{"name with a directory", "[[route]]\nfolder_name = \"../{id}\"", "without a directory"},
		{"hidden name", "[[route]]\nfolder_name = \".{id}\"", "does not begin with a dot"},
		{"unknown key", "[[route]]\nmailto = []", "unknown key route.mailto"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := config.Read(write(t, tt.text))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q in it", err, tt.want)
			}
		})
	}
	if _, err := config.Read(write(t, "[[route]]\nname = \"first look\"\nhold = true\n"+all)); err != nil {
		t.Errorf("a rule after one that only holds everything is reached on its release: %v", err)
	}
}

func TestWeekdays(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "mon-fri": "mon-fri", "SUN, sat": "sat,sun", "fri-mon": "mon,fri-sun", "mon,tue,wed": "mon-wed", "sun": "sun", "mon-sun": "mon-sun", "tue,thu": "tue,thu",
	} {
		var w config.Weekdays
		if err := w.UnmarshalText([]byte(text)); err != nil {
			t.Errorf("%q: %v", text, err)
		}
		if got, _ := w.MarshalText(); string(got) != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
		if w.Has(time.Sunday) != strings.Contains(text, "-mon") && w.Has(time.Sunday) != strings.Contains(strings.ToLower(text), "sun") {
			t.Errorf("%q: Sunday %t", text, w.Has(time.Sunday))
		}
	}
}

func TestHours(t *testing.T) {
	for _, tt := range []struct {
		hours, at string
		want      bool
	}{
		{"08:00-18:00", "08:00", true},
		{"08:00-18:00", "17:59", true},
		{"08:00-18:00", "18:00", false},
		{"18:00-08:00", "23:59", true},
		{"18:00-08:00", "00:00", true},
		{"18:00-08:00", "08:00", false},
		{"18:00-24:00", "23:59", true},
		{"00:00-00:01", "00:00", true},
		{" 8:00 - 9:30", "09:29", true},
	} {
		var h config.Hours
		if err := h.UnmarshalText([]byte(tt.hours)); err != nil {
			t.Fatal(err)
		}
		at, err := time.Parse("15:04", tt.at)
		if err != nil {
			t.Fatal(err)
		}
		if h.Has(at) != tt.want {
			t.Errorf("%s within %s: %t", tt.at, tt.hours, !tt.want)
		}
	}
}
