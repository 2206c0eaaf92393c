package gateway_test

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"faxgate/gateway"
	"faxgate/gateway/config"
	"faxgate/mailio"
	"faxgate/spool"
)

// scanned is what a scanner writes: a TIFF file of uncompressed pages of A4 at 204 × 196 dpi, each with its strip before its directory.
func scanned(pages int) []byte {
	const width, height = 1728, 2287
	le := binary.LittleEndian
	b := []byte("II*\x00\x00\x00\x00\x00")
	next := 4 // where the offset of the next directory stands
	for page := range pages {
		strip := len(b)
		for y := range height {
			row := make([]byte, width/8)
			for x := 20; y%40 < 14 && x < 20+(y/40*37+page*11)%180; x++ { // lines of different lengths
				row[x] = byte(0x3c + x%3)
			}
			b = append(b, row...)
		}
		res := len(b)
		for _, v := range []uint32{204, 1, 196, 1} {
			b = le.AppendUint32(b, v)
		}
		le.PutUint32(b[next:], uint32(len(b)))
		fields := [][3]uint32{{256, 4, width}, {257, 4, height}, {258, 3, 1}, {259, 3, 1}, {262, 3, 0}, {273, 4, uint32(strip)}, {277, 3, 1}, {278, 4, height}, {279, 4, width / 8 * height}, {282, 5, uint32(res)}, {283, 5, uint32(res + 8)}, {296, 3, 2}}
		b = le.AppendUint16(b, uint16(len(fields)))
		for _, f := range fields {
			b = le.AppendUint16(b, uint16(f[0]))
			b = le.AppendUint16(b, uint16(f[1]))
			b = le.AppendUint32(le.AppendUint32(b, 1), f[2])
		}
		next = len(b)
		b = le.AppendUint32(b, 0)
	}
	return b
}

func watched(dir, name string, to ...string) config.Folder {
	return config.Folder{Name: name, Path: filepath.Join(dir, name), To: to, Stable: config.Duration(time.Second), Interval: config.Duration(500 * time.Millisecond)}
}

// there waits until the file is there and gives its text.
func there(t *testing.T, name string) string {
	t.Helper()
	come(t, name)
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func come(t *testing.T, name string) {
	t.Helper()
	eventually(t, func() (bool, string) {
		_, err := os.Lstat(name)
		return err == nil, fmt.Sprint(err)
	})
}

func gone(t *testing.T, name string) {
	t.Helper()
	eventually(t, func() (bool, string) {
		_, err := os.Lstat(name)
		return os.IsNotExist(err), name + " is still there"
	})
}

// put writes a file as a program does that knows the rules: under a name that is left alone first.
func put(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name+".tmp", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(name+".tmp", name); err != nil {
		t.Fatal(err)
	}
}

// recordOf reads which fax a file in done/ became.
func recordOf(t *testing.T, name string) spool.ID {
	t.Helper()
	var r struct{ Fax spool.ID }
	if err := json.Unmarshal([]byte(there(t, name)), &r); err != nil || r.Fax == "" {
		t.Fatalf("%s: %v, fax %q", name, err, r.Fax)
	}
	return r.Fax
}

func (n *node) faxes() []gateway.Fax {
	n.t.Helper()
	list, err := n.Faxes(context.Background(), gateway.Page{Limit: 100})
	if err != nil {
		n.t.Fatal(err)
	}
	return list
}

func TestAScannerWritesALongTIFFSlowly(t *testing.T) {
	dir := t.TempDir()
	a, b := pair(t, func(o *gateway.Options) {
		o.Config.Folder = []config.Folder{watched(dir, "office", "fax@b.test")}
		o.Config.Folder[0].Stable = config.Duration(2 * time.Second)
	}, nil)
	source, target := filepath.Join(dir, "source"), filepath.Join(dir, "office", "scan.tif")
	pages := scanned(43)
	if len(pages) < 20<<20 {
		t.Fatalf("only %d bytes", len(pages))
	}
	put(t, source, string(pages))
	come(t, filepath.Dir(target))

	// Another process, which opens the file anew for each piece: only the pauses' shortness protects it.
	scanner := exec.Command("sh", "-c", `i=0; while dd if="$1" bs=1M skip=$i count=1 2>/dev/null | { cat > "$2.piece"; test -s "$2.piece"; }; do cat "$2.piece" >> "$3"; i=$((i+1)); sleep 0.2; done`, "scanner", source, source, target)
	if err := scanner.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- scanner.Wait() }()
	for writing := true; writing; {
		select {
		case err := <-ended:
			if err != nil {
				t.Fatal(err)
			}
			writing = false
		case <-time.After(100 * time.Millisecond):
			if info, err := os.Stat(target); err == nil && info.Size() < int64(len(pages)) && len(a.faxes()) > 0 {
				t.Fatalf("taken at %d of %d bytes", info.Size(), len(pages))
			}
		}
	}
	fax := recordOf(t, filepath.Join(dir, "office/done/scan.tif.fax.json"))
	gone(t, target)
	if got := there(t, filepath.Join(dir, "office/done/scan.tif")); got != string(pages) {
		t.Error("the file in done/ is not what the scanner wrote")
	}
	var f gateway.Fax
	for deadline := time.Now().Add(time.Minute); f.State != gateway.Confirmed; time.Sleep(100 * time.Millisecond) {
		var err error
		if f, err = a.Fax(context.Background(), fax); err != nil || f.State == gateway.Failed || time.Now().After(deadline) {
			t.Fatalf("the fax is %s: %v %+v", f.State, err, f.Deliveries)
		}
	}
	if f.Pages != 43 || f.Documents[0].Size != int64(len(pages)) || len(a.faxes()) != 1 {
		t.Errorf("fax: %+v of %d", f, len(a.faxes()))
	}
	if in := b.inbox(1); in[0].Pages != 43 {
		t.Errorf("%d pages arrived", in[0].Pages)
	}
	a.journal("scan.tif in the folder office was taken as fax " + string(fax))
}

