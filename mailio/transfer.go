package mailio

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/emersion/go-smtp"
)

// maxSize is the SIZE that the server announced (RFC 1870); 0 is none.
func (d *dialogue) maxSize() (size int64, ok bool) {
	_, s := d.smtp.Extension("SIZE")
	size, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64)
	return size, err == nil && size > 0
}

// envelope says who sends what to whom.
func (d *dialogue) envelope(ctx context.Context) error {
	if limit, ok := d.maxSize(); ok && d.env.Size > limit {
		return &ReplyError{
			Stage: StageSize, Code: 552, Enhanced: "5.3.4", Hop: d.hop.String(), MaxSize: limit,
			Text: fmt.Sprintf("5.3.4 the message has %d octets, %s takes %d (its SIZE): it was not sent", d.env.Size, d.hop.host, limit),
		}
	}
	d.stage = StageMAIL
	err := d.smtp.Mail(d.env.From, &smtp.MailOptions{
		Size: d.env.Size, Return: smtp.DSNReturn(d.env.Ret), EnvelopeID: d.env.EnvID,
	})
	if err := d.result(ctx, err); err != nil {
		return err
	}
	d.stage = StageRCPT
	return d.result(ctx, d.smtp.Rcpt(d.env.To, d.rcptOptions()))
}

// rcptOptions are RFC 3461's parameters; go-smtp leaves them out by itself when
// the server does not offer DSN. An original recipient of a type that it does
// not know is left out: the parameter is optional.
func (d *dialogue) rcptOptions() *smtp.RcptOptions {
	var opts smtp.RcptOptions
	if d.env.Notify != "" {
		for n := range strings.SplitSeq(strings.ToUpper(d.env.Notify), ",") {
			opts.Notify = append(opts.Notify, smtp.DSNNotify(strings.TrimSpace(n)))
		}
	}
	kind, addr, typed := strings.Cut(d.env.ORcpt, ";")
	if !typed {
		kind, addr = "rfc822", d.env.ORcpt
	}
	if strings.EqualFold(kind, "rfc822") {
		opts.OriginalRecipientType, opts.OriginalRecipient = smtp.DSNAddressTypeRFC822, strings.TrimSpace(addr)
	}
	return &opts
}

// transfer sends the message. Up to the dot everything can be taken back by
// cutting the connection; after it only the server's reply tells.
func (d *dialogue) transfer(ctx context.Context, msg io.Reader, atDot func() error) (Reply, error) {
	d.stage = StageDATA
	data, err := d.smtp.Data()
	if err != nil {
		return Reply{}, d.result(ctx, err)
	}
	body := bodyWriter{send: d.wire.body}
	if err := body.copyBody(msg); err != nil {
		return Reply{}, d.bodyError(ctx, err)
	}
	if d.wire.in.Buffered() > 0 {
		return Reply{}, d.bodyError(ctx, errors.New("the server speaks before the message has ended"))
	}
	if !d.stop() {
		return Reply{}, d.fail(ctx, context.Cause(ctx))
	}
	if atDot != nil {
		if err := atDot(); err != nil {
			return Reply{}, &StageError{Stage: StageDATA, Hop: d.hop.String(), Err: fmt.Errorf("before the end of the message: %w", err)}
		}
	}
	return d.dot(ctx, data)
}

// bodyError explains why the message could not be sent whole. A server that
// stops taking it usually says why before it hangs up.
func (d *dialogue) bodyError(ctx context.Context, err error) error {
	var local readError
	if errors.As(err, &local) || ctx.Err() != nil {
		return d.fail(ctx, err)
	}
	d.wire.expect(time.Second)
	if d.wire.receive() == nil && d.wire.last.code >= 400 {
		return d.refusal()
	}
	return d.fail(ctx, err)
}

// dot sends CRLF.CRLF and reads the reply. The end of ctx no longer ends the
// waiting, it only shortens it to the grace.
func (d *dialogue) dot(ctx context.Context, data *smtp.DataCommand) (Reply, error) {
	d.stage = StageDot
	d.wire.expect(d.timeouts.Dot)
	d.wire.last = reply{}
	stop := context.AfterFunc(ctx, func() { d.wire.hurry(d.timeouts.Grace) })
	defer stop()
	_, err := data.CloseWithResponse()
	switch last := d.wire.last; {
	case last.code/100 == 2:
		return d.reply(), nil
	case last.code >= 400:
		return Reply{}, d.refusal()
	case err == nil:
		err = errors.New("no reply was read")
	case last.code != 0:
		err = fmt.Errorf("the reply makes no sense: %d %s", last.code, last.text())
	}
	return Reply{}, &UncertainError{Hop: d.hop.String(), Err: err}
}
