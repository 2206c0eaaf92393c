package doctor

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/windows"
)

// freeBytes is what this user may still write.
func freeBytes(dir string) (int64, error) {
	path, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return 0, err
	}
	var free uint64
	if err := windows.GetDiskFreeSpaceEx(path, &free, nil, nil); err != nil {
		return 0, err
	}
	return int64(free), nil
}

// locked tells whether a process holds the lock of a data directory: it has the file open and shares it with nobody.
func locked(file string) (bool, error) {
	f, err := os.Open(file)
	switch {
	case err == nil:
		return false, f.Close()
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case errors.Is(err, windows.ERROR_SHARING_VIOLATION):
		return true, nil
	default:
		return false, err
	}
}
