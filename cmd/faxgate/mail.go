package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"time"

	"faxgate/codec"
	"faxgate/ifax"
)

type mailCmd struct {
	Parse   mailParseCmd   `cmd:"" help:"Take a mail apart: a fax with its documents, or a receipt."`
	Compose mailComposeCmd `cmd:"" help:"Write an Internet-fax mail with documents."`
}

type mailParseCmd struct {
	output
	File string `arg:"" help:"The mail as a file (RFC 5322); - is standard input."`
}

// Run takes a mail apart. What could be read is printed even when the rest is damaged; then the exit code is 1.
func (m *mailParseCmd) Run(a *app) error {
	src := a.stdin
	if m.File != "-" {
		f, err := os.Open(m.File)
		if err != nil {
			return err
		}
		defer f.Close()
		src = f
	}
	opener := newOpener()
	defer func() { _ = opener.Close() }()
	opened := map[int]ifax.DocumentInfo{}
	msg, err := ifax.Parse(a, bufio.NewReader(src), ifax.Limits{}, func(p ifax.PartInfo, r io.Reader) (err error) {
		opened[p.Index], err = describe(a, opener, p, r)
		return err
	})
	if msg == nil || err != nil && !m.JSON && len(msg.Parts) == 0 {
		return fmt.Errorf("%s: %w", m.File, err)
	}
	d := ifax.Describe(msg, documents(msg, opened))
	if perr := m.print(a, d, func(w io.Writer) { showMail(w, d) }); perr != nil {
		return perr
	}
	if err != nil {
		return fmt.Errorf("%s: %w", m.File, err)
	}
	return nil
}

// documents joins what the mail says of its documents with what was found in them.
func documents(msg *ifax.Message, opened map[int]ifax.DocumentInfo) []ifax.DocumentInfo {
	docs := msg.DocumentInfos()
	for i, part := range msg.Parts {
		found, ok := opened[part.Index]
		if !ok {
			continue
		}
		docs[i].Pages = found.Pages
		if docs[i].Error == "" {
			docs[i].Error = found.Error
		}
	}
	return docs
}

func showMail(w io.Writer, d ifax.Description) {
	fmt.Fprintf(w, "%s from %s to %s: %s\n", d.Kind, d.From, strings.Join(d.To, ", "), d.Subject)
	for _, x := range d.Documents {
		fmt.Fprintln(w, strings.TrimRight(fmt.Sprintf("  %s (%s): %s %s", x.Name, x.Type, count(x.Pages), x.Error), " "))
	}
	if m := d.MDN; m != nil {
		fmt.Fprintf(w, "receipt of %s for %s: %s\n", m.FinalRecipient, m.OriginalMessageID, strings.Join(append([]string{m.Disposition}, m.Modifiers...), "/"))
		if m.Features != "" {
			fmt.Fprintf(w, "  it takes %s\n", m.Features)
		}
	}
	if r := d.DSN; r != nil {
		for _, x := range r.Recipients {
			fmt.Fprintf(w, "report for %s: %s %s %s\n", x.FinalRecipient, x.Action, x.Status, x.Diagnostic)
		}
	}
	if d.Text != "" {
		fmt.Fprintf(w, "\n%s\n", strings.TrimRight(d.Text, "\r\n"))
	}
}

// describe counts the pages of one document; what is wrong with it is part of the description.
func describe(ctx context.Context, opener *codec.Opener, p ifax.PartInfo, r io.Reader) (ifax.DocumentInfo, error) {
	d := ifax.DocumentInfo{Name: p.Name, Type: p.Type}
	tmp, err := os.CreateTemp("", "faxgate-*")
	if err != nil {
		return d, err
	}
	defer os.Remove(tmp.Name())
	defer tmp.Close()
	n, err := io.Copy(tmp, r)
	if err != nil {
		return d, err
	}
	doc, err := opener.Open(ctx, tmp, n)
	if err != nil {
		d.Error = err.Error()
		return d, nil
	}
	d.Pages = doc.Count()
	return d, doc.Close()
}

type mailComposeCmd struct {
	From      string    `required:"" help:"Sender; receipts come back here."`
	To        []string  `required:"" sep:"none" help:"Recipient; may be repeated."`
	Subject   string    `help:"Subject." default:"Fax"`
	Text      string    `help:"Text that goes with the documents."`
	MessageID string    `help:"Message-ID with its angle brackets (default: a new one)." placeholder:"<ID>"`
	Date      time.Time `help:"Date, such as 2026-01-31T09:00:00Z (default: now)."`
	NoReceipt bool      `help:"Do not ask for a receipt (MDN)."`
	Out       string    `short:"o" help:"File to write." default:"-" placeholder:"FILE"`
	Files     []string  `arg:"" name:"file" help:"Documents, attached as they are: make fax TIFFs with tiff convert."`
}

// Run writes the mail.
func (m *mailComposeCmd) Run(a *app) error {
	msg, err := m.message()
	if err != nil {
		return err
	}
	return toFile(a, m.Out, func(w io.Writer) error {
		b := bufio.NewWriter(w)
		return errors.Join(ifax.Compose(b, msg), b.Flush())
	})
}

func (m *mailComposeCmd) message() (ifax.Message, error) {
	from, err := ifax.ParseAddress(m.From)
	if err != nil {
		return ifax.Message{}, usagef("--from: %w", err)
	}
	msg := ifax.Message{From: mail.Address{Address: from.String()}, Subject: m.Subject, Text: m.Text, MessageID: m.MessageID, Date: m.Date}
	for _, to := range m.To {
		a, err := ifax.ParseAddress(to)
		if err != nil {
			return ifax.Message{}, usagef("--to: %w", err)
		}
		msg.To = append(msg.To, mail.Address{Address: a.String()})
	}
	if msg.MessageID == "" {
		msg.MessageID = fmt.Sprintf("<%s@%s>", rand.Text(), strings.Trim(from.Domain, "[]"))
	}
	if msg.Date.IsZero() {
		msg.Date = time.Now()
	}
	if !m.NoReceipt {
		msg.Notify = &ifax.Notify{To: []mail.Address{msg.From}}
	}
	for _, name := range m.Files {
		doc, err := attachment(name)
		if err != nil {
			return ifax.Message{}, err
		}
		msg.Documents = append(msg.Documents, doc)
	}
	return msg, nil
}

// attachment attaches a file under the type that its first bytes tell.
func attachment(name string) (ifax.Attachment, error) {
	f, err := openFile(name)
	if err != nil {
		return ifax.Attachment{}, err
	}
	defer f.Close()
	head := make([]byte, 512)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return ifax.Attachment{}, fmt.Errorf("%s: %w", name, err)
	}
	doc := ifax.Attachment{Name: filepath.Base(name), Type: codec.Sniff(head[:n]), Open: func() (io.ReadCloser, error) { return os.Open(name) }}
	switch doc.Type {
	case "":
		return doc, fmt.Errorf("%s is no document that can be faxed: PDF, TIFF, PNG, JPEG or text", name)
	case "image/tiff":
		doc.Application = "faxbw" // RFC 3302: machines choose the paper by it
	}
	return doc, nil
}