func TestAKillBetweenSubmitAndMoveGivesOneFax(t *testing.T) {
	for _, point := range []string{"folder-submitted", "folder-planned", "folder-moved"} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			b := newNode(t, "fax@b.test", func(o *gateway.Options) {
				o.Sender = (&scriptedSender{answers: []func(func() error) (mailio.Reply, error){accepts}}).way
			}).start()
			dir := t.TempDir()
			nc := nodeConfig{Dir: filepath.Join(dir, "data"), Address: "fax@a.test", Direct: []config.Direct{directTo(t, "@b.test", b.Addr("smtp"))}, Folders: []config.Folder{watched(dir, "office", "fax@b.test")}}
			c := startChild(t, nc)
			c.do(nodeCommand{Do: "arm", Fault: point, Hits: 1}, nil)
			put(t, filepath.Join(dir, "office/letter.txt"), "A letter.\n")
			select {
			case <-c.dead:
			case <-time.After(15 * time.Second):
				t.Fatal("the process did not reach the point")
			}
			if c.fault.Fault != point {
				t.Fatalf("died of %+v, %v", c.fault, c.err)
			}
			c = startChild(t, nc)
			recordOf(t, filepath.Join(dir, "office/done/letter.txt.fax.json"))
			gone(t, filepath.Join(dir, "office/letter.txt"))
			b.inbox(1)
			time.Sleep(2500 * time.Millisecond) // longer than it takes to find and take a file
			c.do(nodeCommand{Do: "states"}, func(a nodeAnswer) {
				faxes := 0
				for what, n := range a.Tasks {
					if strings.HasPrefix(what, "fax ") {
						faxes += n
					}
				}
				if faxes != 1 {
					t.Errorf("%d faxes: %v", faxes, a.Tasks)
				}
			})
			b.inbox(1)
			left, err := filepath.Glob(filepath.Join(dir, "office/.faxgate*"))
			if err != nil || len(left) != 0 {
				t.Errorf("left over: %v %v", left, err)
			}
			c.finish()
		})
	}
}

