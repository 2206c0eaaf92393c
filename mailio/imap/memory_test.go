package imap

import "runtime"

// allocated is the number of octets ever allocated, freed or not.
func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}
