package hotfolder

import (
	"encoding/json"
	"testing"
)

func FuzzSidecar(f *testing.F) {
	for _, s := range []string{`{"to":["a@b.example"],"subject":"x","headerName":"y","when":"2026-12-01T18:00:00Z"}`, `{}`, `{"to":`, `[[[[`, `{"to":["a"],"to":["b"]}`, "\ufeff{}", `{"a":{"b":[1,2,{}]}}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var j Job
		if parseSidecar(b, &j) != nil {
			return
		}
		if bom := "\ufeff"; len(b) >= len(bom) && string(b[:len(bom)]) == bom {
			b = b[len(bom):]
		}
		var strict map[string]any
		if err := json.Unmarshal(b, &strict); err != nil {
			t.Fatalf("taken, though it is no JSON object: %v", err)
		}
		for key := range strict {
			if key != "to" && key != "subject" && key != "headerName" && key != "when" {
				t.Fatalf("the key %q was taken", key)
			}
		}
		if _, has := strict["to"]; has != (len(j.To) > 0) {
			t.Fatalf("recipients: %q", j.To)
		}
	})
}
