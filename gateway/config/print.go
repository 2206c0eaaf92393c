package config

import (
	"encoding"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
)

// Print writes the configuration as TOML with a comment on each key: what `faxgate config default` shows and what Read takes again.
func Print(w io.Writer, c Config) error {
	var b strings.Builder
	b.WriteString("# faxgate configuration. Every key may be left out: what stands here is its default.\n")
	table(&b, "", reflect.ValueOf(c))
	_, err := io.WriteString(w, b.String())
	return err
}

// table writes a struct's own keys first and its tables after them, as TOML wants it. An empty list of tables is shown commented out, so that its keys can be read off.
func table(b *strings.Builder, name string, v reflect.Value) {
	var tables []int
	for i := range v.NumField() {
		if isTable(v.Field(i)) {
			tables = append(tables, i)
			continue
		}
		comment(b, v.Type().Field(i), "")
		fmt.Fprintf(b, "%s = %s\n", v.Type().Field(i).Tag.Get("toml"), value(v.Field(i)))
	}
	for _, i := range tables {
		key := strings.TrimPrefix(name+"."+v.Type().Field(i).Tag.Get("toml"), ".")
		if v.Field(i).Kind() == reflect.Struct {
			fmt.Fprintf(b, "\n[%s]\n", key)
			table(b, key, v.Field(i))
			continue
		}
		list(b, key, v.Field(i))
	}
}

func list(b *strings.Builder, key string, v reflect.Value) {
	for i := range v.Len() {
		fmt.Fprintf(b, "\n[[%s]]\n", key)
		table(b, key, v.Index(i))
	}
	if v.Len() > 0 {
		return
	}
	fmt.Fprintf(b, "\n# [[%s]]\n", key)
	example := reflect.New(v.Type().Elem()).Elem()
	if m, ok := reflect.TypeAssert[*Mailbox](example.Addr()); ok {
		m.Protocol = "imap"
		m.defaults(0)
	}
	if r, ok := reflect.TypeAssert[*Route](example.Addr()); ok {
		r.defaults(0)
	}
	if f, ok := reflect.TypeAssert[*Folder](example.Addr()); ok {
		f.defaults()
	}
	if s, ok := reflect.TypeAssert[*Sender](example.Addr()); ok {
		s.defaults()
	}
	for i := range example.NumField() {
		comment(b, example.Type().Field(i), "# ")
		fmt.Fprintf(b, "# %s = %s\n", example.Type().Field(i).Tag.Get("toml"), value(example.Field(i)))
	}
}

func isTable(v reflect.Value) bool {
	if _, ok := reflect.TypeAssert[encoding.TextMarshaler](v); ok {
		return false
	}
	return v.Kind() == reflect.Struct || v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Struct
}

func comment(b *strings.Builder, f reflect.StructField, lead string) {
	if c := f.Tag.Get("comment"); c != "" {
		fmt.Fprintf(b, "%s# %s\n", lead, c)
	}
}

func value(v reflect.Value) string {
	if m, ok := reflect.TypeAssert[encoding.TextMarshaler](v); ok {
		text, _ := m.MarshalText()
		return strconv.Quote(string(text))
	}
	switch v.Kind() {
	case reflect.String:
		return strconv.Quote(v.String())
	case reflect.Slice:
		items := make([]string, v.Len())
		for i := range items {
			items[i] = value(v.Index(i))
		}
		return "[" + strings.Join(items, ", ") + "]"
	default:
		return fmt.Sprint(v.Interface())
	}
}
