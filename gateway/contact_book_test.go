package gateway_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"faxgate/gateway"
	"faxgate/gateway/config"
)

func TestContactMistakes(t *testing.T) {
	a := newNode(t, "fax@a.test", nil).start()
	a.contact(gateway.Contact{Address: "fax@b.test", Code: "b"})
	if _, err := a.AddGroup(context.Background(), gateway.Group{Code: "g", Name: "All"}); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		c     gateway.Contact
		field string
	}{
		{gateway.Contact{Address: "nobody"}, "address"},
		{gateway.Contact{Address: "fax@B.test"}, "address"},
		{gateway.Contact{Address: "x@b.test", Code: "B"}, "code"},
		{gateway.Contact{Address: "x@b.test", Code: "g"}, "code"},
		{gateway.Contact{Address: "x@b.test", Code: "a b"}, "code"},
		{gateway.Contact{Address: "x@b.test", Code: "export"}, "code"},
		{gateway.Contact{Address: "x@b.test", Code: strings.Repeat("c", 21)}, "code"},
		{gateway.Contact{Address: "x@b.test", Name: "a\nb"}, "name"},
		{gateway.Contact{Address: "x@b.test", Name: strings.Repeat("n", 101)}, "name"},
		{gateway.Contact{Address: "x@b.test", Kind: "robot"}, "kind"},
		{gateway.Contact{Address: "x@b.test", Form: gateway.ContactForm{Profile: "C"}}, "profile"},
		{gateway.Contact{Address: "x@b.test", Form: gateway.ContactForm{Profile: "S", Coding: "MMR"}}, "profile"},
		{gateway.Contact{Address: "x@b.test", Form: gateway.ContactForm{Profile: "PDF", Paper: "A4"}}, "profile"},
		{gateway.Contact{Address: "x@b.test", Form: gateway.ContactForm{Coding: "jpeg"}}, "coding"},
		{gateway.Contact{Address: "x@b.test", Form: gateway.ContactForm{Resolution: "17"}}, "resolution"},
		{gateway.Contact{Address: "x@b.test", Form: gateway.ContactForm{Paper: "Foolscap"}}, "paper"},
		{gateway.Contact{Address: "x@b.test", Pinned: true}, "pinned"},
		{gateway.Contact{Address: "x@b.test", SizeLimit: 100}, "sizeLimit"},
		{gateway.Contact{Address: "x@b.test", TLS: "yes"}, "tls"},
		{gateway.Contact{Address: "x@b.test", Host: "mfp:25"}, "host"},
		{gateway.Contact{Address: "x@b.test", Port: 25}, "port"},
		{gateway.Contact{Address: "x@b.test", Host: "mfp", Port: 65536}, "port"},
		{gateway.Contact{Address: "x@b.test", HeaderName: "3"}, "headerName"},
	} {
		_, err := a.AddContact(context.Background(), tt.c)
		if ie, ok := errors.AsType[*gateway.InputError](err); !ok || ie.Field != tt.field {
			t.Errorf("%+v: %v, want a mistake in %s", tt.c, err, tt.field)
		}
	}
	for _, gr := range []gateway.Group{{Code: ""}, {Code: "b"}, {Code: "g"}, {Code: "h", Members: []string{"nobody@b.test"}}, {Code: "h", Name: "a\tb"}} {
		if _, err := a.AddGroup(context.Background(), gr); err == nil {
			t.Errorf("%+v was taken", gr)
		}
	}
	for _, to := range []string{"g", "nosuch"} {
		_, err := a.Submit(context.Background(), gateway.SubmitRequest{To: []string{to}, Text: "x"})
		if ie, ok := errors.AsType[*gateway.InputError](err); !ok || ie.Field != "to" {
			t.Errorf("a fax to %s: %v", to, err)
		}
	}
}

