package pop3

import (
	"crypto/md5" //nolint:gosec // APOP is what it is
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// mechanisms are the ways to log in, the strongest first. USER stands for USER
// and PASS of RFC 1939, APOP for its s7.
func mechanisms() []string { return []string{"CRAM-MD5", "APOP", "PLAIN", "LOGIN", "USER"} }

// Login logs in with the account's mechanisms, or with the strongest one that
// the server offers and takes. The password is shown to a connection that is
// not encrypted and verified only if the account allows it.
func (c *Client) Login() error {
	chosen, err := c.choose()
	if err != nil {
		return err
	}
	var failed error
	for _, mech := range chosen {
		err := c.try(mech)
		if err == nil {
			return nil
		}
		failed = fmt.Errorf("logging in as %s with %s: %w", c.box.Auth.User, mech, err)
		var refused *Error
		if !errors.As(err, &refused) || refused.Temporary() || refused.Code == "SYS/PERM" {
			return failed
		}
	}
	return failed
}

func (c *Client) try(mech string) error {
	switch mech {
	case "APOP":
		return c.apop()
	case "USER":
		return c.userPass()
	}
	return c.sasl(mech)
}

// choose tells which mechanisms to try, in order.
func (c *Client) choose() ([]string, error) {
	auth := c.box.Auth
	wanted := mechanisms()
	if len(auth.Mechanisms) > 0 {
		wanted = auth.Mechanisms
	}
	offered := c.offered()
	var chosen, bare []string
	for _, m := range wanted {
		m = strings.ToUpper(m)
		switch {
		case !slices.Contains(offered, m):
		case m == "CRAM-MD5", m == "APOP", c.confidential, auth.AllowPlaintext:
			chosen = append(chosen, m)
		default:
			bare = append(bare, m)
		}
	}
	switch {
	case len(chosen) > 0:
		return chosen, nil
	case len(bare) > 0:
		return nil, fmt.Errorf("the server offers only %s, which would show the password on an unprotected connection: use TLS with a valid certificate, or allow it",
			strings.Join(bare, " and "))
	}
	return nil, fmt.Errorf("the server offers the log-ins %s, none of which is wanted here (%s)",
		strings.Join(offered, ", "), strings.Join(wanted, ", "))
}

// offered are the ways to log in that the server knows. A server without CAPA
// knows USER.
func (c *Client) offered() []string {
	all := slices.Clone(c.caps["SASL"])
	if c.timestamp() != "" {
		all = append(all, "APOP")
	}
	if c.Has("USER") || len(all) == 0 || c.caps == nil {
		all = append(all, "USER")
	}
	return all
}

// timestamp is the msg-id in the greeting of a server that knows APOP.
func (c *Client) timestamp() string {
	open := strings.LastIndexByte(c.Greeting, '<')
	if open < 0 {
		return ""
	}
	end := strings.IndexByte(c.Greeting[open:], '>')
	stamp := c.Greeting[open : open+end+1]
	if end < 0 || !strings.Contains(stamp, "@") {
		return ""
	}
	return stamp
}

func (c *Client) apop() error {
	sum := md5.Sum([]byte(c.timestamp() + c.box.Auth.Password)) //nolint:gosec // RFC 1939 s7
	if err := c.send("APOP "+c.box.Auth.User+" "+hex.EncodeToString(sum[:]), "APOP "+c.box.Auth.User+" ****"); err != nil {
		return err
	}
	_, err := c.reply("APOP")
	return err
}

func (c *Client) userPass() error {
	if _, err := c.ask("USER " + c.box.Auth.User); err != nil {
		return err
	}
	if err := c.send("PASS "+c.box.Auth.Password, "PASS ****"); err != nil {
		return err
	}
	_, err := c.reply("PASS")
	return err
}

// sasl is RFC 5034. The initial response always waits for an empty challenge:
// a line of AUTH must not be longer than 255 octets, and older servers know no
// initial response.
func (c *Client) sasl(mech string) error {
	client, err := c.box.Auth.Client(mech)
	if err != nil {
		return err
	}
	name, initial, err := client.Start()
	if err != nil {
		return err
	}
	text, err := c.challenge("AUTH "+name, "AUTH "+name)
	for err == nil && text != nil {
		answer := initial
		if initial == nil || len(text) > 0 {
			if answer, err = client.Next(text); err != nil {
				_, _ = c.ask("*") // RFC 5034 s4 cancels like that
				return err
			}
		}
		initial = nil
		text, err = c.challenge(base64.StdEncoding.EncodeToString(answer), "****")
	}
	return err
}

// challenge sends a line of a SASL exchange. It returns the decoded challenge
// that answers it, or nil once the exchange has succeeded.
func (c *Client) challenge(line, shown string) ([]byte, error) {
	if err := c.send(line, shown); err != nil {
		return nil, err
	}
	got, err := readLine(c.in)
	if err != nil {
		return nil, fmt.Errorf("waiting for the answer to AUTH: %w", err)
	}
	if coded, ok := strings.CutPrefix(got, "+"); ok && !strings.HasPrefix(strings.ToUpper(got), "+OK") {
		c.say("S: + ****")
		text, err := base64.StdEncoding.DecodeString(strings.TrimSpace(coded))
		if err != nil {
			return nil, fmt.Errorf("the server's challenge is not base64: %w", err)
		}
		return append([]byte{}, text...), nil
	}
	c.say("S: " + got)
	_, err = parseStatus("AUTH", got)
	return nil, err
}
