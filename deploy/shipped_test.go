package deploy_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"faxgate/gateway/config"
)

// rooms are the top folders that the program is built from.
func rooms(t *testing.T) []string {
	t.Helper()
	out, err := exec.Command("go", "list", "-deps", "-f", "{{if .Module}}{{if .Module.Main}}{{.ImportPath}}{{end}}{{end}}", "../cmd/faxgate").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var list []string
	for pkg := range strings.FieldsSeq(string(out)) {
		list = append(list, strings.Split(pkg, "/")[1])
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// A room that .dockerignore does not let through would be missing in the build from source.
func TestEveryRoomReachesTheBuild(t *testing.T) {
	list := rooms(t)
	if len(list) < 8 {
		t.Fatalf("the program is built from %v only", list)
	}
	ignore := read(t, "../.dockerignore")
	for _, name := range append(list, "go.mod", "go.sum", "deploy/faxgate.toml", "dist") {
		if !strings.Contains(ignore, "\n!"+name+"\n") {
			t.Errorf(".dockerignore lacks !%s", name)
		}
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestShippedConfigurationIsGoodAsItStands(t *testing.T) {
	c, err := config.Read("faxgate.toml")
	if err != nil {
		t.Fatal(err)
	}
	if c.Data != "/data" || c.Account() != own {
		t.Errorf("data %q, account %q", c.Data, c.Account())
	}
}

// What is commented out must work too, once the files that it names are there.
func TestShippedConfigurationIsGoodWithEveryKeyInUse(t *testing.T) {
	dir := t.TempDir()
	key := regexp.MustCompile(`(?m)^#(\[|[a-z_]+ = )`)
	text := read(t, "faxgate.toml")
	if n := len(key.FindAllString(text, -1)); n < 15 {
		t.Fatalf("only %d lines are commented out", n)
	}
	text = key.ReplaceAllString(text, "$1")
	file := filepath.Join(dir, "faxgate.toml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`_file = "(.*)"`).FindAllStringSubmatch(text, -1) {
		named := filepath.Join(dir, m[1])
		if err := os.MkdirAll(filepath.Dir(named), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(named, []byte("secret\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, err := config.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	if c.Relay.Host == "" || len(c.Mailbox) != 1 || c.Fax.DeliverTo == "" || c.Console.URL == "" {
		t.Errorf("not everything is in use: %+v", c)
	}
}

// The ports and paths of the compose file, the image and the configuration must be the same.
func TestComposeFitsImageAndConfiguration(t *testing.T) {
	c, err := config.Read("faxgate.toml")
	if err != nil {
		t.Fatal(err)
	}
	port := func(listen string) string { return listen[strings.LastIndexByte(listen, ':')+1:] }
	smtp, console := port(c.Listen.SMTP), port(c.Console.Listen)
	for name, wants := range map[string][]string{
		"compose.yaml": {
			`- "25:` + smtp + `"`, `- "127.0.0.1:` + console + ":" + console + `"`, "- data:" + c.Data + "\n", "- ./faxgate.toml:/etc/faxgate/faxgate.toml:ro",
			"context: ..", "dockerfile: deploy/Dockerfile", "read_only: true", "cap_drop:\n      - ALL", "no-new-privileges:true", "restart: unless-stopped", "TZ: ",
		},
		"Dockerfile": {
			"EXPOSE " + smtp + " " + console, "FAXGATE_DATA=" + c.Data + "\n", "FAXGATE_CONFIG=/etc/faxgate/faxgate.toml", "USER 65532:65532", "VOLUME " + c.Data + "\n",
			`CMD ["/faxgate", "health"]`, "STOPSIGNAL SIGTERM",
		},
	} {
		text := read(t, name)
		for _, want := range wants {
			if !strings.Contains(text, want) {
				t.Errorf("%s lacks %q", name, want)
			}
		}
	}
}
