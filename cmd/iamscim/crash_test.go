package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"iamscim/provisioner/iamsim"
	"iamscim/store"
)

// TestCrash kills the program, the whole process, before and after every call
// of every kind of plan. The next process, with the same files, ends what the
// first began: forward if the plan cuts somebody off, back otherwise. Then the
// journal is empty, nothing is left over, SCIM shows what there is, and the
// client's second attempt succeeds. After a kill behind a call, the process
// that cleans up is killed as well.
func TestCrash(t *testing.T) {
	for _, plan := range crashPlans {
		t.Run(plan.name, func(t *testing.T) {
			t.Parallel()
			plan.run(t)
		})
	}
}

// crashPlan is one request, which is one plan or two.
type crashPlan struct {
	name  string
	calls string // that change something, in their order
	// forward: it only rolls forward.
	forward bool
	// half, if set, is the request that an interrupted one amounts to.
	half    request
	prepare request // made of every copy at first
	request request
	extra   []string
}

// request is a request about the copy of the cast with that suffix.
type request func(w *world, suffix string) (method, path, body string)

// crashPoint is a moment to die.
type crashPoint struct {
	call   int
	after  bool
	suffix string
}

func (p *crashPlan) points() (list []crashPoint) {
	for i := range strings.Fields(p.calls) {
		for n, after := range []bool{false, true} {
			list = append(list, crashPoint{i, after, fmt.Sprintf("-%02d%c", i, 'a'+n)})
		}
	}
	return list
}

func (p *crashPlan) run(t *testing.T) {
	points := p.points()
	w := newWorld(t, iamsim.Config{}, func(a *iamsim.Account) {
		cast(a, "-done")
		cast(a, "-half")
		for _, point := range points {
			cast(a, point.suffix)
		}
	}, p.extra...)
	w.prepare(p, points)
	done := w.undisturbed(p)
	half := ""
	if p.half != nil {
		w.send("-half", p.half)
		half = w.picture("-half", w.ids())
	}
	for _, point := range points {
		before, was := w.ids(), w.picture(point.suffix, w.ids())
		w.crash(p, point)
		got, want := w.picture(point.suffix, before), was
		switch {
		case p.half != nil:
			want = half
		case p.forward:
			want = done
		}
		if got != want {
			t.Errorf("killed at call %d, after it: %t:\ngot\n%s\nwant\n%s\n%s", point.call, point.after, got, want, w.server.out)
		}
		until(t, "SCIM shows what there is", w.difference)
		w.again(p, point.suffix)
		if got := w.picture(point.suffix, before); got != done {
			t.Errorf("killed at call %d, after it: %t, and asked again:\ngot\n%s\nwant\n%s\n%s", point.call, point.after, got, done, w.server.out)
		}
		until(t, "SCIM shows what there is", w.difference)
	}
	w.forgets()
}

// prepare brings every copy into the state that the plan begins with.
func (w *world) prepare(p *crashPlan, points []crashPoint) {
	w.t.Helper()
	if p.prepare == nil {
		return
	}
	w.send("-done", p.prepare)
	for _, point := range points {
		w.send(point.suffix, p.prepare)
	}
}

// undisturbed carries the plan out on one copy and returns what becomes of it.
func (w *world) undisturbed(p *crashPlan) string {
	w.t.Helper()
	before := w.ids()
	w.sim.ResetCalls()
	w.send("-done", p.request)
	var calls []string
	for _, c := range w.sim.Journal() {
		if changes(c.Action) {
			calls = append(calls, c.Action)
		}
	}
	if got := strings.Join(calls, " "); got != strings.Join(strings.Fields(p.calls), " ") {
		w.t.Fatalf("the calls are %s", got)
	}
	return w.picture("-done", before)
}

func (w *world) send(suffix string, r request) {
	w.t.Helper()
	method, path, body := r(w, suffix)
	status, text, err := w.ask(method, w.server.base+path, body, nil)
	if err != nil || status >= 300 {
		w.t.Fatalf("%s %s: status %d, %v: %s\n%s", method, path, status, err, text, w.server.out)
	}
}

