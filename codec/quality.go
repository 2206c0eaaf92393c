package codec

import "faxgate/codec/tiff"

// Quality is what TIFF-F's page-quality fields say of a page that came without error correction, RFC 3949 section 4.3.3.
type Quality = tiff.Quality

// Values of CleanFaxData.
const (
	cleanFax    = 0 // no bad lines
	regenerated = 1 // bad lines were replaced
)

// qualityOf is what an archive copy says of a page after a walk over its rows; nil if it came whole. What the file said
// already is still true of the rows, and comes on top.
func qualityOf(p Page) *Quality {
	st := p.Stats()
	q := Quality{BadFaxLines: st.BadRows, ConsecutiveBadFaxLines: st.ConsecutiveBad}
	if st.Partial { // The lines that are lost are white now.
		q.BadFaxLines += st.Missing
		q.ConsecutiveBadFaxLines = max(q.ConsecutiveBadFaxLines, st.Missing)
	}
	if q.BadFaxLines > 0 {
		q.CleanFaxData = regenerated
	}
	if before := p.Quality; before != nil {
		q.BadFaxLines += before.BadFaxLines
		q.ConsecutiveBadFaxLines = max(q.ConsecutiveBadFaxLines, before.ConsecutiveBadFaxLines)
		q.CleanFaxData = max(q.CleanFaxData, before.CleanFaxData)
	}
	if q.BadFaxLines == 0 && q.CleanFaxData == cleanFax {
		return nil
	}
	return &q
}
