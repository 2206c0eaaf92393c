// Command faxgate is an Internet-fax gateway (ITU-T T.37, RFC 3965): it mails scanned pages as faxes with receipts, takes faxes from office machines and mail servers, and shows what
// became of each.
//
// Exit codes: 0 done; 1 not done; 2 the command line asks for something that faxgate does not know; 75 not now, try again later (the gateway is not running or busy).
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/alecthomas/kong"
)

// version is set by the linker: -X main.version=v1.2.3.
var version string

func main() {
	if err := useZone(os.Getenv("TZ")); err != nil {
		fmt.Fprintf(os.Stderr, "faxgate: %v\n", err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// commands is the whole command line.
type commands struct {
	Serve     serveCmd     `cmd:"" help:"Run the gateway: SMTP, mailboxes, console and API."`
	Demo      demoCmd      `cmd:"" help:"Show a fax going from one gateway to another and its receipt coming back, without any set-up."`
	Send      sendCmd      `cmd:"" help:"Hand documents to the running gateway."`
	Job       jobCmd       `cmd:"" help:"Sent faxes: list, show, retry, cancel."`
	Inbox     inboxCmd     `cmd:"" help:"Received faxes: list, show, export, release."`
	Route     routeCmd     `cmd:"" help:"What is done with received faxes: list the rules, and explain which one applies."`
	Contact   contactCmd   `cmd:"" help:"The address book: who is a machine, who a person, and which form and way each gets."`
	Group     groupCmd     `cmd:"" help:"Groups of contacts, to send to all of them at once."`
	Peer      peerCmd      `cmd:"" help:"What is known of the machines on the other end."`
	Tiff      tiffCmd      `cmd:"" help:"Look at, check and make fax TIFF files (RFC 3949). Needs no gateway."`
	Mail      mailCmd      `cmd:"" help:"Take apart and write Internet-fax mails (RFC 3965). Needs no gateway."`
	Token     tokenCmd     `cmd:"" help:"Tokens for the API: create, revoke, list."`
	Login     loginCmd     `cmd:"" help:"Print a link that opens the console once."`
	Config    configCmd    `cmd:"" help:"Print the default configuration, or check one."`
	Doctor    doctorCmd    `cmd:"" help:"Check configuration, data directory, listeners, mail servers and mailboxes, and say what to do."`
	Selftest  selftestCmd  `cmd:"" help:"Play office machines of seven vendors against a gateway of its own, and report how it deals with each."`
	Version   versionCmd   `cmd:"" help:"Print the version."`
	Health    healthCmd    `cmd:"" hidden:"" help:"Exit 0 if the gateway answers (for container health checks)."`
	PDFWorker pdfWorkerCmd `cmd:"" name:"pdf-worker" hidden:"" help:"Render PDF pages for the gateway."`
}

// run is the program without its process: it returns the exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) (code int) {
	defer func() {
		if e, ok := recover().(earlyExit); ok {
			code = int(e)
		}
	}()
	a := &app{Context: ctx, stdin: stdin, stdout: stdout, stderr: stderr}
	var c commands
	parser, err := kong.New(&c, kong.Name("faxgate"), kong.Writers(stdout, stderr), kong.Exit(func(code int) { panic(earlyExit(code)) }),
		kong.Description("An Internet-fax gateway (ITU-T T.37): `faxgate demo` shows what it does, `faxgate serve` does it."),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 110}), kong.Bind(a))
	if err != nil {
		panic(err) // the tags above are wrong
	}
	switch {
	case len(args) == 0:
		args = []string{"--help"}
	case len(args) == 1 && args[0] == "--version":
		args = []string{"version"}
	}
	k, err := parser.Parse(args)
	if err != nil {
		return a.fail(usageOf(err))
	}
	return a.fail(k.Run(a))
}

// earlyExit is how kong's --help leaves the parser.
type earlyExit int

// usageOf adds to a mistake on the command line where to read more.
func usageOf(err error) error {
	help := "faxgate --help"
	if pe, ok := errors.AsType[*kong.ParseError](err); ok && pe.Context != nil && pe.Context.Selected() != nil {
		help = pe.Context.Selected().FullPath() + " --help"
	}
	return usagef("%v (see `%s`)", err, help)
}

// versionText is the linker's version, else what the build knows of itself.
func versionText() string {
	if version != "" {
		return version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return fmt.Sprintf("devel-%.12s", s.Value)
		}
	}
	return "devel"
}
