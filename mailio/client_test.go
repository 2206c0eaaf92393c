package mailio

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// hello is what most servers of these tests begin with.
const hello = `
S: 220 mail.test ESMTP
C: EHLO fax.test
`

// accepted is a whole transfer of "hi" after the EHLO.
const accepted = `
C~ MAIL FROM:<a@fax.test>
S: 250 ok
C~ RCPT TO:<b@mail.test>
S: 250 ok
C: DATA
S: 354 go on
C: Subject: x
C:
C: hi
C: .
S: 250 2.0.0 queued as 17
C: QUIT
S: 221 bye
`

var small = Envelope{From: "a@fax.test", To: "b@mail.test", Size: 18}

const smallMessage = "Subject: x\r\n\r\nhi\r\n"

// a case is a dialogue and what Send makes of it.
type sendCase struct {
	name   string
	script string
	client Client
	env    Envelope
	body   string // default smallMessage
	want   Reply
	// The error, if one is expected:
	refused   *ReplyError // with the reply as here
	stage     Stage       // a *StageError at this stage ...
	words     string      // ... or any error with these words
	uncertain bool
	dots      int // how often atDot ran
}

// acceptedCases are dialogues that end well.
func acceptedCases() []*sendCase {
	return []*sendCase{{
		name: "plain", dots: 1,
		script: hello + "S: 250-mail.test\\n250 pipelining" + accepted,
		want:   Reply{Code: 250, Enhanced: "2.0.0", Text: "2.0.0 queued as 17"},
	}, {
		name: "a reply of several lines stays verbatim", dots: 1,
		script: hello + "S: 250 mail.test" + strings.Replace(accepted, "250 2.0.0 queued as 17", "250-2.0.0 queued  as\\n250-2.0.0 17\\n250 2.0.0 for you", 1),
		want:   Reply{Code: 250, Enhanced: "2.0.0", Text: "2.0.0 queued  as\n2.0.0 17\n2.0.0 for you"},
	}, {
		name: "HELO where EHLO is not known", dots: 1,
		script: hello + "S: 502 what?\nC: HELO fax.test\nS: 250 mail.test" + accepted,
		want:   Reply{Code: 250, Enhanced: "2.0.0", Text: "2.0.0 queued as 17"},
	}, {
		name: "251 at RCPT and a bare code are fine", dots: 1,
		script: hello + "S: 250" + strings.Replace(strings.Replace(accepted, "S: 250 ok", "S: 252", 1), "S: 250 ok", "S: 251 forwarded", 1),
		want:   Reply{Code: 250, Enhanced: "2.0.0", Text: "2.0.0 queued as 17"},
	}, {
		name: "DSN parameters where offered, in any case", dots: 1,
		env: Envelope{From: "a@fax.test", To: "b@mail.test", Size: 18, EnvID: "id+1=x y", Ret: "HDRS", Notify: "SUCCESS,FAILURE", ORcpt: "B+1@mail.test"},
		script: hello + `S: 250-mail.test\n250-dsn\n250-Size 1000\n250 HELP
			C: MAIL FROM:<a@fax.test> SIZE=18 RET=HDRS ENVID=id+2B1+3Dx+20y
			S: 250 ok
			C: RCPT TO:<b@mail.test> NOTIFY=SUCCESS,FAILURE ORCPT=RFC822;B+2B1@mail.test
			` + accepted[strings.Index(accepted, "S: 250 ok\nC: DATA"):],
		want: Reply{Code: 250, Enhanced: "2.0.0", Text: "2.0.0 queued as 17", DSN: true, MaxSize: 1000},
	}, {
		name: "no DSN parameters where not offered", dots: 1,
		env: Envelope{From: "a@fax.test", To: "b@mail.test", Size: 18, EnvID: "id", Ret: "HDRS", Notify: "SUCCESS", ORcpt: "rfc822;b@mail.test"},
		script: hello + `S: 250 mail.test
			C: MAIL FROM:<a@fax.test>
			S: 250 ok
			C: RCPT TO:<b@mail.test>
			` + accepted[strings.Index(accepted, "S: 250 ok\nC: DATA"):],
		want: Reply{Code: 250, Enhanced: "2.0.0", Text: "2.0.0 queued as 17"},
	}, {
		name: "dots doubled, line ends made CRLF", dots: 1,
		body: ".a\n..b\r.\r\n\r\nc.\r\r\n.",
		script: hello + "S: 250 mail.test" + strings.Replace(accepted, "C: Subject: x\nC:\nC: hi\n",
			"C: ..a\nC: ...b\nC: ..\nC:\nC: c.\nC:\nC: ..\n", 1),
		want: Reply{Code: 250, Enhanced: "2.0.0", Text: "2.0.0 queued as 17"},
	}}
}

