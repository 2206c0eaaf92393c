package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"runtime/debug"

	"golang.org/x/sync/errgroup"

	"faxgate/console"
	"faxgate/gateway"
	"faxgate/gateway/config"
)

type serveCmd struct {
	Config string `help:"Configuration file; without one, everything is on loopback." placeholder:"FILE" env:"FAXGATE_CONFIG"`
	Data   string `help:"Data directory; wins over the configuration's." placeholder:"DIR" env:"FAXGATE_DATA"`
}

// memoryGoal is what the garbage collector aims at unless GOMEMLIMIT says otherwise: above the largest picture that is decoded as a whole, so that it does not work against it.
const memoryGoal = 192 << 20

// Run runs the gateway until a signal: the first one lets work in hand end well, a second one ends at once.
func (s *serveCmd) Run(a *app) error {
	cfg, err := readConfig(s.Config, s.Data)
	if err != nil {
		return err
	}
	if debug.SetMemoryLimit(-1) == math.MaxInt64 {
		debug.SetMemoryLimit(memoryGoal)
	}
	log := newLog(a, cfg.Log)
	gw, err := gateway.Open(a, gateway.Options{Config: cfg, Log: log, Version: versionText(), PDFWorker: worker()})
	if err != nil {
		return err
	}
	err = s.serve(a, cfg, gw, log)
	return errors.Join(err, gw.Close())
}

// serve runs gateway and console side by side; when one of them fails, both end.
func (s *serveCmd) serve(a *app, cfg config.Config, gw *gateway.Gateway, log *slog.Logger) error {
	group, ctx := errgroup.WithContext(a)
	group.Go(func() error { return gw.Run(ctx) })
	if cfg.Console.Listen != "" {
		group.Go(func() error { return s.console(ctx, a, cfg, gw, log) })
	}
	err := group.Wait()
	if a.Err() != nil {
		log.Info("stopped")
	}
	return err
}

func (s *serveCmd) console(ctx context.Context, a *app, cfg config.Config, gw *gateway.Gateway, log *slog.Logger) error {
	select {
	case <-gw.Running():
	case <-ctx.Done():
		return nil
	}
	c, err := console.New(console.Options{Gateway: gw, Config: cfg, Log: log, Version: versionText()})
	if err != nil {
		return err
	}
	ln, err := c.Listen(ctx)
	if err != nil {
		return err
	}
	log.Info("serving", "console", c.Base(), "smtp", gw.Addr("smtp"), "smtps", gw.Addr("smtps"), "data", cfg.Data, "version", versionText())
	if err := invite(ctx, a, c, gateway.TokenFile(cfg.Data)); err != nil {
		ln.Close()
		return err
	}
	return c.Serve(ctx, ln)
}

// invite prints a link for the administrator, as long as nobody has opened the console yet.
func invite(ctx context.Context, a *app, c *console.Console, tokenFile string) error {
	visited, err := c.Visited(ctx)
	if err != nil || visited {
		return err
	}
	link, err := c.LoginLink(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "Open the console with this link, as administrator; it works once:\n\n  %s\n\n`faxgate login` prints another one. Programs use the token in %s\n", link, tokenFile)
	return nil
}

// newLog writes what the gateway does to standard error.
func newLog(a *app, l config.Log) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(l.Level)); err != nil {
		level = slog.LevelInfo // the configuration has been checked
	}
	opts := &slog.HandlerOptions{Level: level}
	if l.Format == "json" {
		return slog.New(slog.NewJSONHandler(a.stderr, opts))
	}
	return slog.New(slog.NewTextHandler(a.stderr, opts))
}
