package console

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"faxgate/gateway"
	"faxgate/spool"
)

// Limits of one submission.
const (
	maxRecipients = 500
	maxFiles      = 200
	maxField      = 256 << 10
)

// uploadError is a body that cannot be taken, with its status.
type uploadError struct {
	status int
	text   string
}

func (e *uploadError) Error() string { return e.text }

func badUpload(status int, format string, args ...any) error {
	return &uploadError{status, fmt.Sprintf(format, args...)}
}

// take reads a submission and hands it to the gateway. Files go to temporary files while they come, which are removed once the gateway has them.
// The request comes back as far as it was read, for a form to show it again.
func (c *Console) take(ctx context.Context, w http.ResponseWriter, r *http.Request, key, origin string) (spool.ID, gateway.SubmitRequest, error) {
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" || params["boundary"] == "" {
		return "", gateway.SubmitRequest{}, badUpload(http.StatusUnsupportedMediaType, "Send a multipart/form-data body with the fields to and file.")
	}
	if err := c.gw.Ready(ctx); errors.Is(err, gateway.ErrLowDisk) {
		return "", gateway.SubmitRequest{}, err // before anything is written
	}
	u := &upload{limit: int64(c.cfg.Limits.Document), dir: filepath.Join(c.cfg.Data, "tmp")}
	defer u.remove()
	rc := http.NewResponseController(w)
	if err := u.read(multipart.NewReader(&alive{r: r.Body, rc: rc}, params["boundary"])); err != nil {
		return "", u.request, err
	}
	if err := rc.SetWriteDeadline(time.Now().Add(longWork)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return "", u.request, err
	}
	u.request.Key, u.request.Origin = key, origin
	if origin == fromPage {
		u.request.To = separate(u.request.To)
	}
	id, err := c.gw.Submit(ctx, u.request)
	return id, u.request, err
}

// fromPage is the origin of what people send in the browser, where one field holds all recipients.
const fromPage = "console"

func separate(to []string) []string {
	return strings.FieldsFunc(strings.Join(to, " "), func(r rune) bool { return strings.ContainsRune(",; \t\r\n", r) })
}

// alive moves the read deadline on with every piece that comes: slow uploads are served, dead ones end.
type alive struct {
	r  io.Reader
	rc *http.ResponseController
}

// Read reads.
func (a *alive) Read(p []byte) (int, error) {
	if err := a.rc.SetReadDeadline(time.Now().Add(time.Minute)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return 0, err
	}
	return a.r.Read(p)
}

// upload collects the parts of a submission.
type upload struct {
	limit   int64
	dir     string
	temps   []string
	request gateway.SubmitRequest
}

func (u *upload) read(body *multipart.Reader) error {
	for {
		part, err := body.NextPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return broken(err)
		}
		if err := u.part(part); err != nil {
			return err
		}
	}
}

func (u *upload) part(part *multipart.Part) error {
	switch name := part.FormName(); name {
	case "file":
		return u.file(part)
	case "to":
		text, err := field(part)
		if len(u.request.To) >= maxRecipients {
			return badUpload(http.StatusBadRequest, "to: at most %d recipients in one fax.", maxRecipients)
		}
		u.request.To = append(u.request.To, text)
		return err
	case "subject":
		text, err := field(part)
		u.request.Subject = strings.Join(strings.Fields(text), " ")
		return err
	case "text":
		text, err := field(part)
		u.request.Text = text
		return err
	default:
		text, err := field(part)
		if err != nil {
			return err
		}
		known, err := choose(&u.request, name, text, time.Now())
		if !known {
			return badUpload(http.StatusBadRequest, "The field %q is not known here: use to, file, subject, text, headerName, at, offPeak, priority, colour, deskew, dropBlank, border, notify, notifyWhen and notifyContent.", name)
		}
		return err
	}
}

// field reads a short text.
func field(part *multipart.Part) (string, error) {
	b, err := io.ReadAll(io.LimitReader(part, maxField+1))
	if err != nil {
		return "", broken(err)
	}
	if len(b) > maxField {
		return "", badUpload(http.StatusRequestEntityTooLarge, "%s: at most %d kB of text; send longer texts as a file.", part.FormName(), maxField>>10)
	}
	return string(b), nil
}

// file streams a document into a temporary file. An empty form field, which a browser sends when no file was chosen, is none.
func (u *upload) file(part *multipart.Part) error {
	if len(u.temps) >= maxFiles {
		return badUpload(http.StatusBadRequest, "file: at most %d documents in one fax.", maxFiles)
	}
	tmp, err := os.CreateTemp(u.dir, "upload-*")
	if err != nil {
		return fmt.Errorf("keep the upload: %w", err)
	}
	defer tmp.Close()
	u.temps = append(u.temps, tmp.Name())
	n, err := io.Copy(tmp, io.LimitReader(part, u.limit+1))
	if err != nil {
		return broken(err)
	}
	if n > u.limit {
		return badUpload(http.StatusRequestEntityTooLarge, "file: %s is larger than %d MB (limits.document).", part.FileName(), u.limit>>20)
	}
	if n == 0 && part.FileName() == "" {
		return nil
	}
	name := tmp.Name()
	u.request.Files = append(u.request.Files, gateway.File{Name: part.FileName(), Open: func() (io.ReadCloser, error) { return os.Open(name) }})
	return nil
}

func (u *upload) remove() {
	for _, name := range u.temps {
		os.Remove(name)
	}
}

// broken words a body that ended or was cut.
func broken(err error) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return badUpload(http.StatusRequestEntityTooLarge, "The request is too large (limits.document in the configuration).")
	}
	return badUpload(http.StatusBadRequest, "The request broke off or is no multipart/form-data: %v.", err)
}

// disposition writes a Content-Disposition with a name that is safe in a header (RFC 6266).
func disposition(kind, name string) string {
	return mime.FormatMediaType(kind, map[string]string{"filename": filepath.Base(name)})
}
