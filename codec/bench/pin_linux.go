package main

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// pin keeps the process and those that it starts on one core; -1 is the last of
// those that it may use.
func pin(core int) error {
	runtime.GOMAXPROCS(1)
	runtime.LockOSThread()
	var may, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &may); err != nil {
		return err
	}
	for i := range len(may) * 64 {
		if core == i || core < 0 && may.IsSet(i) {
			one.Zero()
			one.Set(i)
		}
	}
	return unix.SchedSetaffinity(0, &one)
}