// refusedCases are those that end with a refusal.
func refusedCases() []*sendCase {
	return []*sendCase{{
		name:    "greeting 554",
		script:  "S: 554-5.7.1 not you\\n554 5.7.1 go away",
		refused: &ReplyError{Stage: StageConnect, Code: 554, Enhanced: "5.7.1", Text: "5.7.1 not you\n5.7.1 go away"},
	}, {
		name:    "421 at EHLO",
		script:  hello + "S: 421 4.3.2 later",
		refused: &ReplyError{Stage: StageEHLO, Code: 421, Enhanced: "4.3.2", Text: "4.3.2 later"},
	}, {
		name:    "552 at MAIL",
		script:  hello + "S: 250 x\nC~ MAIL\nS: 552 5.2.2 full\nC: QUIT\nS: 221 bye",
		refused: &ReplyError{Stage: StageMAIL, Code: 552, Enhanced: "5.2.2", Text: "5.2.2 full"},
	}, {
		name:    "450 at RCPT",
		script:  hello + "S: 250 x\nC~ MAIL\nS: 250 ok\nC~ RCPT\nS: 450 greylisted\nC: QUIT\nS: 221 bye",
		refused: &ReplyError{Stage: StageRCPT, Code: 450, Text: "greylisted"},
	}, {
		name:    "451 at DATA",
		script:  hello + "S: 250 x\nC~ MAIL\nS: 250 ok\nC~ RCPT\nS: 250 ok\nC: DATA\nS: 451 4.3.0 no\nEOF",
		refused: &ReplyError{Stage: StageDATA, Code: 451, Enhanced: "4.3.0", Text: "4.3.0 no"},
	}, {
		name: "554 at the dot", dots: 1,
		script:  hello + "S: 250 x" + strings.Replace(accepted[:strings.Index(accepted, "C: QUIT")], "250 2.0.0 queued as 17", "554 5.6.1 cannot read that", 1) + "EOF",
		refused: &ReplyError{Stage: StageDot, Code: 554, Enhanced: "5.6.1", Text: "5.6.1 cannot read that"},
	}, {
		name: "too big for SIZE", env: Envelope{From: "a@fax.test", To: "b@mail.test", Size: 1001},
		script: hello + "S: 250-x\\n250 size 1000\nC: QUIT\nS: 221 bye",
		refused: &ReplyError{
			Stage: StageSize, Code: 552, Enhanced: "5.3.4",
			Text:    "5.3.4 the message has 1001 octets, 127.0.0.1 takes 1000 (its SIZE): it was not sent",
			MaxSize: 1000,
		},
	}}
}

