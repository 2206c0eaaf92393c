package main

import (
	"errors"
	"fmt"
	"io"

	"faxgate/gateway/selftest"
)

type selftestCmd struct {
	output
	Vendor  []string `help:"Only these: ricoh, konicaminolta, xerox, sharp, panasonic, brother, cisco." placeholder:"NAME"`
	Sources bool     `help:"Say also where each behaviour is documented."`
}

// Help says what it is played against.
func (*selftestCmd) Help() string {
	return "Each vendor's script is played against a gateway that the command starts for it in a temporary directory, on loopback: your configuration and your data are neither read nor " +
		"changed, and nothing is sent to anybody. It cannot be pointed at another gateway yet."
}

// Run plays the scripts and prints the report; exit 1 if something is not as it should be.
func (s *selftestCmd) Run(a *app) error {
	r, err := selftest.Run(a, selftest.Options{Vendors: s.Vendor, Progress: func(p selftest.Progress) {
		state := "ok"
		if !p.Behaviour.OK {
			state = "FAILED"
		}
		fmt.Fprintf(a.stderr, "%s %d/%d %s\n", p.Vendor, p.Done, p.Total, state)
	}})
	if e, ok := errors.AsType[*selftest.UnknownVendorError](err); ok {
		return usagef("%v", e)
	}
	if err != nil {
		return err
	}
	if err := s.print(a, r, func(w io.Writer) { showSelftest(w, r, s.Sources) }); err != nil {
		return err
	}
	if !r.OK {
		return errSilent
	}
	return nil
}

// showSelftest prints the report for a person.
func showSelftest(w io.Writer, r selftest.Report, sources bool) {
	played, failed := 0, 0
	for _, v := range r.Vendors {
		fmt.Fprintf(w, "%s (%s)\n", v.Title, v.Vendor)
		for _, b := range v.Behaviours {
			played++
			if !b.OK {
				failed++
			}
			showBehaviour(w, b, sources)
		}
		fmt.Fprintln(w)
	}
	outcome := "all as they should be"
	if failed > 0 {
		outcome = fmt.Sprintf("%d FAILED", failed)
	}
	fmt.Fprintf(w, "%s, %s, %s, in %.0f s\n", plural(len(r.Vendors), "vendor"), plural(played, "behaviour"), outcome, r.Seconds)
}

func showBehaviour(w io.Writer, b selftest.Behaviour, sources bool) {
	state := "ok"
	if !b.OK {
		state = "FAILED"
	}
	fmt.Fprintf(w, "  %-6s  %-7s  %s\n", state, b.Kind, b.Words)
	const indent = "                   "
	if !b.OK {
		fmt.Fprintf(w, "%sexpected: %s\n%shappened: %s\n", indent, b.Expected, indent, b.Happened)
	}
	if sources {
		for _, s := range b.Sources {
			fmt.Fprintf(w, "%sdocumented: %s\n", indent, s)
		}
	}
	if b.Assumed != "" {
		fmt.Fprintf(w, "%sassumed: %s\n", indent, b.Assumed)
	}
}
