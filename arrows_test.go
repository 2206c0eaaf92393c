// Package faxgate_test holds the one test of the house itself: which room may import which (design: arrows point one way).
package faxgate_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

// arrows lists, for each room, the rooms it may import. A trailing /... means the room and everything below it. What a room imports of itself is allowed as given: codec may use
// codec/*, never the other way round.
var arrows = map[string][]string{
	"cmd/faxgate":       {"..."},
	"console":           {"gateway/...", "spool/..."},
	"gateway":           {"ifax", "codec/...", "mdn", "mailio/...", "spool/...", "gateway/..."},
	"gateway/config":    {"mailio"},
	"gateway/account":   {"mailio/...", "spool"},
	"gateway/doctor":    {"gateway/config", "mailio/...", "spool/...", "codec/...", "ifax"},
	"gateway/selftest":  {"gateway", "gateway/config", "codec/...", "spool"},
	"ifax":              {"codec/...", "ifax/...", "mdn"},
	"ifax/feature":      {},
	"codec":             {"codec/..."},
	"codec/ccitt":       {},
	"codec/tiff":        {"codec/ccitt", "codec/jbig", "codec/jpeg"},
	"codec/bench":       {"codec/bench/pages", "codec/ccitt", "codec/jbig"},
	"codec/bench/pages": {},
	"codec/jpeg":        {},
	"codec/jbig":        {},
	"codec/pdf":         {"codec/ccitt"},
	"mdn":               {},
	"mailio":            {},
	"mailio/smtpd":      {"mailio"},
	"mailio/pop3":       {"mailio"},
	"mailio/imap":       {"mailio"},
	"spool":             {},
	"spool/blob":        {"spool"},
	"spool/hotfolder":   {"spool"},
	"deploy":            {},
	"deploy/lab":        {},
}

type listed struct {
	ImportPath string
	Imports    []string
}

func TestArrows(t *testing.T) {
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	seen := 0
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; seen++ {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("read go list: %v", err)
		}
		check(t, p)
	}
	if seen < 5 {
		t.Fatalf("go list named only %d packages", seen)
	}
}

func check(t *testing.T, p listed) {
	t.Helper()
	room := strings.TrimPrefix(p.ImportPath, "faxgate/")
	if p.ImportPath == "faxgate" {
		return
	}
	allowed, ok := arrows[room]
	if !ok {
		t.Errorf("%s is a room the house does not know: give it its arrows here and in .golangci.yml, or find the room it belongs to", room)
		return
	}
	for _, imp := range p.Imports {
		target, ours := strings.CutPrefix(imp, "faxgate/")
		if ours && !permits(allowed, target) {
			t.Errorf("%s imports %s: the arrows allow only %v", room, target, allowed)
		}
	}
}

func permits(allowed []string, target string) bool {
	for _, a := range allowed {
		tree, isTree := strings.CutSuffix(a, "...")
		tree = strings.TrimSuffix(tree, "/")
		if a == target || isTree && (tree == "" || target == tree || strings.HasPrefix(target, tree+"/")) {
			return true
		}
	}
	return false
}
