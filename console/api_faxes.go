package console

import (
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"faxgate/gateway"
	"faxgate/spool"
)

// submission is a request to send: its body is read part by part, never as a whole.
type submission struct {
	Key string `header:"Idempotency-Key" maxLength:"200" doc:"The same key never makes a second fax: the first one's id is returned."`

	hc huma.Context
}

// Resolve keeps the request, whose body huma leaves alone.
func (s *submission) Resolve(hc huma.Context) []error {
	s.hc = hc
	return nil
}

// form describes the body of a submission.
func form() *huma.RequestBody {
	text := func(doc string) *huma.Schema { return &huma.Schema{Type: "string", Description: doc} }
	fields := map[string]*huma.Schema{
		"to":      {Type: "array", Items: text("Fax address, or the code of a contact or a group."), Description: "One field for each recipient."},
		"file":    {Type: "array", Items: &huma.Schema{Type: "string", Format: "binary"}, Description: "PDF, TIFF, PNG, JPEG or text; one field for each document."},
		"subject": text("Subject of the mail."),
		"text":    text("Text that goes with the documents."),
	}
	maps.Copy(fields, choiceFields())
	return &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"multipart/form-data": {
		Schema: &huma.Schema{Type: "object", Required: []string{"to"}, Properties: fields},
	}}}
}

func (c *Console) faxOperations(api huma.API) {
	submit := operation(http.MethodPost, "/faxes", "send-fax", "Send documents to one or more recipients", "faxes")
	submit.DefaultStatus = http.StatusAccepted
	huma.Register(api, submit, c.submit)
	api.OpenAPI().Paths[submit.Path].Post.RequestBody = form() // described only after Register: huma would read a body that it knows of into memory
	huma.Register(api, operation(http.MethodGet, "/faxes", "list-faxes", "List sent faxes, newest first", "faxes"),
		func(ctx context.Context, in *list) (*answer[FaxList], error) {
			faxes, err := c.gw.Faxes(ctx, gateway.Page{Before: spool.ID(in.Before), Limit: in.Limit})
			return asked(FaxList{some(faxes), older(faxes, in.Limit, func(f gateway.Fax) spool.ID { return f.ID })}, err)
		})
	huma.Register(api, operation(http.MethodGet, "/faxes/{id}", "show-fax", "Show a fax and every step of its way", "faxes"),
		func(ctx context.Context, in *byID) (*answer[gateway.Fax], error) {
			return asked(c.gw.Fax(ctx, spool.ID(in.ID)))
		})
	c.verb(api, "retry", "Send a failed, expired, uncertain, held or cancelled fax again", c.gw.Retry)
	c.verb(api, "cancel", "Stop a fax that has not been accepted yet", c.gw.Cancel)
	c.again(api, "/faxes/{id}/resend", "resend-fax", "Send the documents of a sent fax as a new one, to the same recipients or to others", "faxes", c.gw.Resend)
	c.download(api, "/faxes/{id}/pdf", "fax-pdf", "The fax as PDF", "application/pdf", c.gw.FaxPDF)
	c.picture(api, "/faxes/{id}/pages/{page}", "fax-page", c.gw.FaxThumbnail)
}

// submit answers 202 as soon as the fax is durably kept.
func (c *Console) submit(ctx context.Context, in *submission) (*answer[Submitted], error) {
	r, w := humago.Unwrap(in.hc)
	id, _, err := c.take(ctx, w, r, in.Key, "api")
	return asked(Submitted{ID: id}, err)
}

// verb registers something that can be done to a fax; it answers with the fax as it stands then.
func (c *Console) verb(api huma.API, name, summary string, do func(context.Context, spool.ID) error) {
	huma.Register(api, operation(http.MethodPost, "/faxes/{id}/"+name, name+"-fax", summary, "faxes"),
		func(ctx context.Context, in *byID) (*answer[gateway.Fax], error) {
			if err := do(ctx, spool.ID(in.ID)); err != nil {
				return nil, apiError(err)
			}
			return asked(c.gw.Fax(ctx, spool.ID(in.ID)))
		})
}

