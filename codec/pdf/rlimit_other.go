//go:build !linux

package pdf

// limitData does nothing where the system has no such limit: WebAssembly's own memory limit holds there.
func limitData(uint64) error { return nil }

// limitCPU does nothing where the system has no such limit.
func limitCPU(uint64) {}