func TestContactsAndGroupsChange(t *testing.T) {
	ctx := context.Background()
	a := newNode(t, "fax@a.test", nil).start()
	a.contact(gateway.Contact{Address: "fax@b.test", Code: "b", Name: "Bee"})
	a.contact(gateway.Contact{Address: "fax@[10.0.0.5]", Host: "[fe80::1%eth0]", Port: 25})
	gr, err := a.AddGroup(ctx, gateway.Group{Code: "both", Members: []string{"b", "fax@[10.0.0.5]", "fax@b.test"}})
	if err != nil || len(gr.Members) != 2 {
		t.Fatalf("%+v, %v", gr, err)
	}
	gr.Code, gr.Members = "one", []string{"b"}
	if gr, err = a.SetGroup(ctx, "BOTH", gr); err != nil || gr.Code != "one" || len(gr.Members) != 1 {
		t.Fatalf("%+v, %v", gr, err)
	}
	v := a.view("b")
	if !cmp.Equal(v.Groups, []string{"one"}) {
		t.Errorf("groups %v", v.Groups)
	}
	v.Address, v.Code = "new@b.test", ""
	if _, err := a.SetContact(ctx, "b", v.Contact); err != nil {
		t.Fatal(err)
	}
	if gr, err = a.Group(ctx, "one"); err != nil || !cmp.Equal(gr.Members, []string{"new@b.test"}) {
		t.Errorf("%+v, %v", gr, err)
	}
	if err := a.RemoveContact(ctx, "new@b.test"); err != nil {
		t.Fatal(err)
	}
	if groups, err := a.Groups(ctx); err != nil || len(groups) != 1 || len(groups[0].Members) != 0 {
		t.Errorf("%+v, %v", groups, err)
	}
	if err := a.RemoveGroup(ctx, "one"); err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{a.RemoveContact(ctx, "b"), a.RemoveGroup(ctx, "one")} {
		if !errors.Is(err, gateway.ErrNotFound) {
			t.Errorf("%v, want ErrNotFound", err)
		}
	}
	for _, words := range []string{"contact added: Bee <fax@b.test>", "contact changed: Bee <new@b.test>", "contact removed", "group added: both (2 members)", "group changed: one", "group removed: one"} {
		a.journal(words)
	}
}

// addressBook is contacts with every member set in one of them.
var addressBook = []gateway.Contact{
	{
		Address: "fax@b.test", Name: `Müller, "Söhne"; & Co`, Code: "b", Kind: gateway.Machine, Form: gateway.ContactForm{Profile: "F", Coding: "MR", Resolution: "204x391", Paper: "B4"},
		Pinned: true, SizeLimit: 2 << 20, TLS: "starttls-required", Host: "mfp-2.b.test", Port: 2525, Receipt: new(false), HeaderName: "1",
	},
	{Address: "FAX=+4930123@b.test", Name: "=1+1", Kind: gateway.Unknown},
	{Address: "p@b.test", Name: "'s-Hertogenbosch", Kind: gateway.Person, Receipt: new(true), SizeLimit: 12345},
}

func TestCSVRoundTrip(t *testing.T) {
	names := func(o *gateway.Options) { o.Config.Fax.Names = []string{"Büro"} }
	a, b := newNode(t, "fax@a.test", names).start(), newNode(t, "fax@b.test", names).start()
	for _, c := range addressBook {
		a.contact(c)
	}
	var out bytes.Buffer
	if err := a.ExportContacts(context.Background(), &out); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "'=1+1") || !strings.Contains(out.String(), ",'s-Hert") {
		t.Errorf("a formula is not guarded, or a name is spoilt:\n%s", out.String())
	}
	for _, want := range []gateway.ImportResult{{Added: 3}, {Unchanged: 3}} {
		got, err := b.ImportContacts(context.Background(), bytes.NewReader(out.Bytes()), gateway.ImportOptions{Format: "csv"})
		if err != nil || !cmp.Equal(got, want) {
			t.Errorf("import gave %+v, %v; want %+v", got, err, want)
		}
	}
	mine, err1 := a.Contacts(context.Background())
	theirs, err2 := b.Contacts(context.Background())
	if diff := cmp.Diff(mine, theirs, cmpopts.IgnoreFields(gateway.Contact{}, "ID", "CreatedAt", "UpdatedAt")); diff != "" || err1 != nil || err2 != nil {
		t.Errorf("not equal (%v, %v):\n%s", err1, err2, diff)
	}
}