// again registers what makes a new fax of documents that are here already; it answers with the new one's id.
func (c *Console) again(api huma.API, path, id, summary, tag string, do func(context.Context, spool.ID, gateway.SubmitRequest) (spool.ID, error)) {
	op := operation(http.MethodPost, path, id, summary, tag)
	op.DefaultStatus = http.StatusAccepted
	huma.Register(api, op, func(ctx context.Context, in *choicesRequest) (*answer[Submitted], error) {
		r, err := in.request(time.Now())
		if err != nil {
			return nil, apiError(err)
		}
		made, err := do(ctx, spool.ID(in.ID), r)
		return asked(Submitted{ID: made}, err)
	})
}

// binary describes an answer that is no JSON.
func binary(op huma.Operation, kind string) huma.Operation {
	op.Responses = map[string]*huma.Response{"200": {
		Description: "OK", Content: map[string]*huma.MediaType{kind: {Schema: &huma.Schema{Type: "string", Format: "binary"}}},
	}}
	return op
}

// download registers a document that is made while it is sent.
func (c *Console) download(api huma.API, path, id, summary, kind string, write func(context.Context, spool.ID, io.Writer) error) {
	huma.Register(api, binary(operation(http.MethodGet, path, id, summary, "documents"), kind),
		func(_ context.Context, in *byID) (*huma.StreamResponse, error) {
			return &huma.StreamResponse{Body: func(hc huma.Context) {
				r, w := humago.Unwrap(hc)
				c.stream(w, r, kind, in.ID+".pdf", func(w io.Writer) error { return write(r.Context(), spool.ID(in.ID), w) })
			}}, nil
		})
}

// pageOf names one page of a fax and how wide its picture is to be.
type pageOf struct {
	ID    string `path:"id" maxLength:"100"`
	Page  string `path:"page" pattern:"^[1-9][0-9]{0,5}[.]png$" example:"1.png" doc:"The page's number, from 1, and .png."`
	Width int    `query:"width" minimum:"16" maximum:"2400" default:"400" doc:"Pixels."`
}

// number is the page's number, from 1; 0 for what is none.
func (p *pageOf) number() int {
	n, err := strconv.Atoi(strings.TrimSuffix(p.Page, ".png"))
	if err != nil {
		return 0
	}
	return n
}

// picture registers the pictures of pages.
func (c *Console) picture(api huma.API, path, id string, write func(context.Context, spool.ID, int, int, io.Writer) error) {
	op := binary(operation(http.MethodGet, path, id, "A page as a picture", "documents"), "image/png")
	huma.Register(api, op, func(_ context.Context, in *pageOf) (*huma.StreamResponse, error) {
		return &huma.StreamResponse{Body: func(hc huma.Context) {
			r, w := humago.Unwrap(hc)
			c.stream(w, r, "image/png", "", func(w io.Writer) error { return write(r.Context(), spool.ID(in.ID), in.number(), in.Width, w) })
		}}, nil
	})
}

// stream sends what write makes. An error before the first byte is told; after it, cutting the connection is the only way to tell that the rest is missing.
func (c *Console) stream(w http.ResponseWriter, r *http.Request, kind, name string, write func(io.Writer) error) {
	out := &lateWriter{w: w, rc: http.NewResponseController(w), kind: kind, name: name}
	err := write(out)
	switch {
	case err == nil:
	case r.Context().Err() != nil, out.begun:
		c.log.InfoContext(r.Context(), "download broken off", "path", r.URL.Path, "error", err)
		panic(http.ErrAbortHandler)
	default:
		status, words := statusOf(err)
		c.refuse(w, r, status, words)
	}
}

// lateWriter sets the headers of a good answer only once there is something to send, and keeps a slow but living download alive.
type lateWriter struct {
	w          http.ResponseWriter
	rc         *http.ResponseController
	kind, name string
	begun      bool
}

// Write sends.
func (l *lateWriter) Write(p []byte) (int, error) {
	if !l.begun {
		l.begun = true
		l.w.Header().Set("Content-Type", l.kind)
		if l.name != "" {
			l.w.Header().Set("Content-Disposition", disposition("inline", l.name))
		}
	}
	if err := l.rc.SetWriteDeadline(time.Now().Add(time.Minute)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return 0, err
	}
	return l.w.Write(p)
}
