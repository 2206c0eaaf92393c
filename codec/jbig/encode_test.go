package jbig

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

// corpus is the folder of public files.
func corpus(t testing.TB) string {
	dir := os.Getenv("FAXGATE_CORPUS")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "corpus")
	}
	if _, err := os.Stat(filepath.Join(dir, "MANIFEST.tsv")); err != nil {
		t.Skip("no corpus: set FAXGATE_CORPUS")
	}
	return dir
}

func TestTmp(t *testing.T) {
	for _, n := range []string{"1", "2", "3", "4", "5", "6", "7", "8"} {
		data, err := os.ReadFile(filepath.Join(corpus(t), "itu", "itu"+n+".pbm"))
		if err != nil {
			t.Fatal(err)
		}
		b := readPBM(t, data)
		for _, o := range []string{"8", "0", "64", "72"} {
			want := tool(t, data, "pbmtojbg85", "-m", "0", "-p", o)
			got := encode(t, Params{Width: b.width, Height: b.height, MX: -1, TwoLine: o[0] == '6' || o[0] == '7', NoTypical: o == "0" || o == "64"}, b)
			i := 0
			for i < min(len(got), len(want)) && got[i] == want[i] {
				i++
			}
			t.Logf("%s %s %d %d %v %d", n, o, len(want), len(got), bytes.Equal(got, want), i)
		}
	}
}

func TestTmp2(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(corpus(t), "*", "*.jbg"))
	for _, f := range files {
		data, _ := os.ReadFile(f)
		d := NewDecoder(Limits{})
		if err := d.Reset(bytes.NewReader(data)); err != nil {
			t.Log(f, err)
			continue
		}
		want := readPBM(t, tool(t, data, "jbgtopbm"))
		var got []byte
		for {
			r, err := d.NextRow()
			if err != nil {
				break
			}
			got = append(got, r...)
		}
		t.Logf("%s %v %+v %+v", f, bytes.Equal(got, want.rows), d.Params(), d.Stats())
	}
}

func TestTmp3(t *testing.T) {
	files, _ := filepath.Glob("/work/tmp/jbig/h*.pbm")
	for _, f := range files {
		data, _ := os.ReadFile(f)
		b := readPBM(t, data)
		for _, o := range [][]string{{}, {"-s", "10"}, {"-m", "30"}, {"-m", "8"}, {"-s", "50", "-p", "0"}, {"-s", "10", "-p", "64"}, {"-s", "10", "-p", "72"}, {"-s", "1"}, {"-s", "4"}, {"-p", "0"}, {"-s", "300", "-p", "0"}, {"-s", "100"}} {
			p := Params{Width: b.width, Height: b.height}
			for i := 0; i < len(o); i += 2 {
				v, _ := strconv.Atoi(o[i+1])
				switch o[i] {
				case "-s":
					p.Stripe = v
				case "-m":
					p.MX = v
				case "-p":
					p.TwoLine = v&64 != 0
					p.NoTypical = v&8 == 0
				}
			}
			want := tool(t, data, "pbmtojbg85", o...)
			got := encode(t, p, b)
			i := 0
			for i < min(len(got), len(want)) && got[i] == want[i] {
				i++
			}
			t.Logf("%s %s %d %d %v %d", f, o, len(want), len(got), bytes.Equal(got, want), i)
		}
	}
}
