package pdf

import "syscall"

// limitData bounds the memory that this process can write to. RLIMIT_AS would be the wrong limit: WebAssembly reserves
// more than a gigabyte of address space that it never touches.
func limitData(n uint64) error {
	return syscall.Setrlimit(syscall.RLIMIT_DATA, &syscall.Rlimit{Cur: n, Max: n})
}
