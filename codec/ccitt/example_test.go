package ccitt_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"faxgate/codec/ccitt"
)

// A page goes from MH to MMR on its change lists, without a bitmap.
func Example() {
	var mh, mmr bytes.Buffer
	enc, dec := ccitt.NewEncoder(), ccitt.NewDecoder(ccitt.Limits{})
	t4 := ccitt.Params{Coding: ccitt.MH, EOL: true, Width: 1728}
	if err := enc.Reset(&mh, t4); err != nil {
		fmt.Println(err)
	}
	for range 100 {
		if err := enc.PutChanges(ccitt.Changes{400, 410, 1728, 1728, 1728, 1728}); err != nil {
			fmt.Println(err)
		}
	}
	if err := enc.Close(); err != nil {
		fmt.Println(err)
	}
	before := mh.Len()

	t6 := ccitt.Params{Coding: ccitt.MMR, Width: 1728}
	if err := errors.Join(dec.Reset(&mh, t4), enc.Reset(&mmr, t6)); err != nil {
		fmt.Println(err)
	}
	for {
		row, err := dec.NextRow()
		if errors.Is(err, io.EOF) {
			break
		}
		if err := errors.Join(err, enc.PutChanges(row)); err != nil {
			fmt.Println(err)
			return
		}
	}
	if err := enc.Close(); err != nil {
		fmt.Println(err)
	}
	fmt.Printf("%d rows, %d bytes of MH, %d of MMR\n", dec.Stats().Rows, before, mmr.Len())
	// Output: 100 rows, 625 bytes of MH, 44 of MMR
}
