package scim

import (
	"cmp"
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"iamscim/store"
)

// metrics counts requests as they are served, and asks the accounts about
// themselves when it is scraped.
type metrics struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	handler  http.Handler
}

func newMetrics(s *Server) *metrics {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "iamscim_http_requests_total", Help: "Requests by route, method and status.",
		}, []string{"route", "method", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "iamscim_http_request_seconds", Help: "Time to answer, by route and method.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
		}, []string{"route", "method"}),
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(m.requests, m.seconds, accountCollector{s},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.handler = promhttp.HandlerFor(registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError})
	return m
}

func (m *metrics) count(r *request, w *recorder) {
	method := shortMethod(r.Method)
	m.requests.WithLabelValues(r.route.path, method, strconv.Itoa(w.status)).Inc()
	m.seconds.WithLabelValues(r.route.path, method).Observe(w.took.Seconds())
}

func (s *Server) serveMetrics(w http.ResponseWriter, r *request) error {
	s.metrics.handler.ServeHTTP(w, r.Request)
	return nil
}

// Metrics returns the handler of another listener, which serves /metrics to
// whoever can reach it.
func (s *Server) Metrics() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", s.metrics.handler)
	return mux
}

// accountCollector reports what each account's snapshot is like.
type accountCollector struct{ s *Server }

var (
	ageDesc   = accountDesc("snapshot_age_seconds", "Time since the last complete observation began.")
	genDesc   = accountDesc("snapshot_generation", "Generation that is served; 0 before the first.")
	heldDesc  = accountDesc("observation_held", "1 if an observation waits for an operator.")
	okDesc    = accountDesc("refresh_ok", "1 if the last refresh succeeded.")
	lastDesc  = accountDesc("refresh_last_attempt_timestamp_seconds", "When the last refresh began.")
	credDesc  = accountDesc("aws_credentials_ok", "1 if AWS accepts us.")
	latchDesc = accountDesc("brake_latched", "1 if the brake is latched.")
	lostDesc  = accountDesc("brake_people", "People who lost access within the window of the brake.")
	openDesc  = accountDesc("journal_open_plans", "Plans that are not finished.")
	waitDesc  = accountDesc("journal_waiting_plans", "Plans that wait for an operator.")
	callDesc  = accountDesc("observation_aws_calls", "Calls of the last complete observation, by action.", "action")
	tookDesc  = accountDesc("observation_seconds", "How long the last complete observation took.")
)

func accountDesc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("iamscim_"+name, help, append([]string{"account", "account_id"}, labels...), nil)
}

// Describe implements prometheus.Collector.
func (c accountCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{ageDesc, genDesc, heldDesc, okDesc, lastDesc, credDesc, latchDesc, lostDesc, openDesc, waitDesc, callDesc, tookDesc} {
		ch <- d
	}
}

// Collect implements prometheus.Collector. It has no context of its own; the
// reads are small and end by themselves.
func (c accountCollector) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	for _, h := range c.s.accounts {
		name, id := cmp.Or(h.name, "default"), h.Store.ID
		gauge := func(d *prometheus.Desc, v float64) {
			ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, name, id)
		}
		gauge(genDesc, float64(h.Store.Snapshot.Generation().ID))
		if at := h.Store.Snapshot.Observed(); !at.IsZero() {
			gauge(ageDesc, c.s.now().Sub(at).Seconds())
		}
		if report, err := h.reportHeld(ctx); err == nil {
			gauge(heldDesc, truth(report != nil))
		}
		c.collectWrites(ctx, h, gauge)
		health := h.Provisioner.Health()
		gauge(credDesc, truth(health.Credentials.OK))
		if at := health.Snapshot.LastAttempt; at != nil {
			gauge(lastDesc, float64(at.Unix()))
			gauge(okDesc, truth(health.Snapshot.LastError == ""))
		}
		status, err := h.status(ctx)
		if err != nil {
			continue // nothing observed yet
		}
		gauge(tookDesc, status.Took.Seconds())
		for action, n := range status.APIs {
			ch <- prometheus.MustNewConstMetric(callDesc, prometheus.GaugeValue, float64(n), name, id, action)
		}
	}
}

func (c accountCollector) collectWrites(ctx context.Context, h *hosted, gauge func(*prometheus.Desc, float64)) {
	if brake, err := h.reportBrake(ctx); err == nil {
		gauge(latchDesc, truth(brake.Latched))
		gauge(lostDesc, float64(brake.Lost))
	}
	if journal, err := h.reportJournal(ctx, c.s.now()); err == nil {
		waiting := 0
		for _, plan := range journal.Plans {
			if plan.State == store.PlanWaiting {
				waiting++
			}
		}
		gauge(openDesc, float64(journal.Open))
		gauge(waitDesc, float64(waiting))
	}
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
