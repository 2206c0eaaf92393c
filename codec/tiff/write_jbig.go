package tiff

// jbigFields lists the entries of a page of profile J, RFC 3949 section 5.2. Its bytes are as T.82 has them (FillOrder 1),
// because programs that take JBIG from a TIFF file do not all ask for their order.
func (p *PageWriter) jbigFields() (fields []field, blobs []blob) {
	for _, f := range p.fields() {
		switch f.tag {
		case TagCompression:
			f.value = CompressionT85
		case TagFillOrder:
			f.value = 1
		case TagT4Options, TagT6Options:
			continue
		}
		fields = append(fields, f)
	}
	if p.number == 0 {
		fields = append(fields, field{TagGlobalParametersIFD, TypeIFD, 1, 0})
		blobs = append(blobs, blob{TagGlobalParametersIFD, global(faxProfileJ, codingJBIG)})
	}
	return append(fields, field{TagT82Options, TypeLong, 1, 0}), blobs
}
