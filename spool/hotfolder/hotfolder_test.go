package hotfolder_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"faxgate/spool/hotfolder"
)

func TestTakesAFileOnceItIsStable(t *testing.T) {
	b := newBench(t)
	b.write("scan.tif", "page one")
	b.scan(0)
	b.scan(stable - time.Millisecond)
	b.takes()
	if wait := b.scan(0); wait > 200*time.Millisecond {
		t.Errorf("the next look is in %s, though the file is stable in 1 ms", wait)
	}
	b.scan(time.Millisecond)
	b.takes("scan.tif")
	b.has("done/scan.tif", "done/scan.tif.fax.json")
	if fax := b.record("done/scan.tif.fax.json"); fax != "fax-1" {
		t.Errorf("the record names fax %q", fax)
	}
	if got := b.desk.jobs[0]; got.body != "page one" || got.Size != 8 || got.Folder != "office" {
		t.Errorf("job: %+v", got)
	}
	b.tells(hotfolder.Taken, 1, "scan.tif in the folder office was taken as fax fax-1; it lies in done/scan.tif")
	b.scan(time.Hour)
	b.takes("scan.tif")
}

func TestASlowWriterIsLeftAlone(t *testing.T) {
	b := newBench(t)
	chunk := strings.Repeat("x", 200<<10)
	f, err := os.Create(b.path("scan.tif"))
	if err != nil {
		t.Fatal(err)
	}
	for range 100 { // 20 MB, five minutes
		if _, err := io.WriteString(f, chunk); err != nil {
			t.Fatal(err)
		}
		b.scan(stable / 2)
		b.scan(stable/2 - time.Millisecond)
		b.takes()
	}
	f.Close()
	b.settle()
	b.takes("scan.tif")
	if n := len(b.desk.jobs[0].body); n != 100*len(chunk) {
		t.Errorf("%d bytes were taken, want %d", n, 100*len(chunk))
	}
}

func TestAFileThatIsRewrittenInPlaceIsLeftAlone(t *testing.T) {
	b := newBench(t)
	for i := range 5 { // the size stays: only the time tells
		b.write("scan.tif", fmt.Sprint("page ", i))
		at := time.Date(2026, 1, 1, 0, 0, i, 0, time.UTC)
		if err := os.Chtimes(b.path("scan.tif"), at, at); err != nil {
			t.Fatal(err)
		}
		b.scan(stable - time.Millisecond)
	}
	b.takes()
	b.scan(stable)
	if b.takes("scan.tif"); b.desk.jobs[0].body != "page 4" {
		t.Errorf("taken: %q", b.desk.jobs[0].body)
	}
}

func TestTheMarkSaysThatAFileIsWhole(t *testing.T) {
	b := newBench(t)
	b.write("scan.tif", "page")
	b.write("scan.tif.done", "")
	b.scan(0)
	b.takes("scan.tif")
	b.has("done/scan.tif", "done/scan.tif.fax.json")
}

