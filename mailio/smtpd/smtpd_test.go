package smtpd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"faxgate/mailio"
)

const hello = `S: 220 fax.test ESMTP Service Ready
C: EHLO mfp
S: 250-fax.test greets mfp
S: 250-STARTTLS
S: 250-PIPELINING
S: 250-8BITMIME
S: 250-ENHANCEDSTATUSCODES
S: 250-CHUNKING
S: 250-DSN
S: 250 SIZE 1000
`

// greeted is hello for tests of something else.
const greeted = "S~ 220\nC: HELO mfp\nS~ 250\n"

const envelope = `C: MAIL FROM:<mfp@office.test>
S: 250 2.1.0 sender <mfp@office.test> ok
C: RCPT TO:<fax@fax.test>
S: 250 2.1.5 recipient <fax@fax.test> ok
`

const goAhead = "C: DATA\nS~ 354\n"

const queued = "S: 250 2.0.0 OK: queued\n"

// wantLetter is what envelope and some text become.
func wantLetter(text string) letter {
	return letter{mailio.Envelope{
		From: "mfp@office.test", To: "fax@fax.test", Rcpts: []mailio.Rcpt{{Address: "fax@fax.test"}}, Source: "smtp",
		Session: mailio.Session{ID: "smtp-1", Helo: "mfp"},
	}, text}
}

func diffLetters(want, got []letter) string {
	return cmp.Diff(want, got, cmp.AllowUnexported(letter{}), cmpopts.IgnoreFields(mailio.Session{}, "Remote", "Local", "TLS"))
}

// A dialogueCase is a script, what is kept of it, and how many messages broke
// off.
type dialogueCase struct {
	script string
	want   []letter
	broken int
}

func messageDialogues() map[string]dialogueCase {
	return map[string]dialogueCase{
		"a message": {
			script: hello + envelope + goAhead + "C: Subject: x\\n\\n..dot\\nend\\n.\n" + queued + "C: QUIT\nS~ 221\nEOF",
			want:   []letter{wantLetter("Subject: x\r\n\r\n.dot\r\nend\r\n")},
		},
		"all at once (PIPELINING)": {
			script: greeted + "C: MAIL FROM:<mfp@office.test>\\nRCPT TO:<fax@fax.test>\\nDATA\\na\\n.\\nNOOP\nS~ 250 2.1.0\nS~ 250 2.1.5\nS~ 354\n" + queued + "S~ 250 2.0.0 I have",
			want:   []letter{wantLetter("a\r\n")},
		},
		"only CRLF.CRLF ends a message, which is kept as it came": {
			script: greeted + envelope + goAhead + "C: a\\l.\\lMAIL FROM:<x>\\r.\\r\\nb\\l.\\n.\n" + queued,
			want:   []letter{wantLetter("a\n.\nMAIL FROM:<x>\r.\r\r\nb\n.\r\n")},
		},
		"lines that end in CR CR LF": {
			script: greeted + envelope + goAhead + "C: a\\r\\nb\\r\\n.\n" + queued,
			want:   []letter{wantLetter("a\r\r\nb\r\r\n")},
		},
		"an empty message": {
			script: greeted + envelope + goAhead + "C: .\n" + queued,
			want:   []letter{wantLetter("")},
		},
		"a message of exactly the largest size, in one line": {
			script: greeted + envelope + goAhead + "C: " + strings.Repeat("x", 998) + "\\n.\n" + queued,
			want:   []letter{wantLetter(strings.Repeat("x", 998) + "\r\n")},
		},
		"one octet more": {
			script: greeted + envelope + goAhead + "C: " + strings.Repeat("x", 999) + "\\n.\nS~ 552 5.3.4\nC: NOOP\nS~ 250", broken: 1,
		},
		"far more": {
			script: greeted + envelope + goAhead + "C: " + strings.Repeat("x", 3000) + "\\n.\nS~ 552 5.3.4\nEOF", broken: 1,
		},
		"cut within a message": {
			script: greeted + envelope + goAhead + "C: Subject: x\\n\\nhalf\nCUT", broken: 1,
		},
		"cut within the dot": {
			script: greeted + envelope + goAhead + "c: half\\n.\nCUT", broken: 1,
		},
	}
}

