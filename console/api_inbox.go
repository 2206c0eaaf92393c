package console

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"faxgate/gateway"
	"faxgate/spool"
)

func (c *Console) inboxOperations(api huma.API) {
	huma.Register(api, operation(http.MethodGet, "/inbox", "list-inbox", "List received faxes, newest first", "inbox"),
		func(ctx context.Context, in *list) (*answer[InboxList], error) {
			faxes, err := c.gw.Inbox(ctx, gateway.Page{Before: spool.ID(in.Before), Limit: in.Limit})
			return asked(InboxList{some(faxes), older(faxes, in.Limit, func(f gateway.InboxFax) spool.ID { return f.ID })}, err)
		})
	huma.Register(api, operation(http.MethodGet, "/inbox/{id}", "show-inbox", "Show a received fax, its receipt and where it was passed on to", "inbox"),
		func(ctx context.Context, in *byID) (*answer[gateway.InboxFax], error) {
			return asked(c.gw.InboxFax(ctx, spool.ID(in.ID)))
		})
	c.again(api, "/inbox/{id}/forward", "forward-inbox", "Fax the readable documents of a received fax to somebody else", "inbox", c.gw.Forward)
	c.download(api, "/inbox/{id}/pdf", "inbox-pdf", "The received fax as PDF", "application/pdf", c.gw.InboxPDF)
	c.picture(api, "/inbox/{id}/pages/{page}", "inbox-page", c.gw.InboxThumbnail)
	c.original(api, "/inbox/{id}/raw", "inbox-raw", "The mail as it came", "message/rfc822", c.raw)
	c.tiff(api, "/inbox/{id}/tiff", "inbox-tiff", "The received fax as TIFF: the document as it came where it is one TIFF, else all readable pages (MMR)")
	c.original(api, "/documents/{id}", "document", "Any document as it came", "application/octet-stream", c.document)
}

// whole is a kept file.
type whole struct {
	name, kind string
	blob       spool.Blob
}

func (c *Console) raw(ctx context.Context, id spool.ID) (whole, error) {
	b, err := c.gw.InboxRaw(ctx, id)
	return whole{string(id) + ".eml", "message/rfc822", b}, err
}

func (c *Console) document(ctx context.Context, id spool.ID) (whole, error) {
	d, b, err := c.gw.Document(ctx, id)
	return whole{d.Name, d.Type, b}, err
}

// tiff registers the received fax as TIFF.
func (c *Console) tiff(api huma.API, path, id, summary string) {
	huma.Register(api, binary(operation(http.MethodGet, path, id, summary, "documents"), "image/tiff"),
		func(_ context.Context, in *byID) (*huma.StreamResponse, error) {
			return &huma.StreamResponse{Body: func(hc huma.Context) {
				r, w := humago.Unwrap(hc)
				c.serveTIFF(w, r, spool.ID(in.ID))
			}}, nil
		})
}

// serveTIFF sends the document as it came where it is one whole TIFF, as machines send it, and otherwise makes one of all readable pages.
func (c *Console) serveTIFF(w http.ResponseWriter, r *http.Request, id spool.ID) {
	fax, err := c.gw.InboxFax(r.Context(), id)
	if err != nil {
		status, words := statusOf(err)
		c.refuse(w, r, status, words)
		return
	}
	if docs := fax.Documents; len(docs) == 1 && docs[0].Type == "image/tiff" {
		c.serve(w, r, docs[0].ID, c.document)
		return
	}
	c.stream(w, r, "image/tiff", string(id)+".tif", func(w io.Writer) error { return c.gw.InboxTIFF(r.Context(), id, w) })
}

// original registers files that are kept as they came.
func (c *Console) original(api huma.API, path, id, summary, kind string, open func(context.Context, spool.ID) (whole, error)) {
	huma.Register(api, binary(operation(http.MethodGet, path, id, summary, "documents"), kind),
		func(_ context.Context, in *byID) (*huma.StreamResponse, error) {
			return &huma.StreamResponse{Body: func(hc huma.Context) {
				r, w := humago.Unwrap(hc)
				c.serve(w, r, spool.ID(in.ID), open)
			}}, nil
		})
}

// serve sends a kept file, always as a download: what strangers have sent is never shown as a page of ours.
func (c *Console) serve(w http.ResponseWriter, r *http.Request, id spool.ID, open func(context.Context, spool.ID) (whole, error)) {
	f, err := open(r.Context(), id)
	if err != nil {
		status, words := statusOf(err)
		c.refuse(w, r, status, words)
		return
	}
	defer f.blob.Close()
	kind := f.kind
	if kind == "" || kind == "text/html" || kind == "image/svg+xml" {
		kind = "application/octet-stream"
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", disposition("attachment", f.name))
	out := &slow{ResponseWriter: w, rc: http.NewResponseController(w)}
	http.ServeContent(out, r, "", time.Time{}, io.NewSectionReader(f.blob, 0, f.blob.Size()))
}

// slow keeps a slow but living download alive.
type slow struct {
	http.ResponseWriter
	rc *http.ResponseController
}

// Write sends.
func (s *slow) Write(p []byte) (int, error) {
	_ = s.rc.SetWriteDeadline(time.Now().Add(time.Minute)) // not every writer has one; then there is nothing to move
	return s.ResponseWriter.Write(p)
}
