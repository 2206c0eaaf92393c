//go:build !linux

package main

import "runtime"

// pin leaves the choice of a core to the system.
func pin(int) error {
	runtime.GOMAXPROCS(1)
	runtime.LockOSThread()
	return nil
}
