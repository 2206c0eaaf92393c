package console

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"faxgate/gateway"
)

// ContactList is the address book, by name.
type ContactList struct {
	Contacts []gateway.Contact `json:"contacts"`
}

// GroupList is all groups, by code.
type GroupList struct {
	Groups []gateway.Group `json:"groups"`
}

// byWho names a contact by its address or code, or a group by its code.
type byWho struct {
	Who string `path:"who" maxLength:"320" doc:"The contact's address or code; the group's code."`
}

// replacement is what takes the place of the entry that is named.
type replacement[T any] struct {
	Who  string `path:"who" maxLength:"320" doc:"The contact's address or code; the group's code."`
	Body T
}

// contactBook is an upload of contacts; its body is read as a stream.
type contactBook struct {
	Format  string `query:"format" enum:"csv,toml" default:"csv"`
	Partial bool   `query:"partial" doc:"Import the good lines although others are bad."`

	hc huma.Context
}

// Resolve keeps the request, whose body huma leaves alone.
func (b *contactBook) Resolve(hc huma.Context) []error {
	b.hc = hc
	return nil
}

func (c *Console) contactOperations(api huma.API) {
	huma.Register(api, operation(http.MethodGet, "/contacts", "list-contacts", "List the address book", "contacts"),
		func(ctx context.Context, _ *struct{}) (*answer[ContactList], error) {
			list, err := c.gw.Contacts(ctx)
			return asked(ContactList{some(list)}, err)
		})
	add := operation(http.MethodPost, "/contacts", "add-contact", "Add a contact", "contacts")
	add.DefaultStatus = http.StatusCreated
	huma.Register(api, add, func(ctx context.Context, in *struct{ Body gateway.Contact }) (*answer[gateway.Contact], error) {
		return asked(c.gw.AddContact(ctx, in.Body))
	})
	huma.Register(api, operation(http.MethodGet, "/contacts/{who}", "show-contact", "Show a contact, and how and why the next fax to it would go", "contacts"),
		func(ctx context.Context, in *byWho) (*answer[gateway.ContactView], error) {
			return asked(c.gw.Contact(ctx, in.Who))
		})
	huma.Register(api, operation(http.MethodPut, "/contacts/{who}", "edit-contact", "Replace a contact", "contacts"),
		func(ctx context.Context, in *replacement[gateway.Contact]) (*answer[gateway.Contact], error) {
			return asked(c.gw.SetContact(ctx, in.Who, in.Body))
		})
	c.removal(api, "/contacts/{who}", "remove-contact", "Remove a contact", "contacts", c.gw.RemoveContact)
	c.contactFiles(api)
	c.groupOperations(api)
}

// contactFiles registers the import and the export of the address book.
func (c *Console) contactFiles(api huma.API) {
	load := operation(http.MethodPost, "/contacts/import", "import-contacts", "Import contacts from CSV or TOML: all of them, or none if a line is bad", "contacts")
	huma.Register(api, load, c.importContacts)
	api.OpenAPI().Paths[load.Path].Post.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		"text/csv": {Schema: &huma.Schema{Type: "string"}}, "application/toml": {Schema: &huma.Schema{Type: "string"}},
	}}
	huma.Register(api, binary(operation(http.MethodGet, "/contacts/export", "export-contacts", "The address book as CSV", "contacts"), "text/csv"),
		func(context.Context, *struct{}) (*huma.StreamResponse, error) {
			return &huma.StreamResponse{Body: func(hc huma.Context) {
				r, w := humago.Unwrap(hc)
				c.stream(w, r, "text/csv; charset=utf-8", "contacts.csv", func(w io.Writer) error { return c.gw.ExportContacts(r.Context(), w) })
			}}, nil
		})
}

// importContacts answers 422 with each bad line when nothing was imported because of them.
func (c *Console) importContacts(ctx context.Context, in *contactBook) (*answer[gateway.ImportResult], error) {
	r, w := humago.Unwrap(in.hc)
	body := &alive{r: r.Body, rc: http.NewResponseController(w)}
	res, err := c.gw.ImportContacts(ctx, body, gateway.ImportOptions{Format: in.Format, Partial: in.Partial})
	if err == nil && len(res.Bad) > 0 && !in.Partial {
		var details []error
		for _, b := range res.Bad[:min(len(res.Bad), maxBadLines)] {
			details = append(details, &huma.ErrorDetail{Location: b.Where, Message: b.Why})
		}
		return nil, huma.NewError(http.StatusUnprocessableEntity, fmt.Sprintf("Nothing was imported: %d bad lines. Correct them, or import the good ones alone (partial).", len(res.Bad)), details...)
	}
	return asked(res, err)
}

// maxBadLines is how many bad lines one answer tells of.
const maxBadLines = 100

func (c *Console) groupOperations(api huma.API) {
	huma.Register(api, operation(http.MethodGet, "/groups", "list-groups", "List the groups of the address book", "contacts"),
		func(ctx context.Context, _ *struct{}) (*answer[GroupList], error) {
			list, err := c.gw.Groups(ctx)
			return asked(GroupList{some(list)}, err)
		})
	add := operation(http.MethodPost, "/groups", "add-group", "Add a group; its members are contacts, by address or code", "contacts")
	add.DefaultStatus = http.StatusCreated
	huma.Register(api, add, func(ctx context.Context, in *struct{ Body gateway.Group }) (*answer[gateway.Group], error) {
		return asked(c.gw.AddGroup(ctx, in.Body))
	})
	huma.Register(api, operation(http.MethodGet, "/groups/{who}", "show-group", "Show a group", "contacts"),
		func(ctx context.Context, in *byWho) (*answer[gateway.Group], error) {
			return asked(c.gw.Group(ctx, in.Who))
		})
	huma.Register(api, operation(http.MethodPut, "/groups/{who}", "edit-group", "Replace a group", "contacts"),
		func(ctx context.Context, in *replacement[gateway.Group]) (*answer[gateway.Group], error) {
			return asked(c.gw.SetGroup(ctx, in.Who, in.Body))
		})
	c.removal(api, "/groups/{who}", "remove-group", "Remove a group; its members stay", "contacts", c.gw.RemoveGroup)
}

// removal registers what takes something away.
func (c *Console) removal(api huma.API, path, id, summary, tag string, remove func(context.Context, string) error) {
	op := operation(http.MethodDelete, path, id, summary, tag)
	op.DefaultStatus = http.StatusNoContent
	huma.Register(api, op, func(ctx context.Context, in *byWho) (*struct{}, error) {
		if err := remove(ctx, in.Who); err != nil {
			return nil, apiError(err)
		}
		return nil, nil //nolint:nilnil // an empty answer
	})
}