func TestNamesThatAreNoDocuments(t *testing.T) {
	b := newBench(t)
	outside := filepath.Join(t.TempDir(), "secret.txt")
	if err := os.WriteFile(outside, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{".hidden.pdf", "scan.tmp", "scan.tif.part", "SCAN.TMP", "scan.pdf~", "~$letter.pdf", "Thumbs.db", "scan.pdf.crdownload", ".faxgate-junk"} {
		b.write(name, "x")
	}
	for name, target := range map[string]string{"link.txt": outside, "dangling.txt": "nowhere", "up.txt": "../../secret.txt"} {
		if err := os.Symlink(target, b.path(name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(b.path("sub.pdf"), 0o700); err != nil {
		t.Fatal(err)
	}
	b.write("sub.pdf/inner.pdf", "x")
	b.settle()
	b.scan(24 * time.Hour)
	b.takes()
	if len(b.news) != 0 {
		t.Errorf("told: %+v", b.news)
	}
}

func TestOldestFirst(t *testing.T) {
	b := newBench(t)
	for i, name := range []string{"c.txt", "a.txt", "b.txt"} {
		b.write(name, name)
		at := time.Date(2026, 1, 1, 0, 0, i, 0, time.UTC)
		if err := os.Chtimes(b.path(name), at, at); err != nil {
			t.Fatal(err)
		}
	}
	b.settle()
	b.takes("c.txt", "a.txt", "b.txt")
}

func TestNamesThatAreTakenGetANumber(t *testing.T) {
	b := newBench(t)
	for i := range 3 {
		b.write("scan.tif", fmt.Sprint(i))
		b.write("scan.tif.json", `{"to":["a@b.example"]}`)
		b.settle()
	}
	b.desk.answer = func(hotfolder.Job) error { return &hotfolder.Refusal{Words: "no"} }
	long := strings.Repeat("ä", 120) + ".tif" // 244 bytes: nothing more could be appended
	for range 2 {
		b.write("bad.tif", "bad")
		b.write(long, "bad")
		b.settle()
	}
	short := "failed/" + strings.Repeat("ä", 98)
	b.has("done/scan.tif", "done/scan.tif.json", "done/scan.tif.fax.json", "done/scan-2.tif", "done/scan-2.tif.json", "done/scan-2.tif.fax.json",
		"done/scan-3.tif", "done/scan-3.tif.json", "done/scan-3.tif.fax.json", "failed/bad.tif", "failed/bad.tif.txt", "failed/bad-2.tif", "failed/bad-2.tif.txt",
		short+".tif", short+".tif.txt", short+"-2.tif", short+"-2.tif.txt")
	if b.read("done/scan-3.tif") != "2" {
		t.Error("a file was written over")
	}
}

func TestWhatIsRefusedSaysWhy(t *testing.T) {
	b := newBench(t)
	b.desk.answer = func(hotfolder.Job) error {
		return &hotfolder.Refusal{Words: "file: bad.tif is no picture that can be read"}
	}
	b.write("bad.tif", "bad")
	b.write("bad.tif.json", `{"to":["a@b.example"]}`)
	b.settle()
	b.has("failed/bad.tif", "failed/bad.tif.json", "failed/bad.tif.txt")
	note := b.read("failed/bad.tif.txt")
	for _, want := range []string{"bad.tif was not faxed", "bad.tif is no picture that can be read", "What to do", "with its sidecar bad.tif.json"} {
		if !strings.Contains(note, want) {
			t.Errorf("the note does not say %q:\n%s", want, note)
		}
	}
	b.tells(hotfolder.Refused, 1, "was not taken: file: bad.tif is no picture that can be read; it lies in failed/bad.tif")
}

func TestAnEmptyFileWaitsForItsPages(t *testing.T) {
	b := newBench(t)
	b.write("slow.tif", "")
	b.write("never.tif", "")
	b.scan(0)
	b.scan(9 * time.Minute)
	b.write("slow.tif", "pages")
	b.scan(0)
	b.has("never.tif", "slow.tif")
	b.scan(time.Minute)
	b.takes("slow.tif")
	if note := b.read("failed/never.tif.txt"); !strings.Contains(note, "the file is empty") {
		t.Error(note)
	}
}

func TestATemporaryFaultLeavesTheFile(t *testing.T) {
	b := newBench(t)
	b.desk.answer = func(hotfolder.Job) error { return errBusy }
	b.write("scan.tif", "page")
	b.settle()
	b.has("scan.tif")
	for range 2 { // not before five seconds have passed
		b.scan(2 * time.Second)
	}
	if b.desk.calls != 1 {
		t.Errorf("%d tries in four seconds", b.desk.calls)
	}
	for range 20 {
		b.scan(5 * time.Minute)
	}
	b.tells(hotfolder.Trouble, 1, errBusy.Error())
	b.desk.answer = nil
	b.write("other.tif", "another") // one that cannot be taken holds up no other
	b.scan(0)
	b.scan(5 * time.Minute)
	if b.has("done/other.tif", "done/other.tif.fax.json", "done/scan.tif", "done/scan.tif.fax.json"); len(b.desk.jobs) != 2 {
		t.Errorf("%d jobs", len(b.desk.jobs))
	}
}

func TestAFileThatChangesWhileItIsReadIsNotTaken(t *testing.T) {
	for name, hook := range map[string]func(*bench, func()){
		"before it is opened": func(b *bench, change func()) {
			b.desk.answer = func(hotfolder.Job) error { b.desk.answer = nil; change(); return nil }
		},
		"after it is opened": func(b *bench, change func()) { b.desk.opened = func() { b.desk.opened = nil; change() } },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			hook(b, func() { b.write("scan.tif", "two pages") })
			b.write("scan.tif", "one page ")
			b.settle()
			b.takes()
			b.has("scan.tif")
			b.settle()
			if b.takes("scan.tif"); b.desk.jobs[0].body != "two pages" {
				t.Errorf("taken: %q", b.desk.jobs[0].body)
			}
		})
	}
}

func TestAFolderThatGoesAway(t *testing.T) {
	b := newBench(t)
	b.write("scan.tif", "page")
	b.scan(0)
	if err := os.Rename(b.dir, b.dir+"-unmounted"); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		b.scan(time.Minute)
	}
	b.tells(hotfolder.Down, 1, "cannot be used")
	if _, err := os.Stat(b.dir); err == nil {
		t.Error("a folder that went away was made anew")
	}
	if err := os.Rename(b.dir+"-unmounted", b.dir); err != nil {
		t.Fatal(err)
	}
	b.settle()
	b.tells(hotfolder.Up, 1, "can be used again")
	b.takes("scan.tif")
}

func TestAFolderThatCannotBeMadeIsSaid(t *testing.T) {
	b := newBench(t)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	b.opts.Path = filepath.Join(file, "scans")
	b.restart()
	b.scan(0)
	b.tells(hotfolder.Down, 1, "it must be a folder that faxgate may read and write")
}

func TestWhatLiesBesideNothingIsSaidOnce(t *testing.T) {
	b := newBench(t)
	b.write("scan.json", "{}")
	b.write("letter.done", "")
	b.scan(0)
	for range 3 {
		b.scan(9 * time.Minute)
	}
	b.tells(hotfolder.Waiting, 2, "such as scan.tif")
	b.has("letter.done", "scan.json")
}

func TestRunWithAndWithoutNotifications(t *testing.T) {
	for name, hints := range map[string]func(string, *slog.Logger) (io.Closer, <-chan struct{}, error){
		"with": nil, "without": func(string, *slog.Logger) (io.Closer, <-chan struct{}, error) { return nil, nil, errors.ErrUnsupported },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.opts.Now, b.opts.Stable, b.opts.Interval, b.opts.Hints = time.Now, 300*time.Millisecond, 500*time.Millisecond, hints
			if hints == nil {
				b.opts.Interval = time.Hour // only a notification can wake it
			}
			b.opts.Tell = func(context.Context, hotfolder.Notice) {}
			b.restart()
			ctx, stop := context.WithCancel(context.Background())
			ended := make(chan error)
			go func() { ended <- b.w.Run(ctx) }()
			time.Sleep(100 * time.Millisecond) // the first look finds nothing
			b.write("scan.tif", "page")
			for deadline := time.Now().Add(10 * time.Second); len(b.desk.names()) == 0 && time.Now().Before(deadline); {
				time.Sleep(10 * time.Millisecond)
			}
			stop()
			if err := <-ended; err != nil {
				t.Error(err)
			}
			b.takes("scan.tif")
		})
	}
}
