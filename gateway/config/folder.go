package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode/utf8"
)

// Folder is a watched folder: a document that is put into it is faxed.
type Folder struct {
	Name       string   `toml:"name" comment:"in the journal; empty: the last part of path"`
	Path       string   `toml:"path" comment:"the folder; it is made if missing. What was taken is moved to done/ in it, what was refused to failed/"`
	To         []string `toml:"to" comment:"recipients: addresses or contact codes; empty: each document needs a sidecar NAME.json that says"`
	Subject    string   `toml:"subject"`
	HeaderName string   `toml:"header_name" comment:"sender name in the header line, one of fax.name and fax.names; empty: as for every other fax"`
	Stable     Duration `toml:"stable" comment:"a document is whole when it has not changed for so long, or when an empty NAME.done lies beside it"`
	Interval   Duration `toml:"interval" comment:"the folder is looked through this often, besides the notifications of the file system"`
}

func (f *Folder) defaults() {
	if f.Name == "" && f.Path != "" {
		f.Name = filepath.Base(f.Path)
	}
	if f.Stable == 0 {
		f.Stable = Duration(3 * time.Second)
	}
	if f.Interval == 0 {
		f.Interval = Duration(2 * time.Second)
	}
}

func (f *Folder) check(p *problems, key string) {
	p.wants(f.Path != "", key+".path", "the folder to watch")
	p.wants(utf8.RuneCountInString(f.Name) <= 60, key+".name", "at most 60 characters")
	p.wants(f.Stable >= Duration(time.Second) && f.Stable <= Duration(time.Hour), key+".stable", "1s to 1h")
	p.wants(f.Interval >= Duration(time.Second) && f.Interval <= Duration(time.Hour), key+".interval", "1s to 1h")
	for _, to := range f.To {
		p.wants(strings.TrimSpace(to) != "", key+".to", "an address or a contact's code, not an empty one")
	}
	if info, err := os.Stat(f.Path); err == nil {
		p.wants(info.IsDir(), key+".path", "a folder: %s is a file", f.Path)
	}
}

// checkFolders keeps two watchers from taking the same file, and one from taking what another has put away.
func (c *Config) checkFolders(p *problems) {
	for i := range c.Folder {
		f, key := &c.Folder[i], fmt.Sprintf("folder[%d]", i)
		f.check(p, key)
		_, named := c.Fax.SenderName(f.HeaderName)
		p.wants(named, key+".header_name", "fax.name, one of fax.names or the number of its slot, not %q", f.HeaderName)
		p.wants(!within(c.Data, f.Path), key+".path", "a folder outside of the data directory %s", c.Data)
		for j := range c.Folder[:i] {
			other := &c.Folder[j]
			p.wants(f.Name != other.Name, key+".name", "a name that no other folder has, not %q", f.Name)
			p.wants(!within(f.Path, other.Path) && !within(other.Path, f.Path), key+".path", "a folder that is not the same as, inside or around %s of folder[%d]", other.Path, j)
		}
		for j, r := range c.Route {
			p.wants(r.Folder == "" || !samePath(f.Path, r.Folder), key+".path", "another folder than that of route[%d]: what comes in would go out again", j)
		}
	}
}

// within tells whether path is dir or lies below it.
func within(dir, path string) bool {
	rel, err := filepath.Rel(realPath(dir), realPath(path))
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

func samePath(a, b string) bool { return realPath(a) == realPath(b) }

// realPath is the path without symbolic links, as far as it exists.
func realPath(path string) string {
	abs, err := filepath.Abs(path)
	if err != nil {
		return filepath.Clean(path)
	}
	if target, err := filepath.EvalSymlinks(abs); err == nil {
		return target
	}
	return abs
}
