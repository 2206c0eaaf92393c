//go:build !linux

package main

import (
	"runtime"
	"time"
)

// pin leaves the choice of a core to the system.
func pin(int) error {
	runtime.GOMAXPROCS(1)
	runtime.LockOSThread()
	return nil
}

// cpuTime is the time of the clock on the wall.
func cpuTime() time.Duration { return time.Duration(time.Now().UnixNano()) }
