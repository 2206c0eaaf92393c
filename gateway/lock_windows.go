package gateway

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// lockDir takes the data directory for this process: a file that is opened without sharing, which the system closes with the process.
func lockDir(dir string) (*os.File, error) {
	name := filepath.Join(dir, "lock")
	path, err := syscall.UTF16PtrFromString(name)
	if err != nil {
		return nil, fmt.Errorf("lock the data directory: %w", err)
	}
	h, err := syscall.CreateFile(path, syscall.GENERIC_READ|syscall.GENERIC_WRITE, 0, nil, syscall.OPEN_ALWAYS, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	if err != nil {
		return nil, fmt.Errorf("%w: %s is in use by another faxgate; stop it, or give this one a data directory of its own (%w)", ErrLocked, dir, err)
	}
	return os.NewFile(uintptr(h), name), nil
}