// brokenCases are those that break off.
func brokenCases() []*sendCase {
	return []*sendCase{{
		name: "cut after the dot", dots: 1, uncertain: true, words: "closed the connection",
		script: hello + "S: 250 x" + accepted[:strings.Index(accepted, "S: 250 2.0.0 queued")],
	}, {
		name: "nonsense after the dot", dots: 1, uncertain: true, words: "no SMTP server",
		script: hello + "S: 250 x" + strings.Replace(accepted[:strings.Index(accepted, "C: QUIT")], "250 2.0.0 queued as 17", "hello?", 1),
	}, {
		name: "354 after the dot", dots: 1, uncertain: true, words: "makes no sense",
		script: hello + "S: 250 x" + strings.Replace(accepted[:strings.Index(accepted, "C: QUIT")], "250 2.0.0 queued as 17", "354 more", 1),
	}, {
		name: "cut after DATA", stage: StageDATA, words: "closed the connection",
		script: hello + "S: 250 x\nC~ MAIL\nS: 250 ok\nC~ RCPT\nS: 250 ok\nC: DATA",
	}, {
		name: "250 instead of 354", stage: StageDATA,
		script: hello + "S: 250 x\nC~ MAIL\nS: 250 ok\nC~ RCPT\nS: 250 ok\nC: DATA\nS: 250 ok\nEOF",
	}, {
		name: "not an SMTP server", stage: StageConnect, words: `"HTTP/1.1 400 Bad Request"`,
		script: "S: HTTP/1.1 400 Bad Request\\n\\n",
	}, {
		name: "replies that nobody asked for are not answers to what follows", stage: StageRCPT, words: "out of turn",
		script: hello + "S: 250 x\nC~ MAIL\nS: 250 ok\\n250 ok\nEOF",
	}}
}

func TestSend(t *testing.T) {
	t.Parallel()
	for _, c := range slices.Concat(acceptedCases(), refusedCases(), brokenCases()) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, newAuthority(t).good(), nil, c.script)
			checkSend(t, s, c)
		})
	}
}

// checkSend sends and compares what comes of it.
func checkSend(t *testing.T, s *scriptedServer, c *sendCase) {
	t.Helper()
	env, body := c.env, c.body
	if env.To == "" {
		env = small
	}
	if body == "" {
		body = smallMessage
	}
	client := &c.client
	client.Host, client.Port = "127.0.0.1", s.port()
	if client.Helo == "" {
		client.Helo = "fax.test"
	}
	dots := 0
	msg := &message{Reader: strings.NewReader(body)}
	got, err := client.Send(testContext(t), env, msg, func() error { dots++; return nil })
	if dots != c.dots {
		t.Errorf("atDot ran %d times, not %d", dots, c.dots)
	}
	if msg.read && c.dots == 0 && !strings.Contains(c.script, "354") {
		t.Error("the message was read before 354")
	}
	c.check(t, client, got, err)
}

func (c *sendCase) check(t *testing.T, client *Client, got Reply, err error) {
	t.Helper()
	hop, _ := parseHop(client.Host, client.Port)
	var (
		refused   *ReplyError
		stage     *StageError
		uncertain *UncertainError
	)
	switch {
	case c.refused != nil:
		c.refused.Hop = hop.String()
		if !errors.As(err, &refused) {
			t.Fatalf("got %v", err)
		}
		if diff := cmp.Diff(c.refused, refused); diff != "" {
			t.Error(diff)
		}
	case c.uncertain:
		if !errors.As(err, &uncertain) {
			t.Errorf("not uncertain: %v", err)
		}
	case c.stage != "":
		if !errors.As(err, &stage) || stage.Stage != c.stage {
			t.Errorf("not at %s: %v", c.stage, err)
		}
	case err != nil:
		t.Errorf("got %v", err)
	default:
		c.want.Hop = hop.String()
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Error(diff)
		}
	}
	if c.words != "" && (err == nil || !strings.Contains(err.Error(), c.words)) {
		t.Errorf("%v does not say %q", err, c.words)
	}
}

