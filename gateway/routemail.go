package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/mail"
	"os"
	"slices"
	"strconv"
	"strings"

	"faxgate/gateway/config"
	"faxgate/ifax"
	"faxgate/mdn"
	"faxgate/spool"
)

// composeRoute writes the mail that passes a fax on.
func (g *Gateway) composeRoute(ctx context.Context, l *spool.Lease, m *spool.Message) error {
	var rec spool.Received
	var token string
	err := l.Update(ctx, func(tx *spool.Tx) (err error) {
		if rec, err = tx.Received(l.Task.Received); err != nil || senderOf(rec) == "" {
			return err
		}
		token, err = g.replyToken(tx, rec)
		return err
	})
	if err != nil {
		return err
	}
	content := readWhat[routeWhat](l.Task).Content
	var files []madeFile
	defer func() {
		for _, f := range files {
			os.Remove(f.path)
		}
	}()
	for _, form := range forms(content) {
		f, err := g.makeFile(ctx, rec, form)
		if err != nil {
			return err
		}
		files = append(files, f)
	}
	return g.storeMail(ctx, m, g.routeMail(rec, l.Task, m.MessageID, token, files))
}

// madeFile is a received fax as a temporary file.
type madeFile struct {
	form, kind, path string
}

// forms are the files that a content is made of; none for a notice.
func forms(content string) []string {
	switch content {
	case config.ContentNotice:
		return nil
	case config.ContentTIFF:
		return []string{config.ContentTIFF}
	case config.ContentBoth:
		return []string{config.ContentPDF, config.ContentTIFF}
	default:
		return []string{config.ContentPDF}
	}
}

// ending is the end of a file's name.
func ending(form string) string {
	if form == config.ContentTIFF {
		return ".tif"
	}
	return ".pdf"
}

func (g *Gateway) makeFile(ctx context.Context, rec spool.Received, form string) (madeFile, error) {
	f, err := os.CreateTemp(g.tempDir(), "route-*"+ending(form))
	if err != nil {
		return madeFile{}, fmt.Errorf("make a temporary file: %w", err)
	}
	err = g.writeForm(ctx, rec, form, g.receivedTIFF, f)
	if err = errors.Join(err, f.Close()); err != nil {
		os.Remove(f.Name())
		return madeFile{}, err
	}
	return madeFile{form: form, kind: map[string]string{config.ContentPDF: "application/pdf", config.ContentTIFF: "image/tiff"}[form], path: f.Name()}, nil
}

// writeForm writes the readable pages, a TIFF by the function asTIFF. What no try can mend is an *unsendableError.
func (g *Gateway) writeForm(ctx context.Context, rec spool.Received, form string, asTIFF func(context.Context, spool.Received, io.Writer) error, w io.Writer) error {
	write := g.receivedPDF
	if form == config.ContentTIFF {
		write = asTIFF
	}
	err := write(ctx, rec, w)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, ErrNotFound):
		return unsendable("make the %s: %w", strings.ToUpper(form), err)
	default:
		return blame(err, "make the %s: %w", strings.ToUpper(form), err)
	}
}

// routeMail is the mail to a person: who, when, how many pages, whether it is whole, and which rule sends it. Its answer goes back to the sender of the fax.
func (g *Gateway) routeMail(rec spool.Received, t spool.Task, messageID, token string, files []madeFile) ifax.Message {
	m := ifax.Message{
		From: mail.Address{Name: g.cfg.Fax.Name, Address: g.cfg.Account()}, To: []mail.Address{{Address: t.Recipient}},
		Date: g.now(), MessageID: messageID, Subject: routeSubject(rec), Text: g.routeText(rec, t, len(files) > 0), AutoSubmitted: automatic,
		Extra: []mdn.Field{{Name: hopsField, Value: strconv.Itoa(readAttrs(rec).Hops + 1)}},
	}
	if token != "" {
		reply := mail.Address{Address: g.replyAddress(token)}
		m.Extra = append(m.Extra, mdn.Field{Name: "Reply-To", Value: reply.String()})
		if !g.cfg.Fax.PlusAddresses {
			m.Subject += " " + replyTag(token)
		}
	}
	for _, f := range files {
		m.Documents = append(m.Documents, ifax.Attachment{
			Name: "fax-" + rec.ReceivedAt.Local().Format("20060102-150405") + ending(f.form), Type: f.kind,
			Open: func() (io.ReadCloser, error) { return os.Open(f.path) },
		})
	}
	return m
}

func routeSubject(rec spool.Received) string {
	what := "Fax"
	if rec.Error != "" {
		what = "Incomplete fax"
	}
	return fmt.Sprintf("%s from %s (%s)", what, orNone(senderOf(rec), "an unknown sender"), countPages(rec.Pages))
}

func (g *Gateway) routeText(rec spool.Received, t spool.Task, attached bool) string {
	var text strings.Builder
	c := g.caseOf(rec)
	to := c.To
	if c.SubAddress != "" {
		to += ", sub-address " + c.SubAddress
	}
	fmt.Fprintf(&text, "A fax has come in.\n\nFrom:     %s\nTo:       %s\nReceived: %s\nPages:    %d\nSubject:  %s\n", orNone(c.From, "unknown"), to, stamp(rec.ReceivedAt), rec.Pages, rec.Subject)
	if rule := readWhat[routeWhat](t).Rule; rule != "" {
		fmt.Fprintf(&text, "Rule:     %s\n", rule)
	}
	if rec.Error != "" {
		fmt.Fprintf(&text, "\nIt is incomplete: %s\nThe sender has been told where a receipt was asked for.\n", rec.Error)
	}
	if !attached {
		text.WriteString("\nIts pages are not in this mail.\n")
	}
	if slices.ContainsFunc(g.cfg.Sender, func(s config.Sender) bool { return s.Matches(t.Recipient) }) {
		fmt.Fprintf(&text, "\nAnswer this mail to fax back to %s; attachments go along.\n", orNone(c.From, "the sender"))
	}
	fmt.Fprintf(&text, "\nThe original is kept in the inbox of faxgate as %s.\n", rec.ID)
	if g.cfg.Console.URL != "" {
		fmt.Fprintf(&text, "%s/inbox/%s\n", strings.TrimSuffix(g.cfg.Console.URL, "/"), rec.ID)
	}
	return text.String()
}
