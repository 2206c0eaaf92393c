package main

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"faxgate/console"
)

type healthCmd struct {
	Config string `help:"Configuration file of the gateway." placeholder:"FILE" env:"FAXGATE_CONFIG"`
	Data   string `help:"Data directory of the gateway." placeholder:"DIR" env:"FAXGATE_DATA"`
	Server string `help:"Address of the gateway's console." placeholder:"URL" env:"FAXGATE_URL"`
	Ready  bool   `help:"Ask whether it is ready to take faxes, not only alive."`
}

// Run asks the gateway how it is; no token is needed.
func (h *healthCmd) Run(a *app) error {
	base := h.Server
	if base == "" {
		c, err := readConfig(h.Config, h.Data)
		if err != nil {
			return err
		}
		base = console.Address(c)
	}
	path := "/healthz"
	if h.Ready {
		path = "/readyz"
	}
	hc := http.Client{Timeout: 5 * time.Second}
	req, err := http.NewRequestWithContext(a, http.MethodGet, strings.TrimSuffix(base, "/")+path, nil)
	if err != nil {
		return err
	}
	resp, err := hc.Do(req)
	if err != nil {
		return temporaryf("the gateway at %s does not answer: %w", base, reason(err))
	}
	defer resp.Body.Close()
	words, err := io.ReadAll(io.LimitReader(resp.Body, 4096))
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return temporaryf("%s", strings.TrimSpace(string(words)))
	}
	fmt.Fprintln(a.stdout, strings.TrimSpace(string(words)))
	return nil
}
