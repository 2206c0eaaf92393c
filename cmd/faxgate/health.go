package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"faxgate/console"
	"faxgate/gateway/config"
)

// healthCmd is the container's health check: the image has no shell and no curl.
type healthCmd struct {
	Config string `help:"Configuration file of the gateway; not read when --data or --server is given." placeholder:"FILE" env:"FAXGATE_CONFIG"`
	Data   string `help:"Data directory of the gateway." placeholder:"DIR" env:"FAXGATE_DATA"`
	Server string `help:"Address of the gateway's console." placeholder:"URL" aliases:"address" env:"FAXGATE_URL"`
	Alive  bool   `help:"Ask only whether it answers, not whether it is ready to take faxes."`
}

// Run asks the gateway how it is: exit 0 when it takes faxes, else 1, as container engines want it. No token is needed.
func (h *healthCmd) Run(a *app) error {
	base, err := h.base()
	if err != nil {
		return err
	}
	path := "/readyz"
	if h.Alive {
		path = "/healthz"
	}
	req, err := http.NewRequestWithContext(a, http.MethodGet, strings.TrimSuffix(base, "/")+path, nil)
	if err != nil {
		return err
	}
	hc := http.Client{Timeout: 5 * time.Second}
	resp, err := hc.Do(req)
	if err != nil {
		return fmt.Errorf("the gateway at %s does not answer: %w", base, reason(err))
	}
	defer resp.Body.Close()
	words, err := io.ReadAll(io.LimitReader(resp.Body, 4096))
	if err != nil {
		return fmt.Errorf("read the answer of %s: %w", base, err)
	}
	if resp.StatusCode != http.StatusOK {
		return errors.New(strings.TrimSpace(string(words)))
	}
	fmt.Fprintln(a.stdout, strings.TrimSpace(string(words)))
	return nil
}

// base is the console's address. A data directory is enough: the running gateway has written it down there, whatever has become of the configuration since.
func (h *healthCmd) base() (string, error) {
	switch {
	case h.Server != "":
		return h.Server, nil
	case h.Data != "":
		c := config.Default()
		c.Data = h.Data
		return console.Address(c), nil
	}
	c, err := readConfig(h.Config, "")
	return console.Address(c), err
}
