package console_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"faxgate/console"
	"faxgate/gateway"
	"faxgate/gateway/config"
)

// desk is a running gateway that can send faxes to itself, with its console.
type desk struct {
	t     *testing.T
	gw    *gateway.Gateway
	con   *console.Console
	base  string
	token string
}

// open starts a gateway and a console in a directory of their own; both end with the test.
func open(t *testing.T, change func(*config.Config)) *desk {
	t.Helper()
	cfg := config.Default()
	cfg.Data = t.TempDir()
	cfg.Hostname = "a.example"
	cfg.Fax.Addresses = []string{"fax@a.example", "desk@a.example"}
	port := freePort(t)
	cfg.Listen.SMTP = fmt.Sprintf("127.0.0.1:%d", port)
	cfg.Console.Listen = "127.0.0.1:0"
	cfg.Direct = []config.Direct{{To: "@a.example", Host: "127.0.0.1", Port: port, TLS: "off"}}
	if change != nil {
		change(&cfg)
	}
	gw, err := gateway.Open(t.Context(), gateway.Options{Config: cfg, Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	con, err := console.New(console.Options{Gateway: gw, Config: cfg, Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	ln, err := con.Listen(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{t: t, gw: gw, con: con, base: "http://" + ln.Addr().String()}
	d.serve(ln)
	secret, err := os.ReadFile(gateway.TokenFile(cfg.Data))
	if err != nil {
		t.Fatal(err)
	}
	d.token = strings.TrimSpace(string(secret))
	return d
}

func (d *desk) serve(ln net.Listener) {
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 2)
	go func() { ended <- d.gw.Run(ctx) }()
	go func() { ended <- d.con.Serve(ctx, ln) }()
	d.t.Cleanup(func() {
		stop()
		for range 2 {
			if err := <-ended; err != nil {
				d.t.Errorf("ended with %v", err)
			}
		}
		if err := d.gw.Close(); err != nil {
			d.t.Errorf("close: %v", err)
		}
	})
	<-d.gw.Running()
}

func freePort(t *testing.T) int {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().(*net.TCPAddr).Port
}

// request makes a request with the token; a change may take it away again.
func (d *desk) request(method, path string, body io.Reader, change func(*http.Request)) *http.Request {
	d.t.Helper()
	r, err := http.NewRequestWithContext(d.t.Context(), method, d.base+path, body)
	if err != nil {
		d.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+d.token)
	if change != nil {
		change(r)
	}
	return r
}

// do sends a request and reads the whole answer; redirects are not followed.
func (d *desk) do(r *http.Request) (*http.Response, []byte) {
	d.t.Helper()
	hc := http.Client{Timeout: 30 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer hc.CloseIdleConnections()
	resp, err := hc.Do(r)
	if err != nil {
		d.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	return resp, b
}

// get reads what is at a path of the API, which must answer 200.
func (d *desk) get(path string) []byte {
	d.t.Helper()
	resp, b := d.do(d.request(http.MethodGet, path, nil, nil))
	if resp.StatusCode != http.StatusOK {
		d.t.Fatalf("GET %s: %s\n%s", path, resp.Status, b)
	}
	return b
}

// read is get for JSON.
func read[T any](d *desk, path string) (v T) {
	d.t.Helper()
	if err := json.Unmarshal(d.get(path), &v); err != nil {
		d.t.Fatalf("GET %s: %v", path, err)
	}
	return v
}

// form builds a multipart body: pairs of a field and its value; "file" makes a document of the value.
func form(t *testing.T, pairs ...string) (io.Reader, string) {
	t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for i := 0; i < len(pairs); i += 2 {
		var w io.Writer
		var err error
		if pairs[i] == "file" {
			w, err = m.CreateFormFile("file", "note.txt")
		} else {
			w, err = m.CreateFormField(pairs[i])
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, pairs[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	return &b, m.FormDataContentType()
}

// submit sends a form to the API.
func (d *desk) submit(key string, pairs ...string) (*http.Response, []byte) {
	d.t.Helper()
	body, kind := form(d.t, pairs...)
	return d.do(d.request(http.MethodPost, "/api/v1/faxes", body, func(r *http.Request) {
		r.Header.Set("Content-Type", kind)
		if key != "" {
			r.Header.Set("Idempotency-Key", key)
		}
	}))
}

// sent submits a note to the gateway itself and waits until it is confirmed.
func (d *desk) sent() gateway.Fax {
	d.t.Helper()
	resp, b := d.submit("", "to", "desk@a.example", "file", "A note.\n", "subject", "For the desk")
	var made console.Submitted
	if err := json.Unmarshal(b, &made); err != nil || resp.StatusCode != http.StatusAccepted {
		d.t.Fatalf("submit: %s %s %v", resp.Status, b, err)
	}
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		fax := read[gateway.Fax](d, "/api/v1/faxes/"+string(made.ID))
		if console.Final(fax) {
			return fax
		}
		if time.Now().After(end) {
			d.t.Fatalf("not final after 20 s: %+v", fax)
		}
	}
}
