package faxgate_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// checklist is how many requirements each group has: CONFORMANCE.md has each of them, numbered from 01, once.
var checklist = map[string]int{"TW": 27, "TR": 18, "MS": 18, "MR": 14, "DS": 20, "DR": 11, "DN": 15, "CA": 12, "AD": 12, "PT": 9, "SE": 7}

// claim is a row of CONFORMANCE.md.
type claim struct {
	id, requirement, source, level, state string
	tests                                 []string // "directory TestName" or "directory TestName/case"
}

var quotedTest = regexp.MustCompile("`([^`]+)`")

// claims reads the tables.
func claims(t *testing.T, text string) (list []claim) {
	t.Helper()
	for line := range strings.Lines(text) {
		cells := strings.Split(strings.TrimSpace(line), "|")
		if len(cells) < 2 || !regexp.MustCompile(`^ [A-Z]{2}-\d\d $`).MatchString(cells[1]) {
			continue
		}
		if len(cells) != 8 {
			t.Errorf("a row of %d cells: %s", len(cells)-2, line)
			continue
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		c := claim{id: cells[1], requirement: cells[2], source: cells[3], level: cells[4], state: cells[6]}
		for _, m := range quotedTest.FindAllStringSubmatch(cells[5], -1) {
			c.tests = append(c.tests, m[1])
		}
		list = append(list, c)
	}
	return list
}

// TestConformance sees that CONFORMANCE.md claims nothing that no test shows.
func TestConformance(t *testing.T) {
	text, err := os.ReadFile("CONFORMANCE.md")
	if err != nil {
		t.Fatal(err)
	}
	list, rooms := claims(t, string(text)), map[string]room{}
	seen := map[string]int{}
	for _, c := range list {
		seen[c.id]++
		if words := c.wrong(); words != "" {
			t.Errorf("%s: %s", c.id, words)
		}
		for _, name := range c.tests {
			dir, test, _ := strings.Cut(name, " ")
			if _, read := rooms[dir]; !read {
				rooms[dir] = readRoom(t, dir)
			}
			if words := rooms[dir].lacks(test); words != "" {
				t.Errorf("%s: `%s`: %s", c.id, name, words)
			}
		}
	}
	for group, n := range checklist {
		for i := 1; i <= n; i++ {
			if id := fmt.Sprintf("%s-%02d", group, i); seen[id] != 1 {
				t.Errorf("%s stands %d times", id, seen[id])
			}
			delete(seen, fmt.Sprintf("%s-%02d", group, i))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(seen)) {
		t.Errorf("%s is no requirement of the checklist", id)
	}
}

// wrong tells what a row lacks by itself.
func (c claim) wrong() string {
	kind, why, _ := strings.Cut(c.state, ":")
	switch {
	case c.requirement == "" || c.source == "":
		return "no requirement or no source"
	case c.level != "M" && c.level != "S" && c.level != "E":
		return "the level is " + c.level
	case kind == "proven" && (len(c.tests) == 0 || why != ""):
		return "proven, but by no test, or not wholly"
	case kind == "omitted" && c.level == "M":
		return "a requirement of level M may not be left out"
	case kind != "proven" && kind != "omitted" && kind != "open":
		return "the state is " + c.state
	case kind != "proven" && strings.TrimSpace(why) == "":
		return kind + " without a reason"
	}
	return ""
}

// room is what the tests of a directory are: the strings that stand in each.
type room struct {
	tests map[string]map[string]bool
	all   map[string]bool
}

// readRoom reads the sources of the tests of a directory. Cases may stand in a table or a function beside the test, so that any string of the
// directory's tests may be one.
func readRoom(t *testing.T, dir string) room {
	t.Helper()
	r := room{tests: map[string]map[string]bool{}, all: map[string]bool{}}
	files, err := filepath.Glob(filepath.Join(filepath.FromSlash(dir), "*_test.go"))
	if err != nil || len(files) == 0 {
		t.Errorf("%s has no tests: %v", dir, err)
	}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			r.add(d)
		}
	}
	return r
}

// add takes the strings of a declaration.
func (r room) add(d ast.Decl) {
	within := map[string]bool{}
	ast.Inspect(d, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			if s, err := strconv.Unquote(lit.Value); err == nil {
				within[s], r.all[s] = true, true
			}
		}
		return true
	})
	if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && strings.HasPrefix(f.Name.Name, "Test") {
		r.tests[f.Name.Name] = within
	}
}

// lacks says what there is not of a test.
func (r room) lacks(name string) string {
	test, part, hasPart := strings.Cut(name, "/")
	within, ok := r.tests[test]
	switch {
	case !ok:
		return "there is no such test"
	case hasPart && !within[part] && !r.all[part]:
		return "it has no such case"
	}
	return ""
}

// TestConformanceIsStrict breaks the table in each way that a lie could take.
func TestConformanceIsStrict(t *testing.T) {
	for row, want := range map[string]string{
		"| TW-01 | x | RFC 1 | M | | proven |":                                  "by no test",
		"| TW-01 | x | RFC 1 | M | `codec TestForms` | proven: nearly |":        "not wholly",
		"| TW-01 | x | RFC 1 | M | | omitted: too much work |":                  "may not be left out",
		"| TW-01 | x | RFC 1 | S | | omitted |":                                 "without a reason",
		"| TW-01 | x | RFC 1 | S | | done |":                                    "the state is done",
		"| TW-01 | x | RFC 1 | X | `codec TestForms` | proven |":                "the level is X",
		"| TW-01 | | RFC 1 | M | `codec TestForms` | proven |":                  "no requirement",
		"| TW-01 | x | RFC 1 | M | `codec TestForms` | proven |":                "",
		"| TW-01 | x | RFC 1 | S | | omitted: nobody reads it |":                "",
		"| TW-01 | x | RFC 1 | M | `codec TestForms` | open: half is missing |": "",
	} {
		list := claims(t, row)
		if len(list) != 1 {
			t.Fatalf("%s: %d rows", row, len(list))
		}
		if got := list[0].wrong(); (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", row, got, want)
		}
	}
	r := readRoom(t, ".")
	for name, want := range map[string]string{"TestConformance": "", "TestNowhere": "no such test", "TestConformance/" + t.Name(): "no such case"} {
		if got := r.lacks(name); !strings.Contains(got, want) || (got == "") != (want == "") {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}
