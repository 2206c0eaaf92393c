package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"faxgate/console"
	"faxgate/gateway/config"
)

// remote says where the running gateway is and how to be let in. Without any of it, it is the one that `faxgate serve` runs in this directory.
type remote struct {
	Config    string `help:"Configuration file of the gateway." placeholder:"FILE" env:"FAXGATE_CONFIG"`
	Data      string `help:"Data directory of the gateway." placeholder:"DIR" env:"FAXGATE_DATA"`
	Server    string `help:"Address of the gateway's console, such as http://127.0.0.1:8037." placeholder:"URL" env:"FAXGATE_URL"`
	TokenFile string `help:"File with the token (default: the data directory's)." placeholder:"FILE" env:"FAXGATE_TOKEN_FILE"`
}

// client talks to the API of a running gateway.
type client struct {
	base  string
	relay string // the gateway's relay, as far as the configuration here tells
	token string
	http  *http.Client
}

// dial finds address and token; it does not connect yet.
func (r remote) dial() (*client, error) {
	c, err := readConfig(r.Config, r.Data)
	if err != nil {
		return nil, err
	}
	base := r.Server
	if base == "" {
		base = console.Address(c)
	}
	if u, err := url.Parse(base); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, usagef("%q is no address of a gateway: write it as in http://127.0.0.1:8037", base)
	}
	file := r.TokenFile
	if file == "" {
		file = filepath.Join(c.Data, "token")
	}
	token, err := config.Secret(file)
	if errors.Is(err, os.ErrNotExist) {
		return nil, temporaryf("no gateway has run with the data directory %s: start it with `faxgate serve`, or name another with --data, --config or --server and --token-file", c.Data)
	}
	if err != nil {
		return nil, fmt.Errorf("read the token: %w", err)
	}
	return &client{relay: c.Relay.Host, base: strings.TrimSuffix(base, "/"), token: strings.TrimSpace(token), http: &http.Client{}}, nil
}

// readConfig reads the configuration; data, if given, wins over the file's data directory.
func readConfig(file, data string) (config.Config, error) {
	c, err := config.Read(file)
	if data != "" {
		c.Data = data
	}
	return c, err
}

// get reads what is at the path into v.
func (c *client) get(a *app, path string, v any) error {
	return c.call(a, http.MethodGet, path, nil, "", v)
}

// post sends v, if any, and reads the answer into out, if any.
func (c *client) post(a *app, path string, v, out any) error {
	if v == nil {
		return c.call(a, http.MethodPost, path, nil, "", out)
	}
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return c.call(a, http.MethodPost, path, bytes.NewReader(body), "application/json", out)
}

func (c *client) call(a *app, method, path string, body io.Reader, contentType string, out any) error {
	req, err := http.NewRequestWithContext(a, method, c.base+"/api/v1"+path, body)
	if err != nil {
		return err
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	return c.answer(req, out)
}

// postOnce is post with a key under which the gateway does it only once.
func (c *client) postOnce(a *app, path, key string, v, out any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(a, http.MethodPost, c.base+"/api/v1"+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", key)
	return c.answer(req, out)
}

// answer sends a request and reads the answer into out, if any.
func (c *client) answer(req *http.Request, out any) error {
	resp, err := c.do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if out == nil {
		_, err = io.Copy(io.Discard, resp.Body)
		return err
	}
	if err := decode(resp.Body, out); err != nil {
		return fmt.Errorf("read the answer of %s: %w", c.base, err)
	}
	return nil
}

func decode(r io.Reader, v any) error { return json.NewDecoder(r).Decode(v) }

// download streams what is at the path into w.
func (c *client) download(a *app, path string, w io.Writer) error {
	req, err := http.NewRequestWithContext(a, http.MethodGet, c.base+"/api/v1"+path, nil)
	if err != nil {
		return err
	}
	resp, err := c.do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(w, resp.Body); err != nil {
		return fmt.Errorf("read from %s: %w", c.base, err)
	}
	return nil
}

// do lets the request in with the token and turns every answer but a good one into an error in words.
func (c *client) do(req *http.Request) (*http.Response, error) {
	req.Header.Set("Authorization", "Bearer "+c.token)
	resp, err := c.http.Do(req)
	if err != nil {
		if req.Context().Err() != nil {
			return nil, fmt.Errorf("stopped while waiting for %s", c.base)
		}
		return nil, temporaryf("the gateway at %s cannot be reached (%w): start it with `faxgate serve`, or name another with --server", c.base, reason(err))
	}
	if resp.StatusCode < 300 {
		return resp, nil
	}
	defer resp.Body.Close()
	return nil, refusal(resp)
}

// reason leaves out the request that url.Error repeats.
func reason(err error) error {
	if ue, ok := errors.AsType[*url.Error](err); ok {
		return ue.Err
	}
	return err
}

// refusal reads the words of an RFC 9457 problem.
func refusal(resp *http.Response) error {
	var p struct {
		Detail string `json:"detail"`
		Errors []struct {
			Message  string `json:"message"`
			Location string `json:"location"`
		} `json:"errors"`
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, 64<<10)).Decode(&p); err != nil || p.Detail == "" {
		p.Detail = "the gateway answered " + resp.Status
	}
	for _, e := range p.Errors {
		p.Detail += fmt.Sprintf("; %s: %s", e.Location, e.Message)
	}
	switch resp.StatusCode {
	case http.StatusServiceUnavailable, http.StatusTooManyRequests, http.StatusInsufficientStorage:
		return temporaryf("%s", p.Detail)
	default:
		return errors.New(p.Detail)
	}
}

// teller words states for the person in front of this screen.
func (c *client) teller() console.Teller { return console.Teller{Relay: c.relay, Now: time.Now()} }
