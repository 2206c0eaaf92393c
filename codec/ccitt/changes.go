package ccitt

// Changes is one row of pixels as the columns where its colour changes,
// strictly increasing, beginning from white: the black pixels are those of
// [c[0], c[1]), [c[2], c[3]) and so on, so a row that starts black has c[0] ==
// 0. The list is closed by at least four sentinels equal to the row's width.
type Changes []int32

// sentinels close every list, so that looking up to three changes ahead needs
// no test for the end.
const sentinels = 4

// Width is the number of pixels of the row.
func (c Changes) Width() int { return int(c[len(c)-1]) }

// Blank reports whether the row is all white.
func (c Changes) Blank() bool { return c[0] == c[len(c)-1] }