func commandDialogues() map[string]dialogueCase {
	return map[string]dialogueCase{
		"SIZE": {
			script: greeted + "C: MAIL FROM:<a@b> SIZE=1001\nS~ 552 5.3.4\nC: MAIL FROM:<a@b> SIZE=99999999999999999999\nS~ 552 5.3.4\nC: MAIL FROM:<mfp@office.test> SIZE=1000\nS~ 250\nC: RSET\nS~ 250",
		},
		"a second MAIL begins anew": {
			script: greeted + "C: MAIL FROM:<x@y>\nS~ 250\nC: RCPT TO:<other@fax.test>\nS~ 250\n" + envelope + goAhead + "C: .\n" + queued,
			want:   []letter{wantLetter("")},
		},
		"a second MAIL that is refused leaves nothing of the first": {
			script: greeted + envelope + "C: MAIL FROM:<a b>\nS~ 501 5.1.7\nC: RCPT TO:<fax@fax.test>\nS~ 503 5.5.1\nC: DATA\nS~ 503 5.5.1",
		},
		"DATA without recipients": {
			script: greeted + "C: DATA\nS~ 503\nC: MAIL FROM:<>\nS~ 250\nC: RCPT TO:<a@elsewhere.test>\nS: 550 5.7.1 no relaying\nC: DATA\nS~ 503 5.5.1\nC: BDAT 3 LAST\\na\\nNOOP\nS~ 503\nS~ 250",
		},
		"no names and no domain": {
			script: "S~ 220\nC: HELO\nS~ 250\nC: mail from: mfp\nS: 250 2.1.0 sender <mfp> ok\nC: RCPT TO:<Postmaster>\nS: 250 2.1.5 recipient <Postmaster@fax.test> ok",
		},
		"nonsense": {
			script: greeted + "C: FOO\nS~ 50\nC: \nS~ 50\nC: STARTTLS now\nS~ 501\nC: " + strings.Repeat("x", 20000) + "\nS~ 500 5.5.6\nC: NOOP\nS~ 250",
		},
	}
}

