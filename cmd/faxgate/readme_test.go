package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"faxgate/gateway/config"
)

// TestREADME does what the README says, from the top, as a new user would: its default ports are free because everything runs in a network of its own, in which no other host can be
// reached. Commands that need Docker or the internet are only looked up.
func TestREADME(t *testing.T) {
	b, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, name := range []string{"README.md", "letter.pdf", "scan.tif", "photo.jpg"} {
		write(t, filepath.Join(dir, name), "A page that somebody wants to fax.\n")
	}
	write(t, filepath.Join(dir, "faxgate.toml"), fence(t, string(b), "toml"))
	write(t, filepath.Join(dir, "password"), "secret\n")
	script := readmeScript(t, string(b))
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	build := exec.CommandContext(ctx, "go", "build", "-o", filepath.Join(dir, "faxgate"), ".")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	cmd := exec.CommandContext(ctx, "unshare", "--net", "bash", "-euxc", "ip link set lo up\n"+script)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "XDG_CACHE_HOME="+cacheHome())
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("a command of the README does not do what it says: %v\n%s\nThe script:\n%s", err, out, script)
	}
	if !strings.Contains(string(out), "confirmed") {
		t.Errorf("the first fax was not confirmed:\n%s", out)
	}
}

// readmeScript turns the README's sh blocks into one script.
func readmeScript(t *testing.T, text string) string {
	t.Helper()
	s := "trap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n"
	ran := 0
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(text, -1) {
		for line := range strings.Lines(block[1]) {
			line, _, _ = strings.Cut(strings.TrimSpace(line), "    #")
			line = strings.TrimSpace(line)
			if line != "" {
				s += readmeLine(t, line) + "\n"
				ran++
			}
		}
	}
	if ran < 10 {
		t.Fatalf("only %d commands found in the README", ran)
	}
	return s
}

// readmeLine is what a command becomes where it is not run as it stands.
func readmeLine(t *testing.T, line string) string {
	t.Helper()
	fields := strings.Fields(line)
	switch {
	case line == "go run ./cmd/faxgate demo":
		return "./faxgate demo --keep demo"
	case fields[0] == "make":
		makefile, err := os.ReadFile("../../Makefile")
		if err != nil || !strings.Contains(string(makefile), "\n"+fields[1]+":") {
			t.Errorf("the README says %q, the Makefile has no such target (%v)", line, err)
		}
		return ": " + line
	case fields[0] == "docker":
		if _, err := os.Stat(filepath.Join("../..", fields[3])); err != nil {
			t.Errorf("the README says %q: %v", line, err)
		}
		return ": " + line
	case line == "./faxgate serve":
		return line + " & for i in $(seq 100); do ./faxgate health && break; sleep 0.1; done"
	case strings.HasPrefix(line, "./faxgate doctor"): // mail.example.com cannot be reached here: it must say so
		return "! " + line + " >doctor.txt; grep -q mail.example.com doctor.txt"
	case strings.HasPrefix(line, "./faxgate serve --config"):
		return "./faxgate config check faxgate.toml"
	case strings.Contains(line, "partner.example") && strings.Contains(line, "--wait"): // it would wait for a mail server
		return strings.Replace(line, "--wait ", "", 1)
	case fields[0] == "curl":
		return strings.Replace(line, "curl ", "curl -fsS ", 1)
	}
	return line
}

func fence(t *testing.T, text, kind string) string {
	t.Helper()
	m := regexp.MustCompile("(?s)```" + kind + "\n(.*?)```").FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("the README has no %s block", kind)
	}
	return m[1]
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestDocumentedConfigurations checks the configurations that the documents show whole.
func TestDocumentedConfigurations(t *testing.T) {
	b, err := os.ReadFile("../../docs/mail.md")
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "faxgate.toml")
	write(t, name, fence(t, string(b), "toml"))
	c, err := config.Read(name)
	if err != nil {
		t.Fatal(err)
	}
	if !c.Sender[0].Matches("anybody@example.com") || c.Sender[0].Outcome != "always" || !c.Fax.PlusAddresses {
		t.Errorf("%+v", c.Sender)
	}
}
