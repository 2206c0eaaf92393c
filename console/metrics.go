package console

import (
	"context"
	"net/http"
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"faxgate/gateway"
)

// health answers as long as the process does: it is what a container's health check asks.
func (c *Console) health(w http.ResponseWriter, _ *http.Request) {
	words(w, http.StatusOK, "alive")
}

// ready says whether faxes are taken now, and if not, why.
func (c *Console) ready(w http.ResponseWriter, r *http.Request) {
	if err := c.gw.Ready(r.Context()); err != nil {
		words(w, http.StatusServiceUnavailable, "not ready: "+err.Error())
		return
	}
	words(w, http.StatusOK, "ready")
}

func words(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text + "\n"))
}

// metrics serves Prometheus from a registry of its own.
func (c *Console) metrics() http.Handler {
	reg := prometheus.NewRegistry()
	reg.MustRegister(newGauges(c.gw, c.version, c.now), collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return promhttp.HandlerFor(reg, promhttp.HandlerOpts{})
}

// gauges asks the gateway each time it is scraped: nothing is counted twice.
type gauges struct {
	gw                                                                *gateway.Gateway
	version                                                           string
	now                                                               func() time.Time
	tasks, received, due, leased, oldest, disk, ready, mailbox, build *prometheus.Desc
}

func newGauges(gw *gateway.Gateway, version string, now func() time.Time) *gauges {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("faxgate_"+name, help, labels, nil)
	}
	return &gauges{
		gw: gw, version: version, now: now,
		tasks:    desc("tasks", "Tasks by kind (fax, intake, receipt, route, report) and state.", "kind", "state"),
		received: desc("received", "Received mails by kind and state.", "kind", "state"),
		due:      desc("due_tasks", "Tasks that could be worked on now."),
		leased:   desc("leased_tasks", "Tasks that are being worked on."),
		oldest:   desc("oldest_due_seconds", "How long the oldest task that is due has waited."),
		disk:     desc("disk_free_bytes", "Room left where the data lie."),
		ready:    desc("ready", "1 while faxes are taken."),
		mailbox:  desc("mailbox_state", "Always 1; the label tells how the mailbox is.", "name", "state"),
		build:    desc("build_info", "Always 1; the labels tell the version.", "version", "go"),
	}
}

// Describe tells which metrics there are.
func (g *gauges) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{g.tasks, g.received, g.due, g.leased, g.oldest, g.disk, g.ready, g.mailbox, g.build} {
		ch <- d
	}
}

// Collect reads the present values.
func (g *gauges) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	set := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	set(g.build, 1, g.version, runtime.Version())
	set(g.ready, flag(g.gw.Ready(ctx) == nil))
	if free, err := g.gw.FreeDisk(); err == nil {
		set(g.disk, float64(free))
	}
	for name, a := range g.gw.Accounts() {
		set(g.mailbox, 1, name, string(a.State))
	}
	st, err := g.gw.Stats(ctx)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(g.tasks, err)
		return
	}
	for _, t := range st.Tasks {
		set(g.tasks, float64(t.Count), string(t.Kind), string(t.State))
	}
	for _, r := range st.Received {
		set(g.received, float64(r.Count), r.Kind, string(r.State))
	}
	set(g.due, float64(st.Due))
	set(g.leased, float64(st.Leased))
	age := 0.0
	if st.OldestDue != nil {
		age = max(0, g.now().Sub(*st.OldestDue).Seconds())
	}
	set(g.oldest, age)
}

func flag(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
