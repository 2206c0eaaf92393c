package main

import (
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"

	"faxgate/console"
	"faxgate/gateway"
)

type groupCmd struct {
	Add    groupAddCmd    `cmd:"" help:"Add a group of contacts."`
	List   groupListCmd   `cmd:"" help:"List the groups."`
	Show   groupShowCmd   `cmd:"" help:"Show a group's members."`
	Edit   groupEditCmd   `cmd:"" help:"Change a group's code, name or members."`
	Remove groupRemoveCmd `cmd:"" help:"Remove a group; its members stay contacts."`
}

type groupAddCmd struct {
	remote
	output
	Code    string   `arg:"" help:"Code to send to."`
	Members []string `arg:"" optional:"" help:"Contacts, by address or code."`
	Name    string   `help:"Name, for people."`
}

// Run adds a group.
func (g *groupAddCmd) Run(a *app) error {
	c, err := g.dial()
	if err != nil {
		return err
	}
	group := gateway.Group{Code: g.Code, Name: g.Name, Members: append([]string{}, g.Members...)}
	if err := c.post(a, "/groups", group, &group); err != nil {
		return err
	}
	return g.print(a, group, func(w io.Writer) { showGroup(w, group) })
}

func showGroup(w io.Writer, g gateway.Group) {
	fmt.Fprintf(w, "%s  %s\n", g.Code, strings.TrimSpace(fmt.Sprintf("%s  %s", g.Name, plural(len(g.Members), "member"))))
	for _, m := range g.Members {
		fmt.Fprintf(w, "  %s\n", m)
	}
}

type groupListCmd struct {
	remote
	output
}

// Run lists the groups.
func (g *groupListCmd) Run(a *app) error {
	c, err := g.dial()
	if err != nil {
		return err
	}
	var list console.GroupList
	if err := c.get(a, "/groups", &list); err != nil {
		return err
	}
	return g.print(a, list, func(w io.Writer) {
		var rows []string
		for _, x := range list.Groups {
			rows = append(rows, fmt.Sprintf("%s\t%s\t%d", x.Code, x.Name, len(x.Members)))
		}
		columns(w, "There are no groups: add one with `faxgate group add`.", "CODE\tNAME\tMEMBERS", rows)
	})
}

type groupShowCmd struct {
	remote
	output
	Code string `arg:"" help:"The group's code."`
}

// Run shows a group.
func (g *groupShowCmd) Run(a *app) error {
	c, err := g.dial()
	if err != nil {
		return err
	}
	var group gateway.Group
	if err := c.get(a, "/groups/"+url.PathEscape(g.Code), &group); err != nil {
		return err
	}
	return g.print(a, group, func(w io.Writer) { showGroup(w, group) })
}

type groupEditCmd struct {
	remote
	output
	Group string   `arg:"" help:"The group's code."`
	Code  *string  `help:"New code."`
	Name  *string  `help:"New name."`
	Add   []string `help:"Contact to add, by address or code; may be repeated." sep:"none" placeholder:"WHO"`
	Drop  []string `help:"Address of a member to leave out; may be repeated." sep:"none" placeholder:"ADDRESS"`
}

// Run changes a group.
func (g *groupEditCmd) Run(a *app) error {
	c, err := g.dial()
	if err != nil {
		return err
	}
	path := "/groups/" + url.PathEscape(g.Group)
	var group gateway.Group
	if err := c.get(a, path, &group); err != nil {
		return err
	}
	set(&group.Code, g.Code)
	set(&group.Name, g.Name)
	for _, who := range g.Drop {
		n := len(group.Members)
		group.Members = slices.DeleteFunc(group.Members, func(m string) bool { return strings.EqualFold(m, who) })
		if len(group.Members) == n {
			return fmt.Errorf("%s is no member of %s", who, group.Code)
		}
	}
	group.Members = append(group.Members, g.Add...)
	if err := c.put(a, path, group, &group); err != nil {
		return err
	}
	return g.print(a, group, func(w io.Writer) { showGroup(w, group) })
}

type groupRemoveCmd struct {
	remote
	Code string `arg:"" help:"The group's code."`
}

// Run removes a group.
func (g *groupRemoveCmd) Run(a *app) error {
	return g.take(a, "/groups/", g.Code)
}
