package gateway

import (
	"context"
	"errors"
	"io"

	"faxgate/gateway/config"
	"faxgate/mailio"
	"faxgate/mailio/imap"
	"faxgate/mailio/pop3"
	"faxgate/spool"
)

// fetch fetches from one mailbox until ctx ends.
func (g *Gateway) fetch(ctx context.Context, c config.Mailbox) error {
	box, err := g.Mailbox(c)
	if err != nil {
		return err
	}
	var run func(context.Context) error
	var status func() mailio.Status
	if c.Protocol == "imap" {
		f := imap.New(box)
		run, status = f.Run, f.Status
	} else {
		f := pop3.New(box)
		run, status = f.Run, f.Status
	}
	g.mu.Lock()
	g.accounts[c.Name] = status
	g.mu.Unlock()
	if err := run(ctx); ctx.Err() == nil {
		return err
	}
	return nil
}

// Mailbox is a configured mailbox as the fetchers take it.
func (g *Gateway) Mailbox(c config.Mailbox) (mailio.Mailbox, error) {
	box, err := MailboxOf(c)
	if err != nil {
		return box, err
	}
	box.Handler = mailboxHandler{g, c.Address}
	box.Ledger = ledger{g}
	box.Busy = g.roomOnDisk
	box.Alarm = func(i mailio.Item, err error) { g.itemAlarm(c, i, err) }
	box.Journal = func(i mailio.Item, words string) {
		g.log.Info("mailbox", "account", i.Account, "uid", i.UID, "words", words)
	}
	box.Changed = func(s mailio.Status) {
		g.log.Debug("mailbox", "account", c.Name, "state", s.State, "words", s.Words)
	}
	return box, nil
}

// MailboxOf is the connection's part of a configured mailbox: what the doctor needs to try it.
func MailboxOf(c config.Mailbox) (mailio.Mailbox, error) {
	policy, err := tlsPolicy(c.TLS, c.CAFile, c.VerifyOff)
	if err != nil {
		return mailio.Mailbox{}, err
	}
	password, err := config.Secret(c.PasswordFile)
	if err != nil {
		return mailio.Mailbox{}, err
	}
	return mailio.Mailbox{
		Name: c.Name, Host: c.Host, Port: c.Port, TLS: policy, Auth: mailio.Auth{User: c.User, Password: password, AllowPlaintext: c.AllowPlaintext},
		Interval: c.Interval.D(), MaxSize: int64(c.MaxSize), Keep: mailio.Keep(c.Keep),
	}, nil
}

// itemAlarm tells the administrator of a mail that a person must look at; the fetcher raises it once for each.
func (g *Gateway) itemAlarm(c config.Mailbox, i mailio.Item, alarm error) {
	err := g.spool.Update(context.Background(), func(tx *spool.Tx) error {
		words := "mailbox " + c.Name + ", message " + i.UID + ": " + alarm.Error()
		if _, err := tx.AddEvent(spool.Event{Kind: "alarm", Words: words}); err != nil {
			return err
		}
		return g.tellAdministrator(tx, spool.Task{Recipient: c.Address, Kind: KindIntake}, Unreadable, words)
	})
	if err != nil {
		g.log.Error("write the journal", "err", err)
	}
}

// mailboxHandler gives what is fetched the address that the mailbox belongs to.
type mailboxHandler struct {
	g       *Gateway
	address string
}

func (h mailboxHandler) Recipient(context.Context, mailio.Session, string) error { return nil }

func (h mailboxHandler) Message(ctx context.Context, env mailio.Envelope, r io.Reader) (err error) {
	defer h.g.rescue(ctx, &err)
	env.To = h.address
	return h.g.Message(ctx, env, r)
}

// ledger remembers mailbox items in the spool.
type ledger struct{ g *Gateway }

func (l ledger) Known(ctx context.Context, i mailio.Item) (known bool, err error) {
	err = l.g.spool.View(ctx, func(tx *spool.Tx) error {
		_, err := tx.MailboxItem(i.Account, i.Validity, i.UID)
		known = err == nil
		if errors.Is(err, spool.ErrNotFound) {
			return nil
		}
		return err
	})
	return known, err
}

func (l ledger) Deleted(ctx context.Context, i mailio.Item) error {
	return l.g.spool.Update(ctx, func(tx *spool.Tx) error {
		err := tx.SetMailboxItemDeleted(i.Account, i.Validity, i.UID, tx.Now())
		if errors.Is(err, spool.ErrNotFound) {
			return nil
		}
		return err
	})
}

// Outcome lets keep = "errors" leave on the server what could not be read.
func (l ledger) Outcome(ctx context.Context, i mailio.Item) (settled, failed bool, err error) {
	err = l.g.spool.View(ctx, func(tx *spool.Tx) error {
		item, err := tx.MailboxItem(i.Account, i.Validity, i.UID)
		if err != nil {
			return err
		}
		rec, err := tx.Received(item.Received)
		settled, failed = rec.State != Kept, rec.State == Unreadable || rec.State == Incomplete
		return err
	})
	if errors.Is(err, spool.ErrNotFound) {
		return false, false, nil
	}
	return settled, failed, err
}

// Accounts tells the state of each mailbox.
func (g *Gateway) Accounts() map[string]mailio.Status {
	g.mu.Lock()
	defer g.mu.Unlock()
	out := map[string]mailio.Status{}
	for name, status := range g.accounts {
		out[name] = status()
	}
	return out
}
