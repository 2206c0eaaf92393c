package gateway

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/BurntSushi/toml"

	"faxgate/spool"
)

// contactColumns are the columns of the address book as CSV, and the keys of a [[contact]] in TOML. Only address is needed.
var contactColumns = []string{
	"address", "name", "code", "kind", "profile", "coding", "resolution", "paper", "colour", "pinned", "size_limit", "tls", "host", "port", "receipt", "header_name",
	"split", "offer", "same_device", "acknowledge",
}

// maxImport bounds what one import reads, in bytes.
const maxImport = 8 << 20

// ImportOptions say how an address book is read.
type ImportOptions struct {
	Format  string // "csv" or "toml"
	Partial bool   // import the good lines although others are bad
}

// ImportResult says what an import did: contacts are known by their address, and columns that are not given stay as they are. With a bad line and without Partial nothing is imported.
type ImportResult struct {
	Added     int       `json:"added"`
	Changed   int       `json:"changed"`
	Unchanged int       `json:"unchanged"`
	Bad       []BadLine `json:"bad,omitempty"`
}

// BadLine is a line (CSV) or an entry (TOML) that cannot be imported.
type BadLine struct {
	Where string `json:"where"` // "line 7", "contact 3"
	Why   string `json:"why"`
}

// importLine is one contact of an import, by the columns that are given.
type importLine struct {
	where  string
	values map[string]string
	err    error
}

// errNotImported undoes an import that has bad lines.
var errNotImported = errors.New("the import has bad lines")

// ImportContacts reads an address book. An *InputError says what is wrong with it as a whole; bad lines stand in the result.
func (g *Gateway) ImportContacts(ctx context.Context, r io.Reader, o ImportOptions) (ImportResult, error) {
	lines, err := readContacts(r, o.Format)
	if err != nil {
		return ImportResult{}, err
	}
	var res ImportResult
	err = g.spool.Update(ctx, func(tx *spool.Tx) error {
		res = ImportResult{}
		seen := map[string]string{}
		for _, l := range lines {
			if err := g.importLine(tx, l, seen, &res); err != nil {
				return err
			}
		}
		if len(res.Bad) > 0 && !o.Partial {
			return errNotImported
		}
		words := fmt.Sprintf("contacts imported: %d added, %d changed, %d unchanged, %d bad lines left out", res.Added, res.Changed, res.Unchanged, len(res.Bad))
		_, err := tx.AddEvent(spool.Event{Kind: "contact", Words: words})
		return err
	})
	if errors.Is(err, errNotImported) {
		return ImportResult{Bad: res.Bad}, nil
	}
	return res, err
}

// importLine brings one line into the address book, or into the list of bad ones.
func (g *Gateway) importLine(tx *spool.Tx, l importLine, seen map[string]string, res *ImportResult) error {
	err := l.err
	if err == nil {
		err = g.importContact(tx, l, seen, res)
	}
	if ie, ok := errors.AsType[*InputError](err); ok {
		res.Bad = append(res.Bad, BadLine{l.where, ie.Error()})
		return nil
	}
	return err
}

func (g *Gateway) importContact(tx *spool.Tx, l importLine, seen map[string]string, res *ImportResult) error {
	c, err := g.checked(Contact{Address: l.values["address"]})
	if err != nil {
		return err
	}
	if first := seen[c.Address]; first != "" {
		return &InputError{"address", fmt.Sprintf("%s stands in %s already", c.Address, first)}
	}
	seen[c.Address] = l.where
	row, err := tx.Contact(c.Address)
	fresh := errors.Is(err, spool.ErrNotFound)
	if err != nil && !fresh {
		return err
	}
	if !fresh {
		c = contactOfRow(row)
	}
	old := c
	if err := c.apply(l.values); err != nil {
		return err
	}
	if c, err = g.checked(c); err != nil {
		return err
	}
	count := &res.Unchanged
	switch {
	case fresh:
		count, err = &res.Added, addContact(tx, &c)
	case !old.same(c):
		count, err = &res.Changed, setContact(tx, &c)
	}
	if err == nil {
		*count++
	}
	return err
}

// same tells whether two contacts say the same.
func (c Contact) same(d Contact) bool {
	for _, column := range contactColumns {
		if c.column(column) != d.column(column) {
			return false
		}
	}
	return true
}

