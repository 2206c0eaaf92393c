package hotfolder

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	maxSidecar    = 64 << 10
	maxRecipients = 1000
)

// readSidecar fills the job with what the sidecar says. What is wrong with it is a [*Refusal]: a fax must not go to the folder's recipient because its own could not be read.
func readSidecar(root *os.Root, name string, was fs.FileInfo, j *Job) error {
	f, err := openSame(root, name, was)
	if err != nil {
		return fmt.Errorf("open its sidecar: %w", err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxSidecar+1))
	if err != nil {
		return fmt.Errorf("read its sidecar: %w", err)
	}
	if info, err := f.Stat(); err != nil || !isSame(info, was) {
		return errors.Join(errChanged, err)
	}
	if err := parseSidecar(b, j); err != nil {
		return &Refusal{fmt.Sprintf("the sidecar %s cannot be used: %v", name, err)}
	}
	return nil
}

// parseSidecar reads {"to":[…],"subject":…,"headerName":…,"when":…}, each at most once and nothing else.
func parseSidecar(b []byte, j *Job) error {
	if len(b) > maxSidecar {
		return fmt.Errorf("it is larger than %d kB", maxSidecar>>10)
	}
	b = bytes.TrimPrefix(b, []byte("\ufeff")) // Windows editors
	if !utf8.Valid(b) {
		return errors.New("it is not in UTF-8; save it as UTF-8 text")
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	if err := open(dec); err != nil {
		return err
	}
	seen := map[string]bool{}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return broken(dec, err)
		}
		name, _ := key.(string)
		if seen[name] {
			return fmt.Errorf("%q stands in it twice", name)
		}
		seen[name] = true
		if err := member(dec, name, j); err != nil {
			return err
		}
	}
	if _, err := dec.Token(); err != nil {
		return broken(dec, err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("something follows after its closing brace, at byte %d", dec.InputOffset())
	}
	return nil
}

func open(dec *json.Decoder) error {
	t, err := dec.Token()
	if err != nil {
		return broken(dec, err)
	}
	if t != json.Delim('{') {
		return errors.New(`it must be a JSON object, such as {"to": ["fax@partner.example"]}`)
	}
	return nil
}

func broken(dec *json.Decoder, err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("its JSON ends too early, at byte %d", dec.InputOffset())
	}
	return fmt.Errorf("its JSON is broken at byte %d: %w", dec.InputOffset(), err)
}

// member reads one value.
func member(dec *json.Decoder, name string, j *Job) error {
	var raw json.RawMessage
	if err := dec.Decode(&raw); err != nil {
		return broken(dec, err)
	}
	switch name {
	case "to":
		return recipients(raw, j)
	case "subject":
		return text(raw, name, &j.Subject)
	case "headerName":
		return text(raw, name, &j.HeaderName)
	case "when":
		return moment(raw, j)
	default:
		return fmt.Errorf("%q is no key of a sidecar; the keys are to, subject, headerName and when", name)
	}
}

func recipients(raw json.RawMessage, j *Job) error {
	var list []*string
	if err := json.Unmarshal(raw, &list); err != nil || len(list) == 0 {
		return errors.New(`"to" must be a list of addresses or contact codes, such as ["fax@partner.example"]`)
	}
	if len(list) > maxRecipients {
		return fmt.Errorf(`"to" has %d recipients, the limit is %d`, len(list), maxRecipients)
	}
	for _, to := range list {
		if to == nil || strings.TrimSpace(*to) == "" {
			return errors.New(`"to" has an empty recipient`)
		}
		j.To = append(j.To, *to)
	}
	return nil
}

func text(raw json.RawMessage, name string, to *string) error {
	var s *string
	if err := json.Unmarshal(raw, &s); err != nil || s == nil {
		return fmt.Errorf("%q must be a text in quotes", name)
	}
	if strings.ContainsFunc(*s, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return fmt.Errorf("%q must be one line, without control characters", name)
	}
	*to = *s
	return nil
}

func moment(raw json.RawMessage, j *Job) error {
	var s string
	err := json.Unmarshal(raw, &s)
	if err == nil {
		j.When, err = time.Parse(time.RFC3339, s)
	}
	if err != nil {
		return fmt.Errorf(`"when" must be a time with its zone, such as "2026-12-01T18:00:00+01:00" (RFC 3339), not %s`, raw)
	}
	return nil
}
