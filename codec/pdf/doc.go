// Package pdf writes and reads PDF for fax: ISO 32000-1, of which the written files need only what PDF 1.4 has.
//
// [Writer] streams: each page is one image whose coded data (CCITTFaxDecode of T.4 and T.6, DCTDecode of JPEG) is
// passed through as it is, and the page's size on paper comes from the resolution, so that a fax of 204×98 dots per
// inch has its proper shape.
//
// [Reader] renders the pages of a PDF document to grey rows. A document may be hostile, so PDFium, compiled to
// WebAssembly, does that in a process of its own: [Serve] is that process's main loop, [WorkerOptions] says how to start
// it and what it may cost.
package pdf