func TestDialogues(t *testing.T) {
	t.Parallel()
	cases := messageDialogues()
	maps.Copy(cases, commandDialogues())
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := &box{}
			s := &Server{Handler: b, MaxSize: 1000}
			start(t, s)
			talk(t, s.Listeners[0], nil, c.script)
			eventually(t, "a message that broke off", func() bool { return len(b.broken()) == c.broken })
			if diff := diffLetters(c.want, b.letters()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestChunks(t *testing.T) {
	t.Parallel()
	b := &box{}
	s := &Server{Handler: b, MaxSize: 20}
	start(t, s)
	talk(t, s.Listeners[0], nil, greeted+envelope+`c: BDAT 6\na\n.\n
S~ 250
c: BDAT 5 LAST\nNOOP\l
S: 250 2.0.0 OK: queued
C: NOOP
S~ 250
`+envelope+`c: BDAT 21\n123456789012345678901
S~ 250
C: BDAT 0 LAST
S~ 552 5.3.4
`+envelope+`c: BDAT 4\nhalf
S~ 250
CUT`)
	eventually(t, "two broken messages", func() bool { return len(b.broken()) == 2 })
	if diff := diffLetters([]letter{wantLetter("a\r\n.\r\nNOOP\n")}, b.letters()); diff != "" {
		t.Error(diff)
	}
}

func TestDSN(t *testing.T) {
	t.Parallel()
	b := &box{}
	s := &Server{Handler: b}
	start(t, s)
	orcpt := strings.Repeat("x", 493)
	talk(t, s.Listeners[0], nil, greeted+`C: MAIL FROM:<a@b> RET=hdrs ENVID=id+2B1+20x AUTH=<> BODY=8BITMIME
S~ 250
C: RCPT TO:<one@fax.test> notify=success,FAILURE ORCPT=rfc822;One+2B@Fax.test
S~ 250
C: RCPT TO:<two@fax.test> NOTIFY=NEVER ORCPT=FAX;`+orcpt+`
S~ 250
C: RCPT TO:<"a b"@fax.test>
S: 250 2.1.5 recipient <"a b"@fax.test> ok
C: RCPT TO:<"a b"@fax.test>
S~ 250
`+goAhead+"C: .\n"+queued)
	want := []letter{{env: mailio.Envelope{
		From: "a@b", To: "one@fax.test", EnvID: "id+1 x", Ret: "HDRS", Notify: "SUCCESS,FAILURE", ORcpt: "rfc822;One+@Fax.test",
		Rcpts: []mailio.Rcpt{
			{Address: "one@fax.test", Notify: "SUCCESS,FAILURE", ORcpt: "rfc822;One+@Fax.test"},
			{Address: "two@fax.test", Notify: "NEVER", ORcpt: "FAX;" + orcpt},
			{Address: `"a b"@fax.test`},
		},
		Source: "smtp", Session: mailio.Session{ID: "smtp-1", Helo: "mfp"},
	}}}
	if diff := diffLetters(want, b.letters()); diff != "" {
		t.Error(diff)
	}
}

// TestRefusals sees a Handler's errors answered, and nothing given away.
func TestRefusals(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var next error
	set := func(err error) func() { return func() { mu.Lock(); defer mu.Unlock(); next = err } }
	once := func() error { mu.Lock(); defer mu.Unlock(); err := next; next = nil; return err }
	b := &box{
		recipient: func(mailio.Session, string) error { return once() },
		message:   func(context.Context, mailio.Envelope, io.Reader) error { return once() },
	}
	s := &Server{Handler: b}
	start(t, s)
	run := map[string]func(){
		"disk":  set(errors.New("open /var/lib/secret: no space")),
		"media": set(fmt.Errorf("part 2: %w", &mailio.Refusal{Code: 554, Enhanced: "5.6.1", Text: "cannot read\nfax\u00e9.tif"})),
		"bare":  set(&mailio.Refusal{Code: 450, Text: "later"}),
		"bad":   set(&mailio.Refusal{Code: 250, Text: "fine"}),
	}
	const broken = "451 4.3.0 this cannot be taken at present, please send it again later\n"
	talk(t, s.Listeners[0], run, greeted+`C: MAIL FROM:<a@b>
S~ 250
RUN disk
C: RCPT TO:<a@fax.test>
S: `+broken+`RUN bare
C: RCPT TO:<a@fax.test>
S: 450 4.0.0 later
RUN bad
C: RCPT TO:<a@fax.test>
S: `+broken+`C: RCPT TO:<a@fax.test>
S~ 250
RUN media
`+goAhead+`C: never read\n.
S: 554-5.6.1 cannot read
S: 554 5.6.1 fax?.tif
`+envelope+`RUN disk
`+goAhead+`C: .
S: `+broken)
}

func TestBusy(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var busy error
	set := func(err error) func() { return func() { mu.Lock(); defer mu.Unlock(); busy = err } }
	s := &Server{Handler: &box{}, Busy: func() error { mu.Lock(); defer mu.Unlock(); return busy }}
	start(t, s)
	run := map[string]func(){"full": set(errors.New("disk full")), "free": set(nil), "own": set(&mailio.Refusal{Code: 450, Enhanced: "4.2.1", Text: "later"})}
	talk(t, s.Listeners[0], run, greeted+"RUN full\nC: MAIL FROM:<a@b>\nS: 452 4.3.1 disk full\nRUN own\nC: MAIL FROM:<a@b>\nS: 450 4.2.1 later\nRUN free\nC: MAIL FROM:<a@b>\nS~ 250")
	set(&mailio.Refusal{Code: 421, Enhanced: "4.3.2", Text: "closed for today"})()
	talk(t, s.Listeners[0], nil, "S: 421 4.3.2 closed for today\nEOF")
	talk(t, s.TLSListeners[0], nil, "EOF")
}

func TestConnectionCaps(t *testing.T) {
	t.Parallel()
	for _, s := range []*Server{{MaxConns: 1}, {MaxConnsPerIP: 1}} {
		s.Handler = &box{}
		start(t, s)
		other := map[string]func(){"other": func() {
			talk(t, s.Listeners[0], nil, "S: 421 4.7.0 too many connections, try again later\nEOF")
		}}
		// A connection that changes to TLS is still one.
		talk(t, s.Listeners[0], other, greeted+"RUN other\nC: STARTTLS\nS~ 220\nTLS\nRUN other\nC: QUIT\nS~ 221\n")
		eventually(t, "a free place", func() bool { return s.connections() == 0 })
		talk(t, s.Listeners[0], nil, greeted)
	}
}

// connections are those of the present Serve.
func (s *Server) connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.run.mu.Lock()
	defer s.run.mu.Unlock()
	return s.run.tcp
}

// TestPerRead sees that a slow sender who is alive is served, and one who is
// silent is not, in a command or in a message.
func TestPerRead(t *testing.T) {
	t.Parallel()
	b := &box{}
	s := &Server{Handler: b, DataTimeout: 300 * time.Millisecond, CommandTimeout: 300 * time.Millisecond}
	start(t, s)
	nap := map[string]func(){"nap": func() { time.Sleep(150 * time.Millisecond) }}
	talk(t, s.Listeners[0], nap, greeted+envelope+goAhead+strings.Repeat("c: x\nRUN nap\n", 4)+"C: \\n.\n"+queued)
	if len(b.letters()) != 1 {
		t.Error("the slow message was not kept")
	}
	talk(t, s.Listeners[0], nil, greeted+envelope+goAhead+"C: half\nS~ 451\nEOF")
	if len(b.broken()) != 1 {
		t.Error("the half message was not told")
	}
	talk(t, s.Listeners[0], nil, greeted+"S: 421 4.4.2 no command came\nEOF")
	talk(t, s.Listeners[0], nap, greeted+"c: NO\nRUN nap\nc: O\nRUN nap\nc: P\nRUN nap\nS~ 421\nEOF")
}

func TestShutdown(t *testing.T) {
	t.Parallel()
	t.Run("idle gets 421, a transfer finishes, new mail gets none", func(t *testing.T) {
		t.Parallel()
		b := &box{}
		s := &Server{Handler: b, Grace: 5 * time.Second}
		start(t, s)
		ended := make(chan error, 1)
		run := map[string]func(){
			"idle": func() {
				talk(t, s.Listeners[0], map[string]func(){"shutdown": func() {
					go func() { ended <- s.Shutdown(context.Background()) }()
				}}, greeted+"RUN shutdown\nS: 421 4.3.2 fax.test is shutting down\nEOF")
			},
		}
		talk(t, s.Listeners[0], run, greeted+envelope+goAhead+"C: first half\nRUN idle\nC: second half\\n.\\nMAIL FROM:<a@b>\n"+queued+"S~ 421 4.3.2\nEOF")
		if err := <-ended; err != nil || len(b.letters()) != 1 {
			t.Errorf("%v, %d letters", err, len(b.letters()))
		}
	})
	t.Run("what does not finish is cut", func(t *testing.T) {
		t.Parallel()
		b := &box{}
		s := &Server{Handler: b, Grace: time.Hour}
		start(t, s)
		ended := make(chan error, 1)
		run := map[string]func(){"shutdown": func() {
			ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
			defer cancel()
			ended <- s.Shutdown(ctx)
		}}
		talk(t, s.Listeners[0], run, greeted+envelope+goAhead+"C: half\nRUN shutdown")
		if err := <-ended; !errors.Is(err, context.DeadlineExceeded) || len(b.letters()) != 0 || len(b.broken()) != 1 {
			t.Errorf("%v, %d letters", err, len(b.letters()))
		}
	})
	t.Run("a handler that works on is told", func(t *testing.T) {
		t.Parallel()
		told := make(chan struct{})
		b := &box{message: func(ctx context.Context, _ mailio.Envelope, _ io.Reader) error {
			<-ctx.Done()
			close(told)
			return ctx.Err()
		}}
		s := &Server{Handler: b, Grace: 20 * time.Millisecond}
		start(t, s)
		run := map[string]func(){"shutdown": func() { _ = s.Shutdown(context.Background()) }}
		talk(t, s.Listeners[0], run, greeted+envelope+goAhead+"C: .\nRUN shutdown")
		<-told
	})
}

// TestPanic sees that a Handler that panics costs its client the connection and
// nobody else anything.
func TestPanic(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	s := &Server{
		Log:     slog.New(slog.NewTextHandler(&log, nil)),
		Handler: &box{message: func(context.Context, mailio.Envelope, io.Reader) error { panic("at the disco") }},
	}
	start(t, s)
	talk(t, s.Listeners[0], nil, greeted+envelope+goAhead+"C: .\nS~ 421\nEOF")
	talk(t, s.Listeners[0], nil, greeted+envelope+"C: QUIT\nS~ 221\nEOF")
	if err := s.Shutdown(context.Background()); err != nil || !strings.Contains(log.String(), "at the disco") {
		t.Errorf("%v; logged: %s", err, log.String())
	}
}

// TestListenerFails sees that Serve ends when it can take no more mail.
func TestListenerFails(t *testing.T) {
	t.Parallel()
	s := &Server{Handler: &box{}, Listeners: []net.Listener{listen(t)}}
	served := make(chan error)
	go func() { served <- s.Serve(context.Background()) }()
	_ = s.Listeners[0].Close()
	if err := <-served; err == nil || !strings.Contains(err.Error(), "listener") {
		t.Errorf("got %v", err)
	}
	if err := (&Server{TLSListeners: s.Listeners}).Serve(context.Background()); err == nil {
		t.Error("TLS without a certificate")
	}
}
