// Package tiff reads and writes the TIFF container of Internet fax: TIFF 6.0 with the profiles of RFC 3949 (TIFF-FX).
//
// It knows image file directories, fields and strips, and leaves the coded data alone: [ccitt] and [jbig] decode and
// encode what a strip holds.
//
// [Open] is tolerant, because what arrives was written by thirty years of machines: both byte orders, fields in any
// order and of the wrong integer type, directories anywhere in the file, missing byte counts and resolutions. It walks
// the directories only, so a file of 1000 pages costs little, and a page that cannot be used is listed with its Err.
//
// [Writer] is strict. Every profile gets the physical layout that RFC 3949 section 3.5 asks of Profile S: header, and
// then for each page its directory, the two resolutions, one strip. It needs only an [io.Writer].
//
// [Check] names each rule of RFC 3949 that a file breaks.
package tiff
