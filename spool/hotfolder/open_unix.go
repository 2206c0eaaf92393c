//go:build unix

package hotfolder

import (
	"os"
	"syscall"
)

// openFlags never wait for the other end of a pipe and follow no symbolic link that has taken a file's place.
const openFlags = os.O_RDONLY | syscall.O_NONBLOCK | syscall.O_NOFOLLOW

func syncDir(root *os.Root, name string) error {
	d, err := root.Open(name)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
