package main

import "faxgate/codec/pdf"

type pdfWorkerCmd struct{}

// Run is the other side of codec/pdf: documents come on standard input, pages go out on standard output.
func (*pdfWorkerCmd) Run(a *app) error { return pdf.Serve(a.stdin, a.stdout) }