func TestImport(t *testing.T) {
	for _, tt := range []struct {
		name, format, text string
		partial            bool
		want               gateway.ImportResult
		words              string // of the error, or of the bad lines
	}{
		{"from Excel", "csv", "\xef\xbb\xbfAddress;Name;Port;Host\r\nfax@c.test;Zoë;25;mfp\r\n;;;\r\n", false, gateway.ImportResult{Added: 1}, ""},
		{"tabs", "csv", "name\taddress\nZ\tz@c.test\n", false, gateway.ImportResult{Added: 1}, ""},
		{"only what is given changes", "csv", "address,kind\nold@b.test,Person\n", false, gateway.ImportResult{Changed: 1}, ""},
		{"bad lines", "csv", "address,code\ngood@c.test,\nnobody,\nx@c.test,old\ngood@c.test,\ny@c.test,\"un\"quoted\nz@c.test,a,b\nq@c.test\n", false, gateway.ImportResult{}, "line 3|line 4|line 5|line 6|line 7|line 8"},
		{"the good ones of them", "csv", "address,receipt\ngood@c.test,yes\nbad@c.test,maybe\n", true, gateway.ImportResult{Added: 1}, "line 3"},
		{"quoted lines count", "csv", "address,name\na@c.test,\"x\ny\"\nnobody,z\n", true, gateway.ImportResult{}, "line 2|line 4"},
		{"Latin-1", "csv", "address,name\na@c.test,Zo\xeb\n", false, gateway.ImportResult{}, "line 2"},
		{"unknown column", "csv", "address,color\na@c.test,red\n", false, gateway.ImportResult{}, `the column "color" is not known`},
		{"bad colour", "csv", "address,colour\na@c.test,red\nb@c.test,Grey\n", true, gateway.ImportResult{Added: 1}, "line 2"},
		{"no address", "csv", "name\nx\n", false, gateway.ImportResult{}, "no column named address"},
		{"twice", "csv", "address,Address\nx@c.test,\n", false, gateway.ImportResult{}, "there twice"},
		{"empty", "csv", "", false, gateway.ImportResult{}, "it is empty"},
		{"other format", "xlsx", "", false, gateway.ImportResult{}, "csv or toml"},
		{"too large", "csv", "address\n" + strings.Repeat("x", 9<<20), false, gateway.ImportResult{}, "more than 8 MB"},
		{"TOML", "toml", "[[contact]]\naddress = \"a@c.test\"\npinned = true\nprofile = \"S\"\nport = 26\nhost = \"h\"\nreceipt = false\nsize_limit = \"2MB\"\n", false, gateway.ImportResult{Added: 1}, ""},
		{"bad TOML entry", "toml", "[[contact]]\naddress = \"a@c.test\"\n[[contact]]\naddress = \"b@c.test\"\ncolor = \"red\"\n", true, gateway.ImportResult{Added: 1}, "contact 2"},
		{"bad TOML", "toml", "[[contact]\n", false, gateway.ImportResult{}, "line 2"},
		{"other table", "toml", "[[group]]\ncode = \"g\"\n", false, gateway.ImportResult{}, "[[contact]]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := newNode(t, "fax@a.test", nil).start()
			a.contact(gateway.Contact{Address: "old@b.test", Code: "old", Name: "Old"})
			got, err := a.ImportContacts(context.Background(), strings.NewReader(tt.text), gateway.ImportOptions{Format: tt.format, Partial: tt.partial})
			var where []string
			for _, b := range got.Bad {
				where = append(where, b.Where)
			}
			words := strings.Join(where, "|")
			if err != nil {
				words = err.Error()
			}
			if !cmp.Equal(got, tt.want, cmpopts.IgnoreFields(gateway.ImportResult{}, "Bad")) || (err != nil || where != nil) != (tt.words != "") || !strings.Contains(words, tt.words) {
				t.Errorf("gave %+v, %v; want %+v, %q", got, err, tt.want, tt.words)
			}
			list, err := a.Contacts(context.Background())
			if err != nil || len(list) != 1+tt.want.Added {
				t.Errorf("%d contacts, %v", len(list), err)
			}
			if v := a.view("old"); v.Name != "Old" {
				t.Errorf("the name was lost: %+v", v.Contact)
			}
		})
	}
}

// FuzzImport shows that no file breaks the import, and that what is imported can be exported and read again.
func FuzzImport(f *testing.F) {
	f.Add("address,name\nfax@b.test,x\n", "csv")
	f.Add("\xef\xbb\xbfaddress;pinned;port\n\"a\"\"b\";yes;70000\n", "csv")
	f.Add("[[contact]]\naddress = \"fax@b.test\"\nport = 25\n", "toml")
	cfg, err := config.Read("")
	if err != nil {
		f.Fatal(err)
	}
	cfg.Data = f.TempDir()
	g, err := gateway.Open(context.Background(), gateway.Options{Config: cfg})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = g.Close() })
	f.Fuzz(func(t *testing.T, text, format string) {
		if _, err := g.ImportContacts(context.Background(), strings.NewReader(text), gateway.ImportOptions{Format: format, Partial: true}); err != nil {
			return
		}
		var out bytes.Buffer
		if err := g.ExportContacts(context.Background(), &out); err != nil {
			t.Fatal(err)
		}
		got, err := g.ImportContacts(context.Background(), &out, gateway.ImportOptions{Format: "csv"})
		if err != nil || got.Added+got.Changed+len(got.Bad) > 0 {
			t.Fatalf("%+v, %v", got, err)
		}
	})
}
