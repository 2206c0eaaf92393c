//go:build unix

package blob

import (
	"os"
	"syscall"
)

// lock locks a file for as long as it is open; without wait it fails when another one has it.
func lock(f *os.File, wait bool) error {
	how := syscall.LOCK_EX
	if !wait {
		how |= syscall.LOCK_NB
	}
	return syscall.Flock(int(f.Fd()), how)
}

// move renames an open file. It stays open, and locked, until it has its name.
func move(f *os.File, name string) error { return os.Rename(f.Name(), name) }