// TestNoDot sees that a transfer that is given up is cut, with no dot and no
// QUIT: what was sent of it must not become a message.
func TestNoDot(t *testing.T) {
	t.Parallel()
	script := hello + "S: 250 x\nC~ MAIL\nS: 250 ok\nC~ RCPT\nS: 250 ok\nC: DATA\nS: 354 go\n"
	broken := errors.New("disk on fire")
	ctx, cancel := context.WithCancel(context.Background())
	cases := []struct {
		name, script string
		msg          io.Reader
		atDot        func() error
		want         error
	}{
		{"reader fails", script + `EOF half\nxxx`, io.MultiReader(strings.NewReader("half\r\n"+strings.Repeat("x", bodyBlock)), failing{broken}), nil, broken},
		{"atDot fails", script + "C: whole\nEOF", strings.NewReader("whole\r\n\r\n"), func() error { return broken }, broken},
		{"context ends before the dot", script + "EOF", cancelling{cancel}, nil, context.Canceled},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := serve(t, newAuthority(t).good(), nil, c.script)
			client := &Client{Host: "127.0.0.1", Port: s.port(), Helo: "fax.test"}
			_, err := client.Send(ctx, small, c.msg, c.atDot)
			var stage *StageError
			if !errors.Is(err, c.want) || !errors.As(err, &stage) || stage.Stage != StageDATA {
				t.Errorf("got %v", err)
			}
			if st := client.Status(); st.State != Unable || st.Words == "" {
				t.Errorf("status %+v", st)
			}
		})
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

type cancelling struct{ cancel func() }

func (c cancelling) Read([]byte) (int, error) {
	c.cancel()
	return 0, io.EOF
}

// TestCancelAfterDot sees that the end of the context does not hide the answer
// of a server that has the message, and that the grace ends the waiting.
func TestCancelAfterDot(t *testing.T) {
	t.Parallel()
	atDot := strings.Replace(accepted, "C: .\n", "C: .\nRUN cancel\n", 1)
	t.Run("answered", func(t *testing.T) {
		ctx, cancel := context.WithCancel(testContext(t))
		s := serve(t, newAuthority(t).good(), map[string]func(){"cancel": func() { cancel(); time.Sleep(50 * time.Millisecond) }}, hello+"S: 250 x"+atDot)
		client := &Client{Host: "127.0.0.1", Port: s.port(), Helo: "fax.test"}
		rep, err := client.Send(ctx, small, strings.NewReader(smallMessage), nil)
		if err != nil || rep.Code != 250 {
			t.Errorf("got %+v, %v", rep, err)
		}
	})
	t.Run("silent", func(t *testing.T) {
		ctx, cancel := context.WithCancel(testContext(t))
		s := serve(t, newAuthority(t).good(), map[string]func(){"cancel": cancel}, hello+"S: 250 x"+atDot[:strings.Index(atDot, "S: 250 2.0.0")]+"EOF")
		client := &Client{Host: "127.0.0.1", Port: s.port(), Helo: "fax.test", Timeouts: Timeouts{Grace: 50 * time.Millisecond}}
		_, err := client.Send(ctx, small, strings.NewReader(smallMessage), nil)
		if _, ok := errors.AsType[*UncertainError](err); !ok {
			t.Errorf("got %v", err)
		}
	})
}

// TestPatience sees that no server can keep a transfer hanging: one that does
// not greet, one that does not read the message, one that does not answer the
// dot.
func TestPatience(t *testing.T) {
	t.Parallel()
	const begun = hello + "S: 250 x\nC~ MAIL\nS: 250 ok\nC~ RCPT\nS: 250 ok\nC: DATA\nS: 354 go\n"
	short := Timeouts{Command: 100 * time.Millisecond, Block: 100 * time.Millisecond, Dot: 100 * time.Millisecond}
	big := io.LimitReader(zeros{}, 64<<20)
	cases := []struct {
		name, script string
		msg          io.Reader
		uncertain    bool
	}{
		{"greeting", "RUN wait", strings.NewReader(smallMessage), false},
		{"body", begun + "RUN wait", big, false},
		{"dot", begun + "C: Subject: x\nC:\nC: hi\nC: .\nRUN wait", strings.NewReader(smallMessage), true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			done := make(chan struct{})
			s := serve(t, newAuthority(t).good(), map[string]func(){"wait": func() { <-done }}, c.script)
			client := &Client{Host: "127.0.0.1", Port: s.port(), Helo: "fax.test", Timeouts: short}
			_, err := client.Send(testContext(t), small, c.msg, nil)
			close(done)
			var uncertain *UncertainError
			if err == nil || errors.As(err, &uncertain) != c.uncertain || !strings.Contains(err.Error(), "does not answer") {
				t.Errorf("got %v", err)
			}
		})
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '0'
	}
	return len(p), nil
}

