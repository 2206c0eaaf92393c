package main

import (
	"errors"

	"faxgate/codec/bench/pages"
)

// jbigBuilt says whether there is a codec to measure.
const jbigBuilt = false

var errNoJBIG = errors.New("there is no JBIG codec yet")

func (o *ours) encodeJBIG(pages.Page) error { return errNoJBIG }

func (o *ours) decodeJBIG(pages.Page, []byte) error { return errNoJBIG }