// ExportContacts writes the address book as CSV: UTF-8, commas, the columns named in the first line.
func (g *Gateway) ExportContacts(ctx context.Context, w io.Writer) error {
	list, err := g.Contacts(ctx)
	if err != nil {
		return err
	}
	out := csv.NewWriter(w)
	if err := out.Write(contactColumns); err != nil {
		return err
	}
	for _, c := range list {
		cells := make([]string, len(contactColumns))
		for i, column := range contactColumns {
			cells[i] = guarded(c.column(column))
		}
		if err := out.Write(cells); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// guarded puts an apostrophe before what a spreadsheet would run as a formula; unguarded takes it away again.
func guarded(s string) string {
	if s != "" && strings.ContainsAny(s[:1], "=+-@") || len(s) > 1 && s[0] == '\'' && strings.ContainsAny(s[1:2], "=+-@'") {
		return "'" + s
	}
	return s
}

func unguarded(s string) string {
	if len(s) > 1 && s[0] == '\'' && strings.ContainsAny(s[1:2], "=+-@'") {
		return s[1:]
	}
	return s
}

// column is a member of the contact as it stands in a cell.
func (c Contact) column(name string) string {
	switch name {
	case "pinned":
		return yes(c.Pinned)
	case "offer":
		return yes(c.Offer)
	case "acknowledge":
		return yes(c.Acknowledge)
	case "size_limit":
		if c.SizeLimit == 0 {
			return ""
		}
		text, _ := c.SizeLimit.MarshalText()
		return string(text)
	case "port":
		if c.Port == 0 {
			return ""
		}
		return strconv.Itoa(c.Port)
	case "receipt":
		if c.Receipt == nil {
			return ""
		}
		return map[bool]string{true: "yes", false: "no"}[*c.Receipt]
	}
	return *c.text(name)
}

// yes is a switch as a cell; off is nothing.
func yes(on bool) string {
	if on {
		return "yes"
	}
	return ""
}

// text is a member that is a text; nil: there is none of this name.
func (c *Contact) text(name string) *string {
	return map[string]*string{
		"address": &c.Address, "name": &c.Name, "code": &c.Code, "kind": (*string)(&c.Kind), "profile": &c.Form.Profile, "coding": &c.Form.Coding,
		"resolution": &c.Form.Resolution, "paper": &c.Form.Paper, "colour": &c.Form.Colour, "tls": &c.TLS, "host": &c.Host, "header_name": &c.HeaderName,
		"split": &c.Split, "same_device": &c.SameDevice,
	}[name]
}

// apply writes cells into the contact.
func (c *Contact) apply(values map[string]string) error {
	for name, value := range values {
		value = strings.TrimSpace(value)
		if p := c.text(name); p != nil {
			*p = value
			if name == "kind" {
				*p = strings.ToLower(value)
			}
			continue
		}
		if err := c.applyOther(name, value); err != nil {
			return err
		}
	}
	return nil
}

func (c *Contact) applyOther(name, value string) error {
	var err error
	switch name {
	case "pinned", "offer", "acknowledge":
		var on *bool
		on, err = yesOrNo(value)
		*map[string]*bool{"pinned": &c.Pinned, "offer": &c.Offer, "acknowledge": &c.Acknowledge}[name] = on != nil && *on
	case "receipt":
		c.Receipt, err = yesOrNo(value)
	case "size_limit":
		if c.SizeLimit = 0; value != "" {
			err = c.SizeLimit.UnmarshalText([]byte(value))
		}
	case "port":
		if c.Port = 0; value != "" {
			if c.Port, err = strconv.Atoi(value); err != nil {
				err = fmt.Errorf("1 to 65535, not %q", value)
			}
		}
	}
	if err != nil {
		return &InputError{name, err.Error()}
	}
	return nil
}

// yesOrNo reads a switch; nil: nothing is said.
func yesOrNo(s string) (*bool, error) {
	switch strings.ToLower(s) {
	case "":
		return nil, nil //nolint:nilnil // nothing said is a value of its own
	case "yes", "true", "1", "on":
		return new(true), nil
	case "no", "false", "0", "off":
		return new(false), nil
	}
	return nil, fmt.Errorf("yes, no or nothing, not %q", s)
}

func readContacts(r io.Reader, format string) ([]importLine, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxImport+1))
	if err != nil {
		return nil, fmt.Errorf("read the contacts: %w", err)
	}
	if len(data) > maxImport {
		return nil, &InputError{"file", fmt.Sprintf("an address book of more than %d MB: split it", maxImport>>20)}
	}
	switch format {
	case "csv":
		return readCSV(data)
	case "toml":
		return readTOML(data)
	}
	return nil, &InputError{"format", fmt.Sprintf("csv or toml, not %q", format)}
}

