// Command bench measures codec/ccitt and codec/jbig (ITU-T T.4, T.6 and T.85)
// beside the C libraries that most software uses for them: libtiff, spandsp and
// jbigkit.
//
// The libraries run in processes of their own, see the drivers folder, on the
// same core as this one. All take turns, sweep by sweep over all pages, and the
// fastest run of each counts, by the clock of the thread's own computing time, so
// that a busy machine slows all of them alike and as little as can be.
// libtiff is given the form in which it is fastest: a page as one strip, from
// warm memory to warm memory, nothing but TIFFWriteEncodedStrip and a flush, or
// TIFFReadEncodedStrip, on the clock. (TIFFWriteScanline, row by row, does the
// same work and more.) spandsp is timed from start_page to the last chunk.
// Ours is timed from Reset to the last row: a bitmap to coded bytes in memory,
// coded bytes in memory to a bitmap. What each makes is compared with the page
// before anything is measured.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"time"
)

// options are the flags.
type options struct {
	rounds   int
	slice    time.Duration
	only     string
	quick    bool
	json     bool
	markdown bool
	targets  bool
	corpus   string
	core     int
}

func main() {
	var o options
	flag.IntVar(&o.rounds, "rounds", 15, "sweeps over all the pages")
	flag.DurationVar(&o.slice, "slice", 3*time.Millisecond, "how long a turn of one implementation lasts at least")
	flag.StringVar(&o.only, "only", "", "measure only these `cases`: operation/coding/page/width, each part may be empty or left out at the end (decode/mmr/text, encode//blank, //text/1728)")
	flag.BoolVar(&o.quick, "quick", false, "the smallest size and few rounds")
	flag.BoolVar(&o.json, "json", false, "print JSON instead of the table")
	flag.BoolVar(&o.markdown, "markdown", false, "print Markdown instead of the table")
	flag.BoolVar(&o.targets, "targets", false, "print only the means of the sizes against the targets, and fail where one is not met")
	flag.StringVar(&o.corpus, "corpus", "", "`folder` of public fax files, whose ITU charts are measured as JBIG too")
	flag.IntVar(&o.core, "core", -1, "the core to run on; -1 is the last one")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, o, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options, out io.Writer) error {
	if o.quick {
		o.rounds = min(o.rounds, 7)
		if strings.Count(o.only, "/") < 3 {
			o.only += strings.Repeat("/", 3-strings.Count(o.only, "/")) + "1728"
		}
	}
	if err := pin(o.core); err != nil {
		return fmt.Errorf("stay on one core: %w", err)
	}
	started := time.Now()
	cases := selectCases(allCases(o.corpus), o.only)
	if len(cases) == 0 {
		return fmt.Errorf("no case is called %q", o.only)
	}
	rivals, err := startRivals(ctx)
	if err != nil {
		return err
	}
	defer rivals.stop()
	b := &bench{ours: newOurs(), rivals: rivals, slice: o.slice}
	if err := b.prepare(cases); err != nil {
		return err
	}
	for range o.rounds {
		if err := b.sweep(ctx, cases); err != nil {
			return err
		}
	}
	r := newReport(cases, describeMachine()+" against "+rivals.versions(), started, o.rounds)
	return r.print(out, o)
}