func TestWhatAFolderCannotTakeEndsInFailed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	sender := &scriptedSender{answers: []func(func() error) (mailio.Reply, error){accepts}}
	n := newNode(t, "fax@a.test", func(o *gateway.Options) {
		o.Sender = sender.way
		o.Config.Fax.Administrator = "admin@office.test"
		o.Config.Folder = []config.Folder{watched(dir, "office", "fax@b.test"), watched(dir, "anyone")}
	}).start()
	whole := scanned(2)
	for _, tt := range []struct{ file, text, sidecar, want string }{
		{"office/noise.tif", "II*\x00 and then nothing that makes sense", "", "noise.tif"},
		{"office/cut.tif", string(whole[:len(whole)-100]), "", "cut.tif"},
		{"office/typo.txt", "A letter.\n", `{"to":["fax@b.test"`, "its JSON ends too early"},
		{"office/nobody.txt", "A letter.\n", `{"to":["no such code"]}`, "no such code"},
		{"office/name.txt", "A letter.\n", `{"headerName":"Stranger"}`, "Stranger"},
		{"anyone/letter.txt", "A letter.\n", "", "nobody says where it should go: put a sidecar letter.txt.json"},
	} {
		name := filepath.Join(dir, tt.file)
		if tt.sidecar != "" {
			put(t, name+".json", tt.sidecar)
		}
		put(t, name, tt.text)
		failed := filepath.Join(filepath.Dir(name), "failed", filepath.Base(name))
		note := there(t, failed+".txt")
		there(t, failed)
		gone(t, name)
		if !strings.Contains(note, tt.want) || !strings.Contains(note, "What to do") {
			t.Errorf("%s: the note does not say %q:\n%s", tt.file, tt.want, note)
		}
	}
	n.journal("letter.txt in the folder anyone was not taken")
	if list := n.faxes(); len(list) != 0 {
		t.Errorf("faxes: %+v", list)
	}
	eventually(t, func() (bool, string) { // one mail for each folder, whatever the number of files
		return sender.tries() == 2, fmt.Sprintf("%d mails to the administrator, want 2", sender.tries())
	})
}

func TestAFolderAsksItsSidecarFirst(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	n := newNode(t, "fax@a.test", func(o *gateway.Options) {
		o.Sender = (&scriptedSender{answers: []func(func() error) (mailio.Reply, error){accepts}}).way
		o.Config.Fax.Names = []string{"Sales"}
		o.Config.Folder = []config.Folder{watched(dir, "office", "fax@b.test")}
	}).start()
	if _, err := n.AddContact(context.Background(), gateway.Contact{Name: "Two", Address: "two@c.test", Code: "112"}); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "office/letter.txt")
	later := time.Now().Add(time.Hour).Truncate(time.Second)
	put(t, name+".json", fmt.Sprintf(`{"to":["one@c.test","112"],"subject":"Offer","headerName":"Sales","when":%q}`, later.Format(time.RFC3339)))
	put(t, name, "A letter.\n")
	f, err := n.Fax(context.Background(), recordOf(t, filepath.Join(dir, "office/done/letter.txt.fax.json")))
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Deliveries) != 2 || f.Deliveries[0].To != "one@c.test" || f.Deliveries[1].To != "two@c.test" || f.Subject != "Offer" {
		t.Errorf("fax: %+v", f)
	}
	time.Sleep(time.Second)
	if f, err = n.Fax(context.Background(), f.ID); err != nil || f.State != gateway.Queued {
		t.Errorf("before its time the fax is %s, %v", f.State, err)
	}
	gone(t, name+".json")
}

func TestTheSameFileAgainIsAnotherFax(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	n := newNode(t, "fax@a.test", func(o *gateway.Options) {
		o.Sender = (&scriptedSender{answers: []func(func() error) (mailio.Reply, error){accepts}}).way
		o.Config.Folder = []config.Folder{watched(dir, "office", "fax@b.test")}
	}).start()
	name, at := filepath.Join(dir, "office/letter.txt"), time.Now().Add(-time.Hour)
	seen := map[spool.ID]bool{}
	for _, as := range []string{"letter.txt", "letter-2.txt", "letter-3.txt"} { // a copy keeps the time, on Windows for one
		put(t, name+".new", "A letter.\n")
		if err := os.Chtimes(name+".new", at, at); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(name+".new", name); err != nil {
			t.Fatal(err)
		}
		there(t, filepath.Join(dir, "office/done", as))
		gone(t, name)
		seen[recordOf(t, filepath.Join(dir, "office/done", as+".fax.json"))] = true
		n.journal("it lies in done/" + as) // from then on it has been taken
	}
	if len(seen) != 3 {
		t.Errorf("%d faxes of 3 files: %v", len(seen), seen)
	}
}

func TestAFolderWaitsForRoomOnTheDisk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	n := newNode(t, "fax@a.test", func(o *gateway.Options) {
		o.Sender = (&scriptedSender{answers: []func(func() error) (mailio.Reply, error){accepts}}).way
		o.Config.Folder = []config.Folder{watched(dir, "office", "fax@b.test")}
		o.Config.Limits.FreeDisk = 1 << 60
	})
	put(t, filepath.Join(dir, "office/letter.txt"), "A letter.\n")
	n.start()
	time.Sleep(2500 * time.Millisecond)
	there(t, filepath.Join(dir, "office/letter.txt"))
	if list := n.faxes(); len(list) != 0 {
		t.Errorf("faxes: %+v", list)
	}
	n.end()
	n.opts.Config.Limits.FreeDisk = 1 << 20
	n.start()
	recordOf(t, filepath.Join(dir, "office/done/letter.txt.fax.json"))
}

