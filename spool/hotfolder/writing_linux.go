package hotfolder

import (
	"errors"
	"os"
	"syscall"
)

// beingWritten tells whether another process has the file open for writing: the kernel grants a read lease only when none has (fcntl(2), F_SETLEASE). It grants them on local file systems to the
// file's owner only; where it says nothing, the stable time decides alone.
func beingWritten(root *os.Root, name string) bool {
	f, err := root.OpenFile(name, openFlags, 0)
	if err != nil {
		return false
	}
	defer f.Close()
	busy := false
	conn, err := f.SyscallConn()
	if err != nil {
		return false
	}
	err = conn.Control(func(fd uintptr) {
		busy = errors.Is(setLease(fd, syscall.F_RDLCK), syscall.EAGAIN)
		if !busy {
			_ = setLease(fd, syscall.F_UNLCK) // the close ends it as well
		}
	})
	return err == nil && busy
}

func setLease(fd uintptr, kind int) error {
	if _, _, e := syscall.Syscall(syscall.SYS_FCNTL, fd, syscall.F_SETLEASE, uintptr(kind)); e != 0 {
		return e
	}
	return nil
}