// again is the client's second attempt, and the next while it is told to come
// back. Who is gone is not found.
func (w *world) again(p *crashPlan, suffix string) {
	w.t.Helper()
	method, path, body := p.request(w, suffix)
	until(w.t, "it succeeds", func() error {
		status, text, err := w.ask(method, w.server.base+path, body, nil)
		switch {
		case err == nil && (status < 300 || method == http.MethodDelete && status == http.StatusNotFound):
			return nil
		case status != http.StatusServiceUnavailable:
			w.t.Fatalf("%s %s again: status %d, %v: %s\n%s", method, path, status, err, text, w.server.out)
		}
		return fmt.Errorf("%s", text)
	})
}

// crash lets the process die at the point, starts another, and lets that die at
// its first call if the point is behind one.
func (w *world) crash(p *crashPlan, point crashPoint) {
	w.t.Helper()
	method, path, body := p.request(w, point.suffix)
	w.trap.arm(point.call, point.after)
	status, text, err := w.ask(method, w.server.base+path, body, nil)
	if err == nil || w.trap.disarm() {
		w.t.Fatalf("call %d: it did not die: status %d, %v, %s", point.call, status, err, text)
	}
	<-w.server.ended // its connections end before it gives the data directory up
	if point.after {
		w.trap.arm(0, point.call%2 == 0)
		w.launch()
		s := w.server
		until(w.t, "the process dies or has nothing to do", func() error {
			if s.hasEnded() {
				return nil
			}
			if err := s.serves(); err != nil {
				return err
			}
			if err := w.settled(); err != nil && !s.hasEnded() {
				return err
			}
			return nil
		})
		w.trap.disarm()
		if !s.hasEnded() {
			return
		}
	}
	w.start()
	w.settle()
}

func (w *world) ids() map[string]bool {
	ids := map[string]bool{}
	for id := range w.real() {
		ids[id] = true
	}
	return ids
}

// forgets checks that the state file remembers nobody who is gone, and that
// SCIM shows the same without what was observed so far.
func (w *world) forgets() {
	w.t.Helper()
	w.server.kill()
	ctx := w.t.Context()
	account, err := store.OpenAccount(ctx, w.dir, w.sim.ID(), store.AccountOptions{})
	if err != nil {
		w.t.Fatal(err)
	}
	remembered := map[string][]string{}
	err = account.State.View(ctx, func(tx *store.StateTx) error {
		open, err := tx.OpenPlans(ctx)
		if err != nil || len(open) > 0 {
			return fmt.Errorf("%d plans are open, %w", len(open), err)
		}
		remembered, err = idsIn(w.t, tx)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	if err := account.Close(); err != nil {
		w.t.Fatal(err)
	}
	there := w.real()
	for what, ids := range remembered {
		for _, id := range ids {
			if e, ok := there[id]; !ok || what == "deactivations" && e.Active {
				w.t.Errorf("%s remember %s: %+v", what, id, e)
			}
		}
	}
	files, err := filepath.Glob(filepath.Join(w.dir, "*.snapshot.db*"))
	if err != nil || len(files) == 0 {
		w.t.Fatalf("snapshot: %v, %v", files, err)
	}
	for _, f := range files {
		if err := os.Remove(f); err != nil {
			w.t.Fatal(err)
		}
	}
	w.start()
	until(w.t, "SCIM shows what there is", w.difference)
}

func idsIn(t testing.TB, tx *store.StateTx) (map[string][]string, error) {
	out := map[string][]string{}
	persons, err := tx.Persons(t.Context())
	if err != nil {
		return nil, err
	}
	for id := range persons {
		out["person attributes"] = append(out["person attributes"], id)
	}
	groups, err := tx.GroupAttributes(t.Context())
	if err != nil {
		return nil, err
	}
	for id := range groups {
		out["group attributes"] = append(out["group attributes"], id)
	}
	owned, err := tx.Owned(t.Context())
	if err != nil {
		return nil, err
	}
	for ref := range owned {
		out["owners"] = append(out["owners"], ref.ID)
	}
	inactive, err := tx.Deactivations(t.Context())
	for id := range inactive {
		out["deactivations"] = append(out["deactivations"], id)
	}
	return out, err
}
