package smtpd

import (
	"strings"
	"testing"

	"faxgate/mailio"
)

// TestLongParameters gives the longest parameters that RFC 3461 section 5.4 has a server take, in command lines of 1036 octets.
func TestLongParameters(t *testing.T) {
	t.Parallel()
	b := &box{recipient: func(mailio.Session, string) error { return nil }}
	s := &Server{Handler: b}
	start(t, s)
	envID, orcpt := repeat("e", 100), "rfc822;"+repeat("o", 493)
	path := "<" + repeat("l", 470) + "@fax.test>"
	mail, rcpt := "MAIL FROM:<mfp@office.test> RET=HDRS ENVID="+envID, "RCPT TO:"+path+" NOTIFY=SUCCESS,FAILURE,DELAY ORCPT="+orcpt
	for _, line := range []*string{&mail, &rcpt} { // with the line end, and filled up with blanks between the parameters
		if n := 1034 - len(*line); n > 0 {
			*line = strings.Replace(*line, " RET=", repeat(" ", n)+" RET=", 1)
			*line = strings.Replace(*line, " NOTIFY=", repeat(" ", 1034-len(*line))+" NOTIFY=", 1)
		}
		if len(*line)+2 < 1036 {
			t.Fatalf("the line has %d octets", len(*line)+2)
		}
	}
	talk(t, s.Listeners[0], nil, greeted+"C: "+mail+"\nS~ 250\nC: "+rcpt+"\nS~ 250\n"+goAhead+"C: .\n"+queued)
	got := b.letters()
	if len(got) != 1 || got[0].env.EnvID != envID || got[0].env.Rcpts[0].ORcpt != orcpt || got[0].env.Rcpts[0].Notify != "SUCCESS,FAILURE,DELAY" {
		t.Errorf("kept %+v", got)
	}
}

// TestBadParametersGet501 says them in a dialogue, which goes on: a wrong command changes nothing, and the same with good parameters is taken.
func TestBadParametersGet501(t *testing.T) {
	t.Parallel()
	b := &box{}
	s := &Server{Handler: b}
	start(t, s)
	talk(t, s.Listeners[0], nil, greeted+`C: MAIL FROM:<a@b> RET=BODY
S~ 501
C: MAIL FROM:<a@b> RET=FULL RET=HDRS
S~ 501
C: MAIL FROM:<a@b> ENVID=a ENVID=a
S~ 501
C: MAIL FROM:<a@b> ENVID=+4
S~ 501
C: MAIL FROM:<a@b> RET=FULL ENVID=a+2Bb
S~ 250
C: RCPT TO:<one@fax.test> NOTIFY=ALWAYS
S~ 501
C: RCPT TO:<one@fax.test> NOTIFY=NEVER,SUCCESS
S~ 501
C: RCPT TO:<one@fax.test> ORCPT=rfc822
S~ 501
C: RCPT TO:<one@fax.test> ORCPT=rfc822;a ORCPT=rfc822;a
S~ 501
C: RCPT TO:<one@fax.test> NOTIFY=DELAY ORCPT=x400;/G+3DJ/
S~ 250
`+goAhead+"C: .\n"+queued)
	if got := b.letters(); len(got) != 1 || len(got[0].env.Rcpts) != 1 || got[0].env.EnvID != "a+b" || got[0].env.Ret != "FULL" {
		t.Errorf("kept %+v", got)
	}
}
