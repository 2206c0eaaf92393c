package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"faxgate/gateway/config"
)

func TestFoldersAreFilled(t *testing.T) {
	file := write(t, "[[folder]]\npath = \"scans/office\"\nto = [\"fax@b.example\"]\n")
	c, err := config.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	f := c.Folder[0]
	if f.Name != "office" || f.Path != filepath.Join(filepath.Dir(file), "scans/office") || f.Stable.D() != 3*time.Second || f.Interval.D() != 2*time.Second {
		t.Errorf("folder defaults: %+v", f)
	}
}

func TestFoldersThatCannotWork(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"file": "x", "faxgate.toml": ""} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "real"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("real", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, text, want string }{
		{"no path", "[[folder]]\nname = \"a\"", "folder[0].path: give the folder to watch"},
		{"a file", "[[folder]]\npath = \"file\"", "is a file"},
		{"same name", "[[folder]]\npath = \"x/scan\"\n[[folder]]\npath = \"y/scan\"", "a name that no other folder has, not \"scan\""},
		{"inside", "[[folder]]\npath = \"scan\"\n[[folder]]\npath = \"scan/done\"", "inside or around"},
		{"the same by a link", "[[folder]]\npath = \"real\"\n[[folder]]\npath = \"link\"", "inside or around"},
		{"in the data", "data = \"d\"\n[[folder]]\npath = \"d/scan\"", "outside of the data directory"},
		{"too quick", "[[folder]]\npath = \"scan\"\nstable = \"100ms\"", "folder[0].stable: give 1s to 1h"},
		{"unknown name", "[[folder]]\npath = \"scan\"\nheader_name = \"Nobody\"", "folder[0].header_name"},
		{"empty recipient", "[[folder]]\npath = \"scan\"\nto = [\" \"]", "not an empty one"},
		{"a loop", "[fax]\naddresses = [\"fax@a.example\"]\n[[route]]\nfolder = \"real\"\n[[folder]]\npath = \"link\"", "what comes in would go out again"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			file := filepath.Join(dir, "faxgate.toml")
			if err := os.WriteFile(file, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := config.Read(file); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q in it", err, tt.want)
			}
		})
	}
}
