package deploy_test

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// engine is podman and buildah with a store of their own, that goes away with the test.
type engine struct {
	t   *testing.T
	dir string
	env []string
}

func newEngine(t *testing.T) *engine {
	t.Helper()
	if os.Getuid() != 0 {
		t.Fatal("containers and network namespaces are made by root: run the tests as root")
	}
	for tool, pkg := range map[string]string{"buildah": "buildah", "podman": "podman", "runc": "runc", "ip": "iproute2"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Fatalf("%s is missing: apt-get install %s (deploy/lab/install.sh does)", tool, pkg)
		}
	}
	// Not t.TempDir: the engine's sockets need a short path.
	dir, err := os.MkdirTemp("/tmp", "faxgate-image.")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	storage := filepath.Join(dir, "storage.conf")
	text := fmt.Sprintf("[storage]\ndriver = \"vfs\"\ngraphroot = \"%s/graph\"\nrunroot = \"%s/run\"\n", dir, dir)
	if err := os.WriteFile(storage, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	// Health checks are asked for by the test: there may be no systemd to time them.
	return &engine{t, dir, append(os.Environ(), "CONTAINERS_STORAGE_CONF="+storage, "DISABLE_HC_SYSTEMD=true")}
}

// image builds the image the way `make image` does. Without -trimpath the compiler's work is shared with the other tests.
func (e *engine) image() string {
	e.t.Helper()
	for _, room := range rooms(e.t) { // looked at here, so that go test runs this again, and does not answer from its cache, when the program has changed
		if err := filepath.WalkDir("../"+room, func(string, fs.DirEntry, error) error { return nil }); err != nil {
			e.t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(e.t.Context(), "./image.sh")
	cmd.Env = append(e.env, "IMAGE=faxgate-test", "VERSION="+version, "FLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		e.t.Fatalf("image.sh: %v\n%s", err, out)
	}
	return "localhost/faxgate-test:" + version
}

func (e *engine) try(ctx context.Context, args ...string) (stdout, stderr string, err error) {
	args = append([]string{"--cgroup-manager", "cgroupfs", "--runtime", "runc", "--events-backend", "none", "--tmpdir", e.dir + "/tmp"}, args...)
	cmd := exec.CommandContext(ctx, "podman", args...)
	cmd.Env = e.env
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err = cmd.Run()
	return out.String(), errs.String(), err
}

// podman runs a command that must succeed, and returns what it prints.
func (e *engine) podman(args ...string) string {
	e.t.Helper()
	out, errs, err := e.try(e.t.Context(), args...)
	if err != nil {
		e.t.Fatalf("podman %s: %v\n%s%s", strings.Join(args, " "), err, out, errs)
	}
	return out
}

// wire is a network namespace that has the container at one end and this test, outside of it, at the other.
type wire struct {
	netns           string // its path
	outside, inside string // addresses
}

func newWire(t *testing.T) wire {
	t.Helper()
	a, b := rand.IntN(256), rand.IntN(64)*4
	name := fmt.Sprintf("fg%d", os.Getpid())
	w := wire{"/run/netns/" + name, fmt.Sprintf("10.231.%d.%d", a, b+1), fmt.Sprintf("10.231.%d.%d", a, b+2)}
	t.Cleanup(func() { _ = exec.Command("ip", "netns", "del", name).Run() }) // its end of the pair goes with it, and so does the other
	for _, args := range []string{
		"netns add " + name,
		"link add " + name + " type veth peer name eth0 netns " + name,
		"addr add " + w.outside + "/30 dev " + name,
		"link set " + name + " up",
		"-n " + name + " addr add " + w.inside + "/30 dev eth0",
		"-n " + name + " link set eth0 up",
		"-n " + name + " link set lo up",
	} {
		if out, err := exec.Command("ip", strings.Fields(args)...).CombinedOutput(); err != nil {
			t.Fatalf("ip %s: %v\n%s", args, err, out)
		}
	}
	return w
}

// container is one running faxgate.
type container struct {
	*engine
	name string
	wire wire
}

// run starts the image as compose.yaml does, on the wire, with the configuration file, the secrets beside it, and the volume "data".
func (e *engine) run(image, name, file string, w wire) *container {
	e.t.Helper()
	c := &container{e, name, w}
	e.t.Cleanup(func() { // the test's context has ended by then
		_, _, _ = e.try(context.Background(), "rm", "--force", "--time", "0", "--volumes", name)
	})
	e.podman("run", "--detach", "--timeout", "300", "--name", name, "--network", "ns:"+w.netns,
		"--read-only", "--read-only-tmpfs=false", "--cap-drop", "all", "--security-opt", "no-new-privileges", "--pids-limit", "256",
		"--ulimit", "nofile=20000:20000", "--ulimit", "nproc=4096:4096", // the kernel may not allow podman's own, higher ones
		"--env", "TZ=Asia/Tokyo", "--volume", "data:/data", "--volume", file+":/etc/faxgate/faxgate.toml:ro",
		"--volume", filepath.Dir(file)+"/secrets:/etc/faxgate/secrets:ro", image)
	return c
}

// exec runs the program inside the container.
func (c *container) exec(args ...string) string {
	c.t.Helper()
	return c.podman(append([]string{"exec", c.name, "/faxgate"}, args...)...)
}

// healthy waits until the image's own health check says so.
func (c *container) healthy() {
	c.t.Helper()
	var words string
	for range 100 {
		out, errs, err := c.try(c.t.Context(), "healthcheck", "run", c.name)
		if err == nil {
			return
		}
		words = out + errs
		time.Sleep(100 * time.Millisecond)
	}
	c.t.Fatalf("not healthy after many tries: %s\n%s", words, c.logs())
}

func (c *container) logs() string {
	out, errs, _ := c.try(c.t.Context(), "logs", c.name)
	return out + errs
}

// root is the container's file system, seen from outside.
func (c *container) root() string {
	return "/proc/" + strings.TrimSpace(c.podman("inspect", "--format", "{{.State.Pid}}", c.name)) + "/root"
}

// terminate sends SIGTERM, as every stop begins; wait follows it to its end.
func (c *container) terminate() time.Time {
	c.t.Helper()
	c.podman("kill", "--signal", "TERM", c.name)
	return time.Now()
}

// wait returns the exit code, once the container has ended.
func (c *container) wait() string {
	c.t.Helper()
	return strings.TrimSpace(c.podman("wait", c.name))
}