// readCSV reads lines whose cells are named by the first one. The separator is a comma, a semicolon or a tab, as spreadsheets write it in one country or another.
func readCSV(data []byte) ([]importLine, error) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	r := csv.NewReader(bytes.NewReader(data))
	r.FieldsPerRecord = -1
	r.Comma = separator(data)
	r.TrimLeadingSpace = r.Comma != '\t'
	head, err := r.Read()
	if errors.Is(err, io.EOF) {
		return nil, &InputError{"file", "it is empty: the first line names the columns, such as address,name,kind"}
	}
	if err != nil {
		return nil, &InputError{"file", fmt.Sprintf("the first line, which names the columns, cannot be read: %v", err)}
	}
	if err := checkColumns(head); err != nil {
		return nil, err
	}
	var lines []importLine
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return lines, nil
		}
		if err == nil && strings.TrimSpace(strings.Join(cells, "")) == "" {
			continue // a spreadsheet's empty rows
		}
		lines = append(lines, csvLine(r, head, cells, err))
	}
}

// separator looks at the first line.
func separator(data []byte) rune {
	first, _, _ := bytes.Cut(data, []byte("\n"))
	best, most := ',', 0
	for _, c := range ",;\t" {
		if n := bytes.Count(first, []byte(string(c))); n > most {
			best, most = c, n
		}
	}
	return best
}

// checkColumns makes the names of the columns small and sees that they are known, and each there once.
func checkColumns(head []string) error {
	seen := map[string]bool{}
	for i, name := range head {
		name = strings.ToLower(strings.TrimSpace(name))
		head[i] = name
		if name == "" {
			continue // a spreadsheet's empty columns
		}
		if !slices.Contains(contactColumns, name) {
			return &InputError{"file", fmt.Sprintf("line 1: the column %q is not known; there are %s", name, strings.Join(contactColumns, ", "))}
		}
		if seen[name] {
			return &InputError{"file", fmt.Sprintf("line 1: the column %q is there twice", name)}
		}
		seen[name] = true
	}
	if !seen["address"] {
		return &InputError{"file", "line 1: there is no column named address; the first line names the columns, such as address,name,kind"}
	}
	return nil
}

func csvLine(r *csv.Reader, head, cells []string, err error) importLine {
	if pe, ok := errors.AsType[*csv.ParseError](err); ok {
		return importLine{where: fmt.Sprintf("line %d", pe.StartLine), err: &InputError{"line", pe.Err.Error()}}
	}
	if err != nil {
		return importLine{err: err}
	}
	line, _ := r.FieldPos(0)
	l := importLine{where: fmt.Sprintf("line %d", line), values: map[string]string{}}
	for i, cell := range cells {
		switch {
		case !utf8.ValidString(cell):
			l.err = &InputError{"line", "it is not UTF-8: save the file as “CSV UTF-8”"}
		case i < len(head) && head[i] != "":
			l.values[head[i]] = unguarded(cell)
		case strings.TrimSpace(cell) != "":
			l.err = &InputError{"line", fmt.Sprintf("%d cells, but only %d columns are named; a cell with the separator in it needs quotes", len(cells), len(head))}
		}
	}
	if l.err == nil && len(cells) < len(head) {
		l.err = &InputError{"line", fmt.Sprintf("%d cells, but %d columns are named", len(cells), len(head))}
	}
	return l
}

// readTOML reads [[contact]] tables, whose keys are the columns of the CSV.
func readTOML(data []byte) ([]importLine, error) {
	var book struct {
		Contact []map[string]any `toml:"contact"`
	}
	meta, err := toml.Decode(string(data), &book)
	if err != nil {
		return nil, &InputError{"file", err.Error()}
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return nil, &InputError{"file", fmt.Sprintf("the key %s is not known: write [[contact]] tables", unknown[0])}
	}
	var lines []importLine
	for i, entry := range book.Contact {
		l := importLine{where: fmt.Sprintf("contact %d", i+1), values: map[string]string{}}
		for name, value := range entry {
			if !slices.Contains(contactColumns, name) {
				l.err = &InputError{name, "this key is not known; there are " + strings.Join(contactColumns, ", ")}
				continue
			}
			l.values[name] = fmt.Sprint(value)
		}
		lines = append(lines, l)
	}
	return lines, nil
}
