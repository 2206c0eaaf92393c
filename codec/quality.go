package codec

import "faxgate/codec/tiff"

// Quality is what TIFF-F's page-quality fields say of a page that came without error correction, RFC 3949 section 4.3.3.
type Quality = tiff.Quality