// TestRefusedInside sees that a server's reason for hanging up within a message
// is told.
func TestRefusedInside(t *testing.T) {
	t.Parallel()
	s := serve(t, newAuthority(t).good(), nil, hello+"S: 250 x\nC~ MAIL\nS: 250 ok\nC~ RCPT\nS: 250 ok\nC: DATA\nS: 354 go\\n552 5.3.4 enough\nC: Subject: x\nC:\nEOF hi")
	client := &Client{Host: "127.0.0.1", Port: s.port(), Helo: "fax.test"}
	_, err := client.Send(testContext(t), small, strings.NewReader(smallMessage), func() error {
		t.Error("the dot was near")
		return nil
	})
	var refused *ReplyError
	if !errors.As(err, &refused) || refused.Code != 552 || refused.Stage != StageDATA {
		t.Errorf("got %v", err)
	}
}

// TestBadEnvelope sees that nothing breaks out of a command line.
func TestBadEnvelope(t *testing.T) {
	t.Parallel()
	good := small
	cases := map[string]func(*Envelope){
		"line end":     func(e *Envelope) { e.To = "b@x\r\nRCPT TO:<c@x" },
		"bracket":      func(e *Envelope) { e.From = "a@x> SIZE=1" },
		"open quote":   func(e *Envelope) { e.To = `"b@x` },
		"not ASCII":    func(e *Envelope) { e.To = "ö@x" },
		"no recipient": func(e *Envelope) { e.To = "" },
		"envid":        func(e *Envelope) { e.EnvID = "a\nb" },
		"ret":          func(e *Envelope) { e.Ret = "ALL" },
		"orcpt":        func(e *Envelope) { e.ORcpt = strings.Repeat("x", 501) },
		"hop":          func(e *Envelope) { e.Hop = "a b" },
	}
	for name, spoil := range cases {
		env := good
		spoil(&env)
		client := &Client{Host: "127.0.0.1", Port: 1}
		_, err := client.Send(testContext(t), env, strings.NewReader(""), nil)
		var stage *StageError
		if !errors.As(err, &stage) || strings.Contains(err.Error(), "no connection") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// TestTranscript sees that a transcript has the whole dialogue, neither the
// message nor a password, even if the server repeats that.
func TestTranscript(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var lines []string
	c := sendCase{
		client: Client{
			Auth:       Auth{User: "me", Password: "s3cret", AllowPlaintext: true, Mechanisms: []string{"LOGIN"}},
			Transcript: func(_, l string) { mu.Lock(); defer mu.Unlock(); lines = append(lines, l) },
		},
		script: hello + `S: 250-x\n250 auth=login
			C: AUTH LOGIN
			S: 334 VXNlcm5hbWU6
			C: bWU=
			S: 334 UGFzc3dvcmQ6
			C: czNjcmV0
			S: 535 s3cret czNjcmV0 is wrong
			`,
		refused: &ReplyError{Stage: StageAUTH, Code: 535, Text: "**** **** is wrong"},
	}
	checkSend(t, serve(t, newAuthority(t).good(), nil, c.script), &c)
	want := []string{
		"S: 220 mail.test ESMTP", "C: EHLO fax.test", "S: 250 x", "S: 250 auth=login",
		"C: AUTH LOGIN", "S: 334 VXNlcm5hbWU6", "C: ****", "S: 334 UGFzc3dvcmQ6", "C: ****", "S: 535 **** **** is wrong",
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Error(diff)
	}
}
