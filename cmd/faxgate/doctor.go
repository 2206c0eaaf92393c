package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"faxgate/codec/pdf"
	"faxgate/gateway"
	"faxgate/gateway/config"
	"faxgate/gateway/doctor"
	"faxgate/mailio"
	"faxgate/mailio/imap"
	"faxgate/mailio/pop3"
)

type doctorCmd struct {
	output
	Config string `help:"Configuration file of the gateway." placeholder:"FILE" env:"FAXGATE_CONFIG"`
	Data   string `help:"Data directory of the gateway." placeholder:"DIR" env:"FAXGATE_DATA"`
}

// Run makes every check; exit 1 if one fails.
func (d *doctorCmd) Run(a *app) error {
	cfg, err := readConfig(d.Config, d.Data)
	report := struct {
		OK     bool           `json:"ok"`
		Checks []doctor.Check `json:"checks"`
	}{Checks: []doctor.Check{}}
	report.OK = doctor.Run(a, doctor.Options{
		File: d.Config, Config: cfg, ConfigErr: err,
		Relay: func(ctx context.Context, r config.Relay) (mailio.Reply, error) {
			c, err := gateway.Client(r, cfg.Hostname)
			if err != nil {
				return mailio.Reply{}, err
			}
			return c.Check(ctx)
		},
		Mailbox: lookAt,
		Render:  func(ctx context.Context) error { return warm(ctx, cfg) },
	}, func(c doctor.Check) {
		report.Checks = append(report.Checks, c)
		if !d.JSON {
			showCheck(a.stdout, c)
		}
	})
	if d.JSON {
		if err := writeJSON(a.stdout, report); err != nil {
			return err
		}
	}
	if !report.OK {
		return errSilent
	}
	return nil
}

func showCheck(w io.Writer, c doctor.Check) {
	fmt.Fprintf(w, "%-4s  %s: %s\n", c.State, c.Name, c.Words)
	if c.Do != "" {
		fmt.Fprintf(w, "      → %s\n", c.Do)
	}
}

// warm gets the PDF renderer ready, with the gateway's own cache where there is one.
func warm(ctx context.Context, cfg config.Config) error {
	o := rendering()
	if _, err := os.Stat(cfg.Data); err == nil {
		o.CacheDir = filepath.Join(cfg.Data, "cache")
	}
	return pdf.Warm(ctx, o)
}

// lookAt logs in at a mailbox as fetching does.
func lookAt(ctx context.Context, m config.Mailbox) (string, error) {
	box, err := gateway.MailboxOf(m)
	if err != nil {
		return "", err
	}
	if m.Protocol == "imap" {
		return imap.Check(ctx, box)
	}
	return pop3.Check(ctx, box)
}
