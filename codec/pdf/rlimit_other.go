//go:build !linux || race

package pdf

// limitData does nothing here: WebAssembly's own memory limit holds.
func limitData(uint64) error { return nil }

// limitCPU does nothing here.
func limitCPU(uint64) {}
