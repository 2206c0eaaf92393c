// Package jpeg is the JPEG of colour fax: ITU-T T.81 as ITU-T T.4 annex E and TIFF Technical Note 2 use it, with the colours
// of ITU-T T.42.
//
// [Encoder] codes rows of samples as a baseline stream, eight or sixteen rows at a time, and needs no picture in memory.
// [Decode] gives the samples of a stream as they were coded, without a guess at what they mean: a colour fax looks like
// YCbCr to any other decoder, and in a TIFF file it is the directory that knows. [Model] names the meaning, and [RGB] turns
// samples into colours of sRGB.
//
// [Lab] is the way between sRGB and the CIELAB of T.42, and [ReadHeader] what stands before the coded picture: size,
// sampling, the G3FAX markers of a fax, JFIF, Exif and Adobe's.
package jpeg
