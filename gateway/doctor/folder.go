package doctor

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"faxgate/gateway/config"
	"faxgate/spool/hotfolder"
)

// folder tells whether documents can be taken from a watched folder and put away.
func (e *examination) folder(f config.Folder) {
	name, mend := "folder "+f.Name, "give "+f.Path+" to the user that runs faxgate, with what lies in it"
	if _, err := os.Stat(f.Path); errors.Is(err, fs.ErrNotExist) {
		e.parent(name, f.Path)
		return
	}
	for _, dir := range []string{f.Path, filepath.Join(f.Path, hotfolder.DoneDir), filepath.Join(f.Path, hotfolder.FailedDir)} {
		if err := writable(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
			e.say(name, Fail, mend, "documents cannot be moved: %v", err)
			return
		}
	}
	if _, err := os.ReadDir(f.Path); err != nil {
		e.say(name, Fail, mend, "%v", err)
		return
	}
	e.ok(name, "documents put into %s are faxed", f.Path)
}
