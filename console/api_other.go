package console

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"faxgate/gateway"
	"faxgate/spool"
)

// Status is how the gateway is, for programs.
type Status struct {
	Version  string                `json:"version"`
	Ready    bool                  `json:"ready"`
	Words    string                `json:"words"`
	SMTP     string                `json:"smtp,omitempty" doc:"Address of the SMTP listener."`
	SMTPS    string                `json:"smtps,omitempty" doc:"Address of the SMTP listener with implicit TLS."`
	FreeDisk int64                 `json:"freeDisk" doc:"Bytes left where the data lie."`
	Work     spool.Stats           `json:"work"`
	Accounts map[string]AccountNow `json:"accounts,omitempty"`
}

// AccountNow is how a mailbox is.
type AccountNow struct {
	State string    `json:"state"`
	Since time.Time `json:"since"`
	Words string    `json:"words,omitempty"`
}

// journalPage selects lines of the journal.
type journalPage struct {
	Limit int    `query:"limit" minimum:"1" maximum:"500" default:"50"`
	Fax   string `query:"fax" maxLength:"100" doc:"Only what concerns this sent fax."`
	Inbox string `query:"inbox" maxLength:"100" doc:"Only what concerns this received fax."`
}

func (c *Console) otherOperations(api huma.API) {
	huma.Register(api, operation(http.MethodGet, "/peers", "list-peers", "What is known of other machines", "peers"),
		func(ctx context.Context, _ *struct{}) (*answer[PeerList], error) {
			peers, err := c.gw.Peers(ctx)
			return asked(PeerList{some(peers)}, err)
		})
	huma.Register(api, operation(http.MethodGet, "/peers/{address}", "show-peer", "What is known of the machine behind an address", "peers"),
		func(ctx context.Context, in *struct {
			Address string `path:"address" maxLength:"320"`
		},
		) (*answer[gateway.PeerView], error) {
			return asked(c.gw.Peer(ctx, in.Address))
		})
	huma.Register(api, operation(http.MethodGet, "/journal", "journal", "What happened, newest first", "journal"),
		func(ctx context.Context, in *journalPage) (*answer[Journal], error) {
			lines, err := c.gw.Journal(ctx, gateway.JournalFilter{
				Page: gateway.Page{Limit: in.Limit}, Fax: spool.ID(in.Fax), Inbox: spool.ID(in.Inbox),
			})
			return asked(Journal{some(lines)}, err)
		})
	huma.Register(api, operation(http.MethodGet, "/status", "status", "How the gateway is", "status"),
		func(ctx context.Context, _ *struct{}) (*answer[Status], error) {
			return asked(c.status(ctx))
		})
	c.contactOperations(api)
	c.tokenOperations(api)
}

func (c *Console) tokenOperations(api huma.API) {
	huma.Register(api, operation(http.MethodGet, "/tokens", "list-tokens", "List the tokens, without their secrets", "tokens"),
		func(ctx context.Context, _ *struct{}) (*answer[TokenList], error) {
			tokens, err := c.gw.Tokens(ctx)
			tokens = slices.DeleteFunc(tokens, func(t spool.Token) bool { return t.Scope == scopeLink })
			return asked(TokenList{some(tokens)}, err)
		})
	create := operation(http.MethodPost, "/tokens", "create-token", "Make a token; its secret is told this once", "tokens")
	create.DefaultStatus = http.StatusCreated
	huma.Register(api, create, func(ctx context.Context, in *struct{ Body TokenRequest }) (*answer[NewToken], error) {
		id, secret, err := c.gw.CreateToken(ctx, in.Body.Name, scopeAPI)
		return asked(NewToken{id, in.Body.Name, secret}, err)
	})
	revoke := operation(http.MethodDelete, "/tokens/{id}", "revoke-token", "Make a token worthless", "tokens")
	revoke.DefaultStatus = http.StatusNoContent
	huma.Register(api, revoke, func(ctx context.Context, in *byID) (*struct{}, error) {
		if err := c.gw.RevokeToken(ctx, spool.ID(in.ID)); err != nil {
			return nil, apiError(err)
		}
		return nil, nil //nolint:nilnil // an empty answer
	})
	link := operation(http.MethodPost, "/login-links", "login-link", "Make a link that opens the console in one browser, once", "tokens")
	link.DefaultStatus = http.StatusCreated
	huma.Register(api, link, func(ctx context.Context, _ *struct{}) (*answer[LoginLink], error) {
		url, err := c.LoginLink(ctx)
		return asked(LoginLink{url}, err)
	})
}

func (c *Console) status(ctx context.Context) (Status, error) {
	s := Status{Version: c.version, Ready: true, Words: "ready", SMTP: c.gw.Addr("smtp"), SMTPS: c.gw.Addr("smtps"), Accounts: map[string]AccountNow{}}
	if err := c.gw.Ready(ctx); err != nil {
		s.Ready, s.Words = false, err.Error()
	}
	for name, a := range c.gw.Accounts() {
		s.Accounts[name] = AccountNow{State: string(a.State), Since: a.At, Words: a.Words}
	}
	var err error
	if s.FreeDisk, err = c.gw.FreeDisk(); err != nil {
		return s, err
	}
	s.Work, err = c.gw.Stats(ctx)
	s.Work.Tasks, s.Work.Received = some(s.Work.Tasks), some(s.Work.Received)
	return s, err
}
