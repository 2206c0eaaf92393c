package doctor_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"faxgate/gateway/config"
	"faxgate/gateway/doctor"
)

func TestFolders(t *testing.T) {
	dir := t.TempDir()
	for _, made := range []string{"well/done", "well/failed", "new", "broken"} {
		if err := os.MkdirAll(filepath.Join(dir, made), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"broken/done", "file"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		path  string
		state doctor.State
		words string
	}{
		{"well", doctor.OK, "are faxed"},
		{"new", doctor.OK, "are faxed"},
		{"absent/scans", doctor.OK, "the first start makes it"},
		{"broken", doctor.Fail, "documents cannot be moved"},
		{"file", doctor.Fail, "documents cannot be moved"},
	} {
		o := patient(t)
		o.Config.Folder = []config.Folder{{Name: "office", Path: filepath.Join(dir, tt.path)}}
		found, well := examine(t, o)
		if c := found["folder office"]; c.State != tt.state || !strings.Contains(c.Words, tt.words) || well != (tt.state == doctor.OK) {
			t.Errorf("%s: %+v, well: %t", tt.path, c, well)
		}
		left, err := filepath.Glob(filepath.Join(dir, "*/.doctor*"))
		if err != nil || len(left) > 0 {
			t.Errorf("left behind: %v %v", left, err)
		}
	}
}
