package gateway

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"faxgate/codec"
	"faxgate/mailio"
	"faxgate/spool"
)

// A verdict says what follows from one try to send: the one place where retrying is decided.
type verdict struct {
	state   spool.State
	outcome string // of the attempt: accepted, refused, unreached, uncertain, unsendable
	due     *time.Time
	words   string
	by      string // who said so: the hop's name
	code    int
	tls     string
	dsn     bool // the hop takes DSN parameters and has them
	refusal *mailio.ReplyError
}

// refusedOutcome is that of an attempt that ended with the peer's 4yz or 5yz: certainly not accepted.
const refusedOutcome = "refused"

// judge turns the result of a try into a verdict. tries counts this try too; since is when the task was made.
func (g *Gateway) judge(reply mailio.Reply, err error, tries int, since time.Time) verdict {
	if err == nil {
		return verdict{state: Accepted, outcome: "accepted", words: fmt.Sprintf("%d %s", reply.Code, reply.Text), by: reply.Hop, code: reply.Code, tls: reply.TLS, dsn: reply.DSN}
	}
	if u, ok := errors.AsType[*mailio.UncertainError](err); ok {
		due := g.now().Add(g.cfg.Retry.Grace.D())
		return verdict{state: Uncertain, outcome: "uncertain", words: u.Error(), by: u.Hop, due: &due}
	}
	v := verdict{state: Queued, outcome: "unreached", words: err.Error()}
	if re, ok := errors.AsType[*mailio.ReplyError](err); ok {
		v.outcome, v.by, v.code, v.refusal, v.words = refusedOutcome, re.Hop, re.Code, re, re.Error()
		if re.Permanent() && !beforeMail(re.Stage) {
			v.state = Failed
			return v
		}
	}
	if ue, ok := errors.AsType[*unsendableError](err); ok {
		return verdict{state: Failed, outcome: "unsendable", words: ue.Error()}
	}
	return g.again(v, tries, since)
}

// beforeMail tells the stages in which a server speaks of us, not of the fax: a wrong password or a server that is closed to us is put right by a person, and the faxes wait for it.
func beforeMail(s mailio.Stage) bool {
	switch s {
	case mailio.StageConnect, mailio.StageEHLO, mailio.StageSTARTTLS, mailio.StageAUTH:
		return true
	}
	return false
}

// again says when the next try is: a few quick ones, then slow ones, with a hard end (design: retries have a hard cap).
func (g *Gateway) again(v verdict, tries int, since time.Time) verdict {
	r := g.cfg.Retry
	wait := r.Wait.D()
	if tries <= r.First {
		wait = r.FirstWait.D()
	}
	due := g.now().Add(wait)
	if tries >= r.Cap || due.Sub(since) > r.GiveUp.D() {
		v.state = Failed
		v.words = fmt.Sprintf("given up after %d tries in %s; the last one: %s", tries, g.now().Sub(since).Round(time.Second), v.words)
		return v
	}
	v.due = &due
	return v
}

// unsendableError means that no message can be made of the task: no try helps.
type unsendableError struct{ err error }

func (e *unsendableError) Error() string { return e.err.Error() }
func (e *unsendableError) Unwrap() error { return e.err }

func unsendable(format string, args ...any) error {
	return &unsendableError{fmt.Errorf(format, args...)}
}

// blame makes err an *unsendableError unless the fault is ours.
func blame(err error, format string, args ...any) error {
	if isOurFault(err) {
		return fmt.Errorf(format, args...)
	}
	return unsendable(format, args...)
}

// isOurFault tells what is wrong with this installation, or with the moment: a full disk, a renderer that cannot be started and the shutdown end no fax.
func isOurFault(err error) bool {
	_, file := errors.AsType[*fs.PathError](err)
	return file || errors.Is(err, codec.ErrUnavailable) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}