func TestAFolderThatCannotBeUsedStopsNothingElse(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	put(t, filepath.Join(dir, "file"), "")
	sender := &scriptedSender{answers: []func(func() error) (mailio.Reply, error){accepts}}
	n := newNode(t, "fax@a.test", func(o *gateway.Options) {
		o.Sender = sender.way
		o.Config.Fax.Administrator = "admin@office.test"
		o.Config.Folder = []config.Folder{watched(filepath.Join(dir, "file"), "broken", "fax@b.test"), watched(dir, "office", "fax@b.test")}
	}).start()
	n.journal("the folder broken (" + filepath.Join(dir, "file/broken") + ") cannot be used")
	put(t, filepath.Join(dir, "office/letter.txt"), "A letter.\n")
	n.wait(recordOf(t, filepath.Join(dir, "office/done/letter.txt.fax.json")), gateway.Accepted)
	eventually(t, func() (bool, string) {
		return sender.tries() == 2, fmt.Sprintf("%d mails, want the fax and one to the administrator", sender.tries())
	})
}

func TestAFileThatCannotBeMovedIsToldOnceForGood(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	sender := &scriptedSender{answers: []func(func() error) (mailio.Reply, error){accepts}}
	n := newNode(t, "fax@a.test", func(o *gateway.Options) {
		o.Sender = sender.way
		o.Config.Fax.Administrator = "admin@office.test"
		o.Config.Folder = []config.Folder{watched(dir, "office", "fax@b.test")}
	})
	put(t, filepath.Join(dir, "office/done"), "in the way")
	put(t, filepath.Join(dir, "office/letter.txt"), "A letter.\n")
	for range 2 { // a new start neither sends nor tells it again
		n.start()
		n.journal("but cannot be moved")
		eventually(t, func() (bool, string) { return sender.tries() >= 2, fmt.Sprintf("%d mails", sender.tries()) })
		time.Sleep(2500 * time.Millisecond) // longer than it takes to find and take a file
		if list := n.faxes(); len(list) != 1 || sender.tries() != 2 {
			t.Errorf("%d faxes and %d mails, want one fax and one notice", len(list), sender.tries())
		}
		n.end()
	}
	if err := os.Remove(filepath.Join(dir, "office/done")); err != nil {
		t.Fatal(err)
	}
	n.start()
	recordOf(t, filepath.Join(dir, "office/done/letter.txt.fax.json"))
	gone(t, filepath.Join(dir, "office/letter.txt"))
	if list := n.faxes(); len(list) != 1 {
		t.Errorf("%d faxes", len(list))
	}
}

func directTo(t *testing.T, domain, addr string) config.Direct {
	t.Helper()
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	return config.Direct{To: domain, Host: host, Port: n, TLS: "off"}
}

// block is the first block of this language in the document that has the word in it.
func block(t *testing.T, file, language, word string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range strings.Split(string(b), "```"+language+"\n")[1:] {
		if text, _, ok := strings.Cut(part, "```"); ok && strings.Contains(text, word) {
			return text
		}
	}
	t.Fatalf("%s has no block of %s with %s", file, language, word)
	return ""
}

func TestWhatTheDocumentsSayOfFoldersWorks(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "faxgate.toml")
	text := strings.ReplaceAll(block(t, "../docs/operating.md", "toml", "[[folder]]"), "/srv/scans", filepath.Join(dir, "scans"))
	put(t, file, text)
	cfg, err := config.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	n := newNode(t, "fax@a.test", func(o *gateway.Options) {
		o.Sender = (&scriptedSender{answers: []func(func() error) (mailio.Reply, error){accepts}}).way
		o.Config.Folder, o.Config.Fax.Names = cfg.Folder, cfg.Fax.Names
	}).start()
	name := filepath.Join(dir, "scans/anyone/scan.tif")
	put(t, name+".json", block(t, "../docs/operating.md", "json", "headerName"))
	put(t, name+".done", "")
	put(t, name, string(scanned(1)))
	put(t, filepath.Join(dir, "scans/partner/scan.tif"), string(scanned(1)))
	for folder, recipients := range map[string]int{"anyone": 2, "partner": 1} {
		f, err := n.Fax(context.Background(), recordOf(t, filepath.Join(dir, "scans", folder, "done/scan.tif.fax.json")))
		if err != nil || len(f.Deliveries) != recipients || !strings.HasPrefix(f.Subject, "Order") {
			t.Errorf("%s: %+v, %v", folder, f, err)
		}
	}
}
