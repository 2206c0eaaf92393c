package hotfolder_test

import (
	"os"
	"syscall"
	"testing"
	"time"

	"faxgate/spool/hotfolder"
)

func TestAFileThatIsOpenForWritingIsLeftAlone(t *testing.T) {
	b := newBench(t)
	open := map[string]*os.File{}
	for _, name := range []string{"scan.tif", "marked.tif"} {
		b.write(name, "page")
		f, err := os.OpenFile(b.path(name), os.O_WRONLY|os.O_APPEND, 0)
		if err != nil {
			t.Fatal(err)
		}
		open[name] = f
	}
	b.write("marked.tif.done", "")
	b.settle()
	b.takes("marked.tif")
	for range 3 {
		b.scan(5 * time.Minute)
	}
	b.tells(hotfolder.Waiting, 1, "another program still has it open for writing")
	b.takes("marked.tif")
	for _, f := range open {
		f.Close()
	}
	b.scan(time.Second)
	b.takes("marked.tif", "scan.tif")
}

func TestAPipeIsNoDocument(t *testing.T) {
	b := newBench(t)
	if err := syscall.Mkfifo(b.path("pipe.tif"), 0o600); err != nil {
		t.Fatal(err)
	}
	b.settle()
	b.scan(time.Hour)
	b.takes()
	b.has("pipe.tif")
}
