package console

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"faxgate/gateway"
	"faxgate/spool"
)

// RouteList is what is done with received faxes: the rules in the order in which they are tried.
type RouteList struct {
	Routes []gateway.RouteView `json:"routes"`
}

// ExplainRequest asks which rule applies: to a fax as described, or to one in the inbox.
type ExplainRequest struct {
	Inbox      string    `json:"inbox,omitempty" maxLength:"100" doc:"A received fax; the other members are then not looked at."`
	From       string    `json:"from,omitempty" maxLength:"320" doc:"The sender's address."`
	To         string    `json:"to,omitempty" maxLength:"320" doc:"The own fax address, with or without a sub-address; by default the first one."`
	SubAddress string    `json:"subAddress,omitempty" maxLength:"40"`
	Subject    string    `json:"subject,omitempty" maxLength:"1000"`
	Pages      int       `json:"pages,omitempty" minimum:"1" maximum:"100000" default:"1"`
	At         time.Time `json:"at,omitzero" doc:"When it is received; by default now."`
	Incomplete bool      `json:"incomplete,omitempty" doc:"A part of it cannot be read."`
}

func (c *Console) routeOperations(api huma.API) {
	huma.Register(api, operation(http.MethodGet, "/routes", "list-routes", "List the rules for received faxes, in the order in which they are tried", "routes"),
		func(context.Context, *struct{}) (*answer[RouteList], error) {
			return asked(RouteList{c.gw.Routes()}, nil)
		})
	huma.Register(api, operation(http.MethodPost, "/routes/explain", "explain-route", "Say which rule applies to a fax, and why", "routes"),
		func(ctx context.Context, in *struct{ Body ExplainRequest }) (*answer[gateway.Explanation], error) {
			return asked(c.explain(ctx, in.Body))
		})
	receipt := operation(http.MethodPost, "/inbox/{id}/receipt", "send-receipt", "Send the receipt that a fax asks for, where it was not sent by itself", "inbox")
	receipt.DefaultStatus = http.StatusNoContent
	huma.Register(api, receipt, func(ctx context.Context, in *byID) (*struct{}, error) {
		if err := c.gw.SendReceipt(ctx, spool.ID(in.ID)); err != nil {
			return nil, apiError(err)
		}
		return nil, nil //nolint:nilnil // an empty answer
	})
	release := operation(http.MethodPost, "/inbox/{id}/release", "release-inbox", "Let a fax go its way that a rule holds", "inbox")
	release.DefaultStatus = http.StatusNoContent
	huma.Register(api, release, func(ctx context.Context, in *byID) (*struct{}, error) {
		if err := c.gw.Release(ctx, spool.ID(in.ID)); err != nil {
			return nil, apiError(err)
		}
		return nil, nil //nolint:nilnil // an empty answer
	})
}

func (c *Console) explain(ctx context.Context, r ExplainRequest) (gateway.Explanation, error) {
	if r.Inbox != "" {
		return c.gw.ExplainInbox(ctx, spool.ID(r.Inbox))
	}
	return c.gw.ExplainRoute(gateway.RouteCase{
		From: r.From, To: r.To, SubAddress: r.SubAddress, Subject: r.Subject, Pages: r.Pages, At: r.At, Incomplete: r.Incomplete,
	}), nil
}
