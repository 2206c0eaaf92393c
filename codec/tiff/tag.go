package tiff

import "fmt"

// Tag is the number of a TIFF field.
type Tag uint16

// The fields that fax uses: TIFF 6.0 section 8, RFC 3949 section 2.2 and TIFF Technical Notes 1 and 2.
const (
	TagNewSubfileType         Tag = 254
	TagImageWidth             Tag = 256
	TagImageLength            Tag = 257
	TagBitsPerSample          Tag = 258
	TagCompression            Tag = 259
	TagPhotometric            Tag = 262
	TagFillOrder              Tag = 266
	TagDocumentName           Tag = 269
	TagImageDescription       Tag = 270
	TagStripOffsets           Tag = 273
	TagOrientation            Tag = 274
	TagSamplesPerPixel        Tag = 277
	TagRowsPerStrip           Tag = 278
	TagStripByteCounts        Tag = 279
	TagXResolution            Tag = 282
	TagYResolution            Tag = 283
	TagPlanarConfiguration    Tag = 284
	TagXPosition              Tag = 286
	TagYPosition              Tag = 287
	TagT4Options              Tag = 292
	TagT6Options              Tag = 293
	TagResolutionUnit         Tag = 296
	TagPageNumber             Tag = 297
	TagSoftware               Tag = 305
	TagDateTime               Tag = 306
	TagTileWidth              Tag = 322
	TagTileLength             Tag = 323
	TagTileOffsets            Tag = 324
	TagTileByteCounts         Tag = 325
	TagBadFaxLines            Tag = 326
	TagCleanFaxData           Tag = 327
	TagConsecutiveBadFaxLines Tag = 328
	TagSubIFDs                Tag = 330
	TagIndexed                Tag = 346
	TagJPEGTables             Tag = 347
	TagGlobalParametersIFD    Tag = 400
	TagProfileType            Tag = 401
	TagFaxProfile             Tag = 402
	TagCodingMethods          Tag = 403
	TagVersionYear            Tag = 404
	TagModeNumber             Tag = 405
	TagDecode                 Tag = 433
	TagImageBaseColor         Tag = 434
	TagT82Options             Tag = 435
	TagChromaSubSampling      Tag = 530
	TagChromaPositioning      Tag = 531
	TagStripRowCounts         Tag = 559
	TagImageLayer             Tag = 34732
)

// tagNames are the names in the words of TIFF 6.0 and RFC 3949.
var tagNames = map[Tag]string{
	TagNewSubfileType: "NewSubfileType", TagImageWidth: "ImageWidth", TagImageLength: "ImageLength",
	TagBitsPerSample: "BitsPerSample", TagCompression: "Compression", TagPhotometric: "PhotometricInterpretation",
	TagFillOrder: "FillOrder", TagDocumentName: "DocumentName", TagImageDescription: "ImageDescription",
	TagStripOffsets: "StripOffsets", TagOrientation: "Orientation", TagSamplesPerPixel: "SamplesPerPixel",
	TagRowsPerStrip: "RowsPerStrip", TagStripByteCounts: "StripByteCounts", TagXResolution: "XResolution",
	TagYResolution: "YResolution", TagPlanarConfiguration: "PlanarConfiguration", TagXPosition: "XPosition",
	TagYPosition: "YPosition", TagT4Options: "T4Options", TagT6Options: "T6Options",
	TagResolutionUnit: "ResolutionUnit", TagPageNumber: "PageNumber", TagSoftware: "Software",
	TagDateTime: "DateTime", TagTileWidth: "TileWidth", TagTileLength: "TileLength",
	TagTileOffsets: "TileOffsets", TagTileByteCounts: "TileByteCounts", TagBadFaxLines: "BadFaxLines",
	TagCleanFaxData: "CleanFaxData", TagConsecutiveBadFaxLines: "ConsecutiveBadFaxLines",
	TagSubIFDs: "SubIFDs", TagIndexed: "Indexed", TagJPEGTables: "JPEGTables",
	TagGlobalParametersIFD: "GlobalParametersIFD", TagProfileType: "ProfileType", TagFaxProfile: "FaxProfile",
	TagCodingMethods: "CodingMethods", TagVersionYear: "VersionYear", TagModeNumber: "ModeNumber",
	TagDecode: "Decode", TagImageBaseColor: "ImageBaseColor", TagT82Options: "T82Options",
	TagChromaSubSampling: "ChromaSubSampling", TagChromaPositioning: "ChromaPositioning",
	TagStripRowCounts: "StripRowCounts", TagImageLayer: "ImageLayer",
}

// String gives the field's name and number.
func (t Tag) String() string {
	if name, ok := tagNames[t]; ok {
		return fmt.Sprintf("%s (%d)", name, uint16(t))
	}
	return fmt.Sprintf("field %d", uint16(t))
}

// Type is the type of a field's values, TIFF 6.0 section 2.
type Type uint16

// The types of TIFF 6.0, and IFD of TIFF Technical Note 1.
const (
	TypeByte Type = 1 + iota
	TypeASCII
	TypeShort
	TypeLong
	TypeRational
	TypeSByte
	TypeUndefined
	TypeSShort
	TypeSLong
	TypeSRational
	TypeFloat
	TypeDouble
	TypeIFD
)

// typeSizes are bytes per value, indexed by Type; 0 is no type.
var typeSizes = [...]int64{0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4}

// typeNames are the names in the words of TIFF 6.0, indexed by Type.
var typeNames = [...]string{
	"", "BYTE", "ASCII", "SHORT", "LONG", "RATIONAL", "SBYTE", "UNDEFINED",
	"SSHORT", "SLONG", "SRATIONAL", "FLOAT", "DOUBLE", "IFD",
}

// size gives the bytes of one value, 0 for an unknown type.
func (t Type) size() int64 {
	if int(t) >= len(typeSizes) {
		return 0
	}
	return typeSizes[t]
}

// String gives the type's name.
func (t Type) String() string {
	if t == 0 || int(t) >= len(typeNames) {
		return fmt.Sprintf("type %d", uint16(t))
	}
	return typeNames[t]
}

// Values of Compression that occur in fax or that a reader may name: TIFF 6.0 and RFC 3949 section 2.2.1.
const (
	CompressionNone     = 1
	CompressionRLE      = 2 // MH without EOL, each row on a byte boundary; not part of RFC 3949.
	CompressionT4       = 3 // MH or MR, see T4Options.
	CompressionT6       = 4 // MMR.
	CompressionLZW      = 5
	CompressionOldJPEG  = 6
	CompressionJPEG     = 7
	CompressionDeflate  = 8
	CompressionT85      = 9  // JBIG, T.85.
	CompressionT43      = 10 // JBIG, T.43.
	CompressionRLEW     = 32771
	CompressionPackBits = 32773
)

// Values of PhotometricInterpretation.
const (
	WhiteIsZero = 0
	BlackIsZero = 1
	RGB         = 2
	Palette     = 3
	CMYK        = 5
	YCbCr       = 6
	CIELab      = 8
	ITULab      = 10
)

// Bits of T4Options and T6Options, RFC 3949 sections 3.2.2 and 4.2.2. Test them one by one: others are reserved.
const (
	T4TwoDimensional = 1 << 0
	T4Uncompressed   = 1 << 1
	T4ByteAligned    = 1 << 2
	T6Uncompressed   = 1 << 1
)
