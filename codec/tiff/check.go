package tiff

import "io"

// Finding is one broken rule of RFC 3949.
type Finding struct {
	Page    int    // from 1; 0 concerns the file as a whole
	Should  bool   // the RFC recommends it, but does not require it
	Rule    string // what is asked, in words
	Section string // where, for example "RFC 3949 section 3.5"
	Text    string // what was found
}

// Check names each rule of RFC 3949 that the file breaks.
func Check(r io.ReaderAt, size int64, profile byte) ([]Finding, error) { return nil, ErrNotTIFF }
