package main

import (
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/uuid"

	"faxgate/console"
	"faxgate/gateway"
	"faxgate/spool"
)

type sendCmd struct {
	remote
	output
	choices
	To    []string `required:"" sep:"none" help:"Recipient: an address such as fax@example.com, or the code of a contact or a group; may be repeated." placeholder:"ADDR"`
	Files []string `arg:"" name:"file" help:"Documents: PDF, TIFF, PNG, JPEG or text; - reads standard input."`
	Text  string   `help:"Text that goes with the documents."`
	Wait  bool     `help:"Follow the fax to its final state, each step on standard error; exit 1 unless it arrived."`
}

// Run hands the documents over and, if asked, follows the fax.
func (s *sendCmd) Run(a *app) error {
	c, err := s.dial()
	if err != nil {
		return err
	}
	how, err := s.body(nil, time.Now())
	if err != nil {
		return err
	}
	if s.Key == "" {
		s.Key = uuid.NewString()
	}
	id, err := s.submit(a, c, fields(how))
	if err != nil {
		return err
	}
	if !s.Wait {
		return s.print(a, console.Submitted{ID: id}, func(w io.Writer) { fmt.Fprintln(w, id) })
	}
	fmt.Fprintf(a.stderr, "%s  taken as %s\n", clock(time.Now()), id)
	return s.follow(a, c, id)
}

// submit streams the files to the gateway; none of them is held in memory.
func (s *sendCmd) submit(a *app, c *client, how map[string]string) (spool.ID, error) {
	if err := s.readable(); err != nil {
		return "", err
	}
	pr, pw := io.Pipe()
	form := multipart.NewWriter(pw)
	written := make(chan error, 1)
	go func() {
		err := errors.Join(s.write(a, form, how), form.Close())
		pw.CloseWithError(err)
		written <- err
	}()
	id, err := s.upload(a, c, pr, form.FormDataContentType())
	pr.CloseWithError(io.ErrClosedPipe)
	if werr := <-written; err == nil && werr != nil && !errors.Is(werr, io.ErrClosedPipe) {
		return id, werr
	}
	return id, err
}

// readable says before anything is sent which file is not there.
func (s *sendCmd) readable() error {
	for _, name := range s.Files {
		if name == "-" {
			continue
		}
		if info, err := os.Stat(name); err != nil {
			return err
		} else if info.IsDir() {
			return fmt.Errorf("%s is a directory: name the files in it", name)
		}
	}
	return nil
}

func (s *sendCmd) write(a *app, form *multipart.Writer, how map[string]string) error {
	how["text"] = s.Text
	for _, to := range s.To {
		if err := form.WriteField("to", to); err != nil {
			return err
		}
	}
	for name, value := range how {
		if value == "" {
			continue
		}
		if err := form.WriteField(name, value); err != nil {
			return err
		}
	}
	for _, name := range s.Files {
		if err := writeFile(a, form, name); err != nil {
			return err
		}
	}
	return nil
}

func writeFile(a *app, form *multipart.Writer, name string) error {
	src, shown := a.stdin, "stdin"
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		src, shown = f, filepath.Base(name)
	}
	part, err := form.CreateFormFile("file", shown)
	if err != nil {
		return err
	}
	_, err = io.Copy(part, src)
	return err
}

func (s *sendCmd) upload(a *app, c *client, body io.Reader, contentType string) (spool.ID, error) {
	req, err := http.NewRequestWithContext(a, http.MethodPost, c.base+"/api/v1/faxes", body)
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("Idempotency-Key", s.Key)
	resp, err := c.do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	var got console.Submitted
	if err := decode(resp.Body, &got); err != nil {
		return "", temporaryf("the gateway's answer broke off (%w): it may have taken the fax; run the same command again with --key %s, which never makes a second one", err, s.Key)
	}
	return got.ID, nil
}

// follow prints each rung as it is reached and ends with the final state.
func (s *sendCmd) follow(a *app, c *client, id spool.ID) error {
	seen := map[spool.ID]int{}
	for pause := 100 * time.Millisecond; ; pause = min(pause*3/2, 5*time.Second) {
		var fax gateway.Fax
		if err := c.get(a, "/faxes/"+string(id), &fax); err != nil {
			return err
		}
		for _, d := range fax.Deliveries {
			for _, r := range d.Rungs[min(seen[d.Task], len(d.Rungs)):] {
				fmt.Fprintf(a.stderr, "%s  %s: %s\n", clock(r.At), d.Who(), rungText(r))
				pause = 100 * time.Millisecond
			}
			seen[d.Task] = len(d.Rungs)
		}
		if console.Final(fax) {
			return s.final(a, c.teller(), fax)
		}
		select {
		case <-a.Done():
			return fmt.Errorf("stopped waiting; the gateway goes on: `faxgate job show %s` tells how it stands", id)
		case <-time.After(pause):
		}
	}
}

func (s *sendCmd) final(a *app, t console.Teller, fax gateway.Fax) error {
	err := s.print(a, fax, func(w io.Writer) {
		for _, d := range fax.Deliveries {
			fmt.Fprintf(w, "%s  %s\n", d.Who(), t.Sentence(d))
		}
	})
	if err == nil && !console.Arrived(fax) {
		return errSilent
	}
	return err
}

// rungText is one rung on one line: the state, who said so and the verbatim words.
func rungText(r gateway.Rung) string {
	text := string(r.State)
	if r.By != "" {
		text += " by " + r.By
	}
	if r.Words != "" {
		text += ": " + strings.ReplaceAll(r.Words, "\n", " / ")
	}
	return text
}
