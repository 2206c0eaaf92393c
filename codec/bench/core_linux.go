package main

import (
	"runtime"
	"time"

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

// cpuTime is the time that this thread has been computing: whatever else runs on
// the machine does not count.
func cpuTime() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t); err != nil {
		panic("bench: the thread's clock cannot be read: " + err.Error())
	}
	return time.Duration(t.Nano())
}
