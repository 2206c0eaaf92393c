package gateway

import (
	"context"

	"faxgate/gateway/config"
	"faxgate/spool"
)

// What the tests of the rules and of the answers look at from inside.
var (
	Like         = like
	ReplyTokenOf = replyTokenOf
)

// Explain tries all rules.
func Explain(rules []config.Route, c RouteCase) Explanation { return explain(rules, 0, c) }

// TokenOwner finds the fax that an answer is for.
func (g *Gateway) TokenOwner(ctx context.Context, token string) (rec spool.Received, err error) {
	err = g.spool.View(ctx, func(tx *spool.Tx) (err error) {
		rec, err = g.tokenOwner(tx, token)
		return err
	})
	return rec, err
}

// ReceivedOfKind lists what has come in of a kind, also what the inbox does not show.
func (g *Gateway) ReceivedOfKind(ctx context.Context, kind string) (list []spool.Received, err error) {
	err = g.spool.View(ctx, func(tx *spool.Tx) (err error) {
		list, err = tx.ReceivedList(spool.ReceivedFilter{Kinds: []string{kind}})
		return err
	})
	return list, err
}
