package codec

import (
	"fmt"
	"os"
	"testing"

	"faxgate/codec/pdf"
)

// workerArg makes the test binary a PDF worker, as faxgate's own command does.
const workerArg = "codec-test-pdf-worker"

// parentArg makes the test binary a program that renders a page that never ends.
const parentArg = "codec-test-parent"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == workerArg {
		if err := pdf.Serve(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if len(os.Args) > 1 && os.Args[1] == parentArg {
		renderEndless(os.Args[2])
	}
	if len(os.Args) > 1 && os.Args[1] == damagedArg {
		workOnDamaged()
		os.Exit(0)
	}
	os.Exit(m.Run())
}
