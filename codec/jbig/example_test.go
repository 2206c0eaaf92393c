package jbig_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"faxgate/codec/jbig"
)

// A page of which nobody knows yet how long it will be goes into JBIG row by row, and comes back.
func Example() {
	var coded bytes.Buffer
	enc, dec := jbig.NewEncoder(), jbig.NewDecoder(jbig.Limits{})
	if err := enc.Reset(&coded, jbig.Params{Width: 1728}); err != nil {
		fmt.Println(err)
	}
	row := make([]byte, 1728/8)
	row[50] = 0x3c
	for range 1000 {
		if err := enc.PutRow(row); err != nil {
			fmt.Println(err)
		}
	}
	if err := enc.Close(); err != nil {
		fmt.Println(err)
	}

	if err := dec.Reset(&coded); err != nil {
		fmt.Println(err)
	}
	for {
		got, err := dec.NextRow()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil || !bytes.Equal(got, row) {
			fmt.Println("another row came back", err)
		}
	}
	fmt.Println(dec.Stats().Rows, "rows, and the page says", dec.Params().Height)
	// Output: 1000 rows, and the page says 1000
}
