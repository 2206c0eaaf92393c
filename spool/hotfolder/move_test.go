package hotfolder_test

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"strings"
	"testing"
	"time"

	"faxgate/spool/hotfolder"
)

// crash lets the watcher die at a point: nothing runs after it.
func (b *bench) crash(point string, before func()) {
	b.t.Helper()
	b.opts.Fault = func(p string) {
		if p == point {
			panic(point)
		}
	}
	b.restart()
	func() {
		defer func() {
			if recover() == nil {
				b.t.Fatalf("the point %s was not reached", point)
			}
		}()
		b.settle()
	}()
	before()
	b.opts.Fault = nil
	b.restart()
}

func TestACrashGivesOneFaxAndLosesNoFile(t *testing.T) {
	for _, point := range []string{"folder-submitted", "folder-planned", "folder-moved"} {
		t.Run(point, func(t *testing.T) {
			b := newBench(t)
			b.write("scan.tif", "page")
			b.write("scan.tif.json", `{"to":["a@b.example"]}`)
			b.crash(point, func() {})
			b.settle()
			b.takes("scan.tif")
			b.has("done/scan.tif", "done/scan.tif.fax.json", "done/scan.tif.json")
			b.tells(hotfolder.Taken, len(b.told(hotfolder.Taken)), "fax-1")
			b.scan(time.Hour)
			b.has("done/scan.tif", "done/scan.tif.fax.json", "done/scan.tif.json")
		})
	}
}

func TestAfterACrashTheNextFileOfThatNameIsANewOne(t *testing.T) {
	for _, point := range []string{"folder-planned", "folder-moved"} {
		t.Run(point, func(t *testing.T) {
			b := newBench(t)
			b.write("scan.tif", "first")
			b.write("scan.tif.json", `{"to":["first@b.example"]}`)
			b.crash(point, func() {
				b.write("scan.tif", "the second")
				b.write("scan.tif.json", `{"to":["second@b.example"]}`)
			})
			b.settle()
			b.takes("scan.tif", "scan.tif")
			if j := b.desk.jobs[1]; j.body != "the second" || j.To[0] != "second@b.example" {
				t.Errorf("the second job: %+v", j)
			}
		})
	}
}

func TestAMoveLeavesTheNextFilesSidecarAlone(t *testing.T) {
	b := newBench(t)
	b.write("scan.tif", "first")
	b.write("scan.tif.json", `{"to":["first@b.example"]}`)
	b.crash("folder-planned", func() {
		if err := os.Rename(b.path("scan.tif"), b.path("done/scan.tif")); err != nil { // as far as it came
			t.Fatal(err)
		}
		b.write("scan.tif", "the second")
		b.write("scan.tif.json", `{"to":["second@b.example"]}`)
	})
	b.settle()
	b.takes("scan.tif", "scan.tif")
	if j := b.desk.jobs[1]; j.body != "the second" || len(j.To) != 1 || j.To[0] != "second@b.example" {
		t.Errorf("the second job: %+v", j)
	}
}

func TestACrashDuringARefusalSendsNothing(t *testing.T) {
	b := newBench(t)
	b.write("scan.tif", "page")
	b.write("scan.tif.json", `{"to": nobody}`)
	b.crash("folder-planned", func() {
		if err := os.Rename(b.path("scan.tif.json"), b.path("failed/scan.tif.json")); err != nil { // the sidecar was the first to go
			t.Fatal(err)
		}
	})
	b.settle()
	b.takes()
	b.has("failed/scan.tif", "failed/scan.tif.json", "failed/scan.tif.txt")
}

func TestWhatIsLeftOfAHalfWrittenMoveIsRemoved(t *testing.T) {
	b := newBench(t)
	b.write(".faxgate-0011.new", `{"name":"sc`)
	b.write(".faxgate-2233", `{"name":"scan.tif","as":"scan.tif","dir":"done","ext":".fax.json"}`) // not its file
	sum := sha256.Sum256([]byte("../outside"))
	b.write(".faxgate-"+hex.EncodeToString(sum[:12]), `{"name":"../outside","as":"x","dir":"done","ext":".fax.json"}`)
	b.scan(0)
	b.has()
	if len(b.news) != 0 {
		t.Errorf("told: %+v", b.news)
	}
}

func TestAFileThatCannotBeMovedIsNotSubmittedAgain(t *testing.T) {
	b := newBench(t)
	b.write("done", "somebody's file where the folder should be")
	b.write("scan.tif", "page")
	b.settle()
	for range 5 {
		b.scan(time.Minute)
	}
	if b.desk.calls != 1 {
		t.Errorf("submitted %d times", b.desk.calls)
	}
	b.tells(hotfolder.Stuck, 1, "was taken as fax fax-1, but cannot be moved")
	b.restart()
	b.settle()
	b.scan(time.Minute)
	b.takes("scan.tif")
	b.has("done", "scan.tif")

	if err := os.Remove(b.path("done")); err != nil {
		t.Fatal(err)
	}
	b.scan(time.Second)
	b.takes("scan.tif")
	b.has("done/scan.tif", "done/scan.tif.fax.json")
	b.tells(hotfolder.Taken, 1, "fax-1")
}

func TestAMoveThatIsHalfDoneAndCannotGoOnHoldsUpNoOtherFile(t *testing.T) {
	b := newBench(t)
	b.write("scan.tif", "page")
	b.crash("folder-planned", func() {
		if err := os.RemoveAll(b.path("done")); err != nil {
			t.Fatal(err)
		}
		b.write("done", "in the way")
	})
	b.desk.answer = func(j hotfolder.Job) error { return &hotfolder.Refusal{Words: "no"} }
	b.write("other.tif", "another")
	b.settle()
	b.scan(time.Minute)
	b.tells(hotfolder.Stuck, 1, "cannot be moved")
	b.tells(hotfolder.Refused, 1, "other.tif")
	b.takes("scan.tif")
	if err := os.Remove(b.path("done")); err != nil {
		t.Fatal(err)
	}
	b.scan(time.Second)
	b.has("done/scan.tif", "done/scan.tif.fax.json", "failed/other.tif", "failed/other.tif.txt")
	b.takes("scan.tif")
}

func TestAFileThatChangesAfterItWasSubmittedStaysAndIsANewOne(t *testing.T) {
	b := newBench(t)
	b.opts.Fault = func(p string) {
		if p == "folder-submitted" && len(b.desk.jobs) == 1 {
			b.write("scan.tif", "page one and two")
		}
	}
	b.restart()
	b.write("scan.tif", "page one")
	b.write("scan.tif.json", `{"to":["a@b.example"]}`)
	b.settle()
	b.has("done/scan.tif.fax.json", "scan.tif", "scan.tif.json")
	b.tells(hotfolder.Taken, 1, "counts as a new one")
	b.settle()
	b.takes("scan.tif", "scan.tif")
	if j := b.desk.jobs[1]; j.body != "page one and two" || strings.Join(j.To, " ") != "a@b.example" {
		t.Errorf("the second: %+v", j)
	}
}

func TestAFolderMayNotLeadElsewhere(t *testing.T) {
	b := newBench(t)
	elsewhere := t.TempDir()
	if err := os.Symlink(elsewhere, b.path("done")); err != nil {
		t.Fatal(err)
	}
	b.write("scan.tif", "page")
	b.settle()
	b.tells(hotfolder.Stuck, 1, "cannot be moved")
	if left, err := os.ReadDir(elsewhere); err != nil || len(left) != 0 {
		t.Errorf("written outside of the folder: %v %v", left, err)
	}
}
