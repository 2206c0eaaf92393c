package main

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"faxgate/console"
	"faxgate/gateway"
)

type inboxCmd struct {
	List    inboxListCmd    `cmd:"" help:"List the received faxes, newest first."`
	Show    inboxShowCmd    `cmd:"" help:"Show a received fax, its receipt and where it was passed on to."`
	Export  inboxExportCmd  `cmd:"" help:"Write a received fax to a file."`
	Forward inboxForwardCmd `cmd:"" help:"Fax the readable documents of a received fax to somebody else."`
	Receipt inboxReceiptCmd `cmd:"" help:"Send the receipt that a fax asks for, where it was not sent by itself."`
	Release inboxReleaseCmd `cmd:"" help:"Let a fax go its way that a rule holds in the inbox."`
}

type inboxListCmd struct {
	remote
	output
	page
}

// Run lists received faxes.
func (i *inboxListCmd) Run(a *app) error {
	c, err := i.dial()
	if err != nil {
		return err
	}
	var list console.InboxList
	if err := c.get(a, "/inbox?"+i.query().Encode(), &list); err != nil {
		return err
	}
	return i.print(a, list, func(w io.Writer) {
		var rows []string
		for _, f := range list.Faxes {
			rows = append(rows, fmt.Sprintf("%s\t%s\t%d\t%s\t%s\t%s", f.ID, clock(f.ReceivedAt), f.Pages, f.From, f.Subject, short(f.Error)))
		}
		columns(w, "The inbox is empty.", "ID\tRECEIVED\tPAGES\tFROM\tSUBJECT\tERROR", rows)
	})
}

// short cuts a text to what fits into a column; show has all of it.
func short(text string) string {
	const most = 48
	if r := []rune(text); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return text
}

type inboxShowCmd struct {
	remote
	output
	ID string `arg:"" help:"The received fax."`
}

// Run shows one received fax.
func (i *inboxShowCmd) Run(a *app) error {
	c, err := i.dial()
	if err != nil {
		return err
	}
	var fax gateway.InboxFax
	if err := c.get(a, "/inbox/"+url.PathEscape(i.ID), &fax); err != nil {
		return err
	}
	return i.print(a, fax, func(w io.Writer) { showInbox(w, c.teller(), fax) })
}

func showInbox(w io.Writer, t console.Teller, fax gateway.InboxFax) {
	fmt.Fprintf(w, "%s  %s  received %s by %s, %s\nfrom %s to %s: %s\n", fax.ID, fax.State, clock(fax.ReceivedAt), fax.Source, count(fax.Pages), fax.From, fax.To, fax.Subject)
	if fax.HeldBy != "" {
		fmt.Fprintf(w, "  held by rule “%s” until you release it: faxgate inbox release %s\n", fax.HeldBy, fax.ID)
	}
	if fax.Receipt != "" {
		fmt.Fprintf(w, "  %s\n", fax.Receipt)
	}
	if fax.ByHand {
		fmt.Fprintf(w, "  to send it all the same: faxgate inbox receipt %s\n", fax.ID)
	}
	if fax.Error != "" {
		fmt.Fprintf(w, "  not readable in full: %s\n", fax.Error)
	}
	showDocuments(w, fax.Documents)
	for _, d := range fax.Tasks {
		fmt.Fprintf(w, "\n%s\n  %s\n", strings.TrimSpace(fmt.Sprintf("to %s  %s", d.To, d.Form)), t.Sentence(d))
		for _, r := range d.Rungs {
			fmt.Fprintf(w, "  %s  %s\n", clock(r.At), rungText(r))
		}
	}
}

type inboxExportCmd struct {
	remote
	ID     string `arg:"" help:"The received fax."`
	Out    string `arg:"" help:"The file to write; - is standard output."`
	Format string `help:"pdf, tiff (a single TIFF as it came, else all readable pages) or raw (the whole mail); default: by the ending of the name, .tif, .tiff or .eml, else pdf." enum:",pdf,tiff,raw" default:"" placeholder:"FORMAT"`
}

// Run writes one received fax to a file.
func (i *inboxExportCmd) Run(a *app) error {
	c, err := i.dial()
	if err != nil {
		return err
	}
	return toFile(a, i.Out, func(w io.Writer) error {
		return c.download(a, "/inbox/"+url.PathEscape(i.ID)+"/"+i.format(), w)
	})
}

// format is the wanted one, else the one that the file's name asks for.
func (i *inboxExportCmd) format() string {
	if i.Format != "" {
		return i.Format
	}
	switch strings.ToLower(filepath.Ext(i.Out)) {
	case ".tif", ".tiff":
		return "tiff"
	case ".eml":
		return "raw"
	default:
		return "pdf"
	}
}

// toFile lets write fill the file: it appears under its name only when it is whole. "-" is standard output.
func toFile(a *app, name string, write func(w io.Writer) error) error {
	if name == "-" {
		return write(a.stdout)
	}
	tmp, err := os.CreateTemp(filepath.Dir(name), ".faxgate-*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	if err := errors.Join(write(tmp), tmp.Chmod(0o644), tmp.Close()); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), name)
}
