//go:build !unix

package blob

import "os"

// lock has nothing to do: this system does not remove a file that somebody has open.
func lock(*os.File, bool) error { return nil }

// move closes a file and renames it: this system does not rename one that is open.
func move(f *os.File, name string) error {
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}
