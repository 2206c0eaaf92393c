// The race detector needs more memory than the limit allows, so a program built with it runs without.

//go:build linux && !race

package pdf

import "syscall"

// limitData bounds the memory that this process can write to. RLIMIT_AS would be the wrong limit: WebAssembly reserves
// more than a gigabyte of address space that it never touches.
func limitData(n uint64) error {
	return syscall.Setrlimit(syscall.RLIMIT_DATA, &syscall.Rlimit{Cur: n, Max: n})
}

// limitCPU ends this process when it uses so many more seconds of processor time.
func limitCPU(seconds uint64) {
	var used syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &used) != nil {
		return
	}
	end := uint64(used.Utime.Sec+used.Stime.Sec) + seconds
	var now syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_CPU, &now) == nil {
		now.Cur = min(end, now.Max)
		_ = syscall.Setrlimit(syscall.RLIMIT_CPU, &now)
	}
}
