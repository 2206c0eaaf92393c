package main

import (
	"fmt"
	"io"
	"net/url"

	"faxgate/console"
	"faxgate/gateway"
)

type peerCmd struct {
	List peerListCmd `cmd:"" help:"List the machines whose abilities are known."`
	Show peerShowCmd `cmd:"" help:"Show what is known of one machine."`
}

type peerListCmd struct {
	remote
	output
}

// Run lists the peers.
func (p *peerListCmd) Run(a *app) error {
	c, err := p.dial()
	if err != nil {
		return err
	}
	var list console.PeerList
	if err := c.get(a, "/peers", &list); err != nil {
		return err
	}
	return p.print(a, list, func(w io.Writer) {
		var rows []string
		for _, x := range list.Peers {
			rows = append(rows, fmt.Sprintf("%s\t%s\t%s\t%s", x.Address, x.Best, x.Source, clock(x.LearnedAt)))
		}
		columns(w, "Nothing is known of any machine yet: abilities are learned from receipts.", "ADDRESS\tTAKES\tFROM\tLEARNED", rows)
	})
}

type peerShowCmd struct {
	remote
	output
	Address string `arg:"" help:"The machine's fax address."`
}

// Run shows one peer.
func (p *peerShowCmd) Run(a *app) error {
	c, err := p.dial()
	if err != nil {
		return err
	}
	var x gateway.PeerView
	if err := c.get(a, "/peers/"+url.PathEscape(p.Address), &x); err != nil {
		return err
	}
	return p.print(a, x, func(w io.Writer) {
		fmt.Fprintf(w, "%s takes %s\nlearned from %s at %s\n", x.Address, x.Best, x.Source, clock(x.LearnedAt))
		if x.ExpiresAt != nil {
			fmt.Fprintf(w, "believed until %s\n", clock(*x.ExpiresAt))
		}
		fmt.Fprintln(w, x.Features)
	})
}
