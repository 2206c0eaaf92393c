package gateway_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"faxgate/codec/tiff"
	"faxgate/gateway"
	"faxgate/gateway/config"
	"faxgate/mailio"
)

// quality is what the first page of a TIFF file says of its reception.
func quality(t *testing.T, data []byte) *tiff.Quality {
	t.Helper()
	f, err := tiff.Open(bytes.NewReader(data), int64(len(data)), tiff.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return f.Pages[0].Quality
}

// TestTheCopyThatStaysSaysWhatCameDamaged: the TIFF that is written to a folder or looked at says how many rows of a page came in damaged; the one that is mailed on does not.
func TestTheCopyThatStaysSaysWhatCameDamaged(t *testing.T) {
	folder := t.TempDir()
	s := &scriptedSender{answers: []func(func() error) (mailio.Reply, error){accepts}}
	b := newNode(t, "fax@b.test", func(o *gateway.Options) {
		o.Config.Route = []config.Route{{Name: "both", MailTo: []string{"one@b.test"}, MailContent: "tiff", Folder: folder, FolderContent: "tiff"}}
		o.Sender = func(string) (mailio.Sender, error) { return s, nil }
	}).start()
	fax := goodTIFF(t, strings.Repeat("A line of a letter.\n", 40))
	for i := range 8 {
		fax[len(fax)/2+i*100] ^= 0x3c
	}
	if err := b.deliver("machine@far.test", "fax@b.test", mailWith(withID("damaged"), `image/tiff; name="fax.tif"|`+string(fax))); err != nil {
		t.Fatal(err)
	}
	in := b.inbox(1)[0]
	b.routes(in.ID, gateway.Done)
	var looked bytes.Buffer
	if err := b.InboxTIFF(context.Background(), in.ID, &looked); err != nil {
		t.Fatal(err)
	}
	names, err := filepath.Glob(filepath.Join(folder, "*.tif"))
	if err != nil || len(names) != 1 {
		t.Fatalf("files %v, %v", names, err)
	}
	kept, err := os.ReadFile(names[0])
	if err != nil {
		t.Fatal(err)
	}
	for where, data := range map[string][]byte{"inbox": looked.Bytes(), "folder": kept} {
		if q := quality(t, data); q == nil || q.BadFaxLines < 1 || q.BadFaxLines > 16 || q.CleanFaxData != 1 || q.ConsecutiveBadFaxLines < 1 {
			t.Errorf("%s: %+v", where, q)
		}
	}
	for name, data := range readMail(t, s.sent[0]).files {
		if q := quality(t, data); q != nil {
			t.Errorf("mailed %s: %+v", name, q)
		}
	}
}
