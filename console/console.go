// Package console is what people and programs see of a gateway: a REST API (OpenAPI 3.1, errors as RFC 9457 problems), web pages without script, metrics and health. It promises that
// nothing is shown without a log-in: a bearer token (RFC 6750) on the API, a session on the pages; and that requests meant for other hosts or sent by other sites are refused.
package console

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"faxgate/gateway"
	"faxgate/gateway/config"
)

// Options are what a console is made of.
type Options struct {
	Gateway *gateway.Gateway
	Config  config.Config
	Log     *slog.Logger     // nil: silent
	Version string           // shown on the pages and in the metrics
	Now     func() time.Time // nil: time.Now
}

// Console serves one gateway's API and pages.
type Console struct {
	gw      *gateway.Gateway
	cfg     config.Config
	log     *slog.Logger
	version string
	now     func() time.Time
	pages   *template.Template
	handler http.Handler

	mu   sync.Mutex // one at a time spends a log-in link
	base string     // how the console is reached, set once it listens
}

// New makes a console for a gateway.
func New(o Options) (*Console, error) {
	c := &Console{gw: o.Gateway, cfg: o.Config, log: o.Log, version: o.Version, now: o.Now, base: configured(o.Config)}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	if c.now == nil {
		c.now = time.Now
	}
	pages, err := parsePages(c)
	if err != nil {
		return nil, fmt.Errorf("read the pages' templates: %w", err)
	}
	c.pages = pages
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", c.health)
	mux.HandleFunc("GET /readyz", c.ready)
	mux.Handle("GET /metrics", c.bearer(c.metrics()))
	mux.Handle("/api/", c.bearer(c.api()))
	mux.Handle("/", c.web())
	c.handler = c.guard(mux)
	return c, nil
}

// Handler answers every request of the console.
func (c *Console) Handler() http.Handler { return c.handler }

// Listen binds the configured address. From then on [Address] finds the console, also when its port was left to the system.
func (c *Console) Listen(ctx context.Context) (net.Listener, error) {
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.cfg.Console.Listen)
	if err != nil {
		return nil, fmt.Errorf("open the console: %w (console.listen sets another address)", err)
	}
	if c.cfg.Console.URL == "" {
		c.base = "http://" + reachable(ln.Addr().String())
	}
	if err := os.WriteFile(addressFile(c.cfg), []byte("http://"+reachable(ln.Addr().String())+"\n"), 0o600); err != nil {
		ln.Close()
		return nil, fmt.Errorf("write the console's address: %w", err)
	}
	return ln, nil
}

// Base is how people reach the console, without a slash at the end.
func (c *Console) Base() string { return c.base }

// Serve answers requests until ctx ends, then lets those under way finish for a few seconds.
func (c *Console) Serve(ctx context.Context, ln net.Listener) error {
	srv := &http.Server{
		Handler:           c.handler,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second, // uploads move it on as long as they are alive
		WriteTimeout:      60 * time.Second, // so do downloads
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(c.log.Handler(), slog.LevelDebug),
	}
	ended := make(chan error, 1)
	go func() { ended <- srv.Serve(ln) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serve the console: %w", err)
	case <-ctx.Done():
	}
	os.Remove(addressFile(c.cfg))
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := srv.Shutdown(stop); err != nil {
		return errors.Join(srv.Close(), closed(<-ended))
	}
	return closed(<-ended)
}

// closed leaves out the error that only says that the server was told to stop.
func closed(err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// Address is where programs on this machine reach the console: what the running gateway has written down, else what is configured.
func Address(cfg config.Config) string {
	if b, err := os.ReadFile(addressFile(cfg)); err == nil {
		return strings.TrimSpace(string(b))
	}
	return "http://" + reachable(cfg.Console.Listen)
}

func addressFile(cfg config.Config) string { return filepath.Join(cfg.Data, "console") }

func configured(cfg config.Config) string {
	if cfg.Console.URL != "" {
		return strings.TrimSuffix(cfg.Console.URL, "/")
	}
	return "http://" + reachable(cfg.Console.Listen)
}

// reachable turns a listening address into one that can be connected to: 0.0.0.0 and :: become loopback.
func reachable(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return listen
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}
