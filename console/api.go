package console

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"faxgate/gateway"
	"faxgate/spool"
)

// apiPath is where every path of the API begins.
const apiPath = "/api/v1"

// Submitted answers a submission.
type Submitted struct {
	ID spool.ID `json:"id" doc:"The fax; ask for it at /api/v1/faxes/{id}."`
}

// FaxList is a page of sent faxes.
type FaxList struct {
	Faxes []gateway.Fax `json:"faxes"`
	Next  spool.ID      `json:"next,omitempty" doc:"Give it as before= to get the next page."`
}

// InboxList is a page of received faxes.
type InboxList struct {
	Faxes []gateway.InboxFax `json:"faxes"`
	Next  spool.ID           `json:"next,omitempty" doc:"Give it as before= to get the next page."`
}

// PeerList is what is known of other machines.
type PeerList struct {
	Peers []gateway.PeerView `json:"peers"`
}

// Journal is a page of what happened, newest first.
type Journal struct {
	Events []gateway.JournalLine `json:"events"`
}

// TokenList is all tokens, without their secrets.
type TokenList struct {
	Tokens []spool.Token `json:"tokens"`
}

// TokenRequest asks for a token.
type TokenRequest struct {
	Name string `json:"name" minLength:"1" maxLength:"100" doc:"What the token is for."`
}

// NewToken is a token with its secret, which is told this once.
type NewToken struct {
	ID    spool.ID `json:"id"`
	Name  string   `json:"name"`
	Token string   `json:"token"`
}

// LoginLink opens the console in one browser, once.
type LoginLink struct {
	URL string `json:"url"`
}

// answer is what an operation returns: a body, and a status if it is not 200.
type answer[T any] struct{ Body T }

// byID names a fax, a received fax, a document or a token.
type byID struct {
	ID string `path:"id" maxLength:"100"`
}

// list selects a page of a list.
type list struct {
	Before string `query:"before" maxLength:"100" doc:"Only those older than this one."`
	Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"50"`
}

// api builds the REST API and its OpenAPI description.
func (c *Console) api() http.Handler {
	mux := http.NewServeMux()
	cfg := huma.DefaultConfig("faxgate", c.version)
	cfg.DocsPath, cfg.SchemasPath, cfg.CreateHooks = "", "", nil // no page that loads from elsewhere, no $schema members
	cfg.OpenAPIPath = apiPath + "/openapi"
	cfg.Info.Description = "Internet faxes (ITU-T T.37): send them, see what became of them, and read what came in. Errors are RFC 9457 problems."
	cfg.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"token": {Type: "http", Scheme: "bearer"}}
	cfg.Security = []map[string][]string{{"token": {}}}
	api := humago.New(mux, cfg)
	c.faxOperations(api)
	c.inboxOperations(api)
	c.routeOperations(api)
	c.otherOperations(api)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		problem(w, http.StatusNotFound, "There is nothing at "+r.Method+" "+r.URL.Path+". "+apiPath+"/openapi.json lists what there is.")
	})
	return mux
}

func operation(method, path, id, summary, tag string) huma.Operation {
	return huma.Operation{OperationID: id, Method: method, Path: apiPath + path, Summary: summary, Tags: []string{tag}}
}

// asked runs a question to the gateway and words its errors.
func asked[T any](v T, err error) (*answer[T], error) {
	if err != nil {
		return nil, apiError(err)
	}
	return &answer[T]{Body: v}, nil
}

// apiError turns an error of the gateway into a problem document with the right status.
func apiError(err error) error {
	status, words := statusOf(err)
	return huma.NewError(status, words)
}

// statusOf is the HTTP status of an error and the words for a person.
func statusOf(err error) (int, string) {
	if ie, ok := errors.AsType[*gateway.InputError](err); ok {
		return http.StatusBadRequest, ie.Error()
	}
	if he, ok := errors.AsType[*uploadError](err); ok {
		return he.status, he.Error()
	}
	switch {
	case errors.Is(err, gateway.ErrNotFound), errors.Is(err, spool.ErrNotFound):
		return http.StatusNotFound, "There is no such fax, document, contact, group, token or machine here: `faxgate job list`, `inbox list`, `contact list`, `group list`, `peer list` and `token list` show what there is."
	case errors.Is(err, gateway.ErrState):
		return http.StatusConflict, err.Error()
	case errors.Is(err, gateway.ErrLowDisk):
		return http.StatusServiceUnavailable, "The gateway's disk is nearly full: nothing is taken until there is room. Try again later."
	case errors.Is(err, context.Canceled):
		return http.StatusServiceUnavailable, "The gateway is stopping. Try again later."
	default:
		return http.StatusInternalServerError, "The gateway could not do this: " + err.Error()
	}
}

// older gives the id to ask for the next page with: none when this one was not full.
func older[T any](items []T, limit int, id func(T) spool.ID) spool.ID {
	if len(items) < limit || len(items) == 0 {
		return ""
	}
	return id(items[len(items)-1])
}

// some makes sure that a list is written as [], never as null.
func some[T any](items []T) []T {
	if items == nil {
		return []T{}
	}
	return items
}

// longWork is the time limit of work that a request may start, such as keeping an upload.
const longWork = 10 * time.Minute
