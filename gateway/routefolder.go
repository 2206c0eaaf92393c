package gateway

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"unicode"
	"unicode/utf8"

	"faxgate/mailio"
	"faxgate/spool"
)

// routeToFolder writes a received fax to a folder. A folder that is not there, such as one of a server that is down, is tried again as a mail server is.
func (g *Gateway) routeToFolder(ctx context.Context, l *spool.Lease) error {
	words, err := g.writeToFolder(ctx, l.Task)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	v := verdict{state: Done, words: words, by: g.cfg.Hostname}
	if err != nil {
		v = g.judge(mailio.Reply{}, err, l.Task.Attempts+1, began(l.Task))
	}
	return g.endMail(ctx, l, "", v)
}

// writeToFolder writes each file that is not there yet, and tells their names.
func (g *Gateway) writeToFolder(ctx context.Context, t spool.Task) (string, error) {
	rec, err := g.received(ctx, t.Received)
	if err != nil {
		return "", err
	}
	w := readWhat[routeWhat](t)
	if info, err := os.Stat(t.Recipient); err != nil {
		return "", fmt.Errorf("open the folder: %w", err)
	} else if !info.IsDir() {
		return "", fmt.Errorf("%s is no folder", t.Recipient)
	}
	var words []string
	for _, form := range forms(w.Content) {
		name := g.fileName(w, rec) + ending(form)
		fresh, err := g.writeFile(ctx, rec, form, t.Recipient, name)
		if err != nil {
			return "", fmt.Errorf("write %s: %w", name, err)
		}
		if !fresh {
			name += " (was there already)"
		}
		words = append(words, name)
	}
	return "written as " + strings.Join(words, " and "), nil
}

// writeFile lets the file appear under its name only when it is whole and durable, and never writes over one: a name holds the fax's id, so a file that is there is this fax, written
// before a crash. A file that was left half-written then has another name, always the same, and is taken away.
func (g *Gateway) writeFile(ctx context.Context, rec spool.Received, form, dir, name string) (fresh bool, err error) {
	final, half := filepath.Join(dir, name), filepath.Join(dir, fmt.Sprintf(".faxgate-%s%s.part", rec.ID, ending(form)))
	if _, err := os.Lstat(final); err == nil {
		return false, nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	if err := os.Remove(half); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	f, err := os.OpenFile(half, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) //nolint:gosec // Others are to read it; the umask decides.
	if err != nil {
		return false, err
	}
	defer os.Remove(half)
	err = g.writeForm(ctx, rec, form, g.archiveTIFF, f)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return false, err
	}
	g.fault("folder-written")
	if err := os.Rename(half, final); err != nil {
		return false, err
	}
	g.fault("folder-renamed")
	return true, syncFolder(dir)
}

// syncFolder makes the new name durable, where the file system can do that: some of a network cannot.
func syncFolder(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, syscall.EINVAL) {
		return err
	}
	return nil
}

// The longest values of a name's fields and the longest name, in bytes: file systems take 255, and an ending is still to come.
const (
	maxNameField = 60
	maxName      = 240
)

// fileName fills in the template of a rule. What a stranger has written becomes letters, digits and a few signs: no directory, no hidden file, no device of any system.
func (g *Gateway) fileName(w routeWhat, rec spool.Received) string {
	c, at := g.caseOf(rec), rec.ReceivedAt.Local()
	name := strings.NewReplacer(
		"{date}", at.Format("20060102"), "{time}", at.Format("150405"), "{from}", plain(orNone(c.From, "unknown")), "{to}", plain(c.To),
		"{subaddress}", plain(c.SubAddress), "{subject}", plain(c.Subject), "{pages}", strconv.Itoa(rec.Pages), "{rule}", plain(w.Rule), "{id}", string(rec.ID),
	).Replace(w.Name)
	if len(name) > maxName || strings.HasPrefix(name, ".") {
		return at.Format("20060102-150405-") + string(rec.ID)
	}
	return name
}

// plain makes a part of a file name of any text.
func plain(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', strings.ContainsRune("@._+-", r):
			return r
		case r == utf8.RuneError || r < 0x80:
			return '_'
		default:
			return letter(r)
		}
	}, s)
	s = strings.Trim(s, "._")
	for len(s) > maxNameField {
		_, n := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-n]
	}
	return s
}

// letter keeps the letters and digits of every script.
func letter(r rune) rune {
	if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) {
		return r
	}
	return '_'
}
