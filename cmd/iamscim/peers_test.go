package main

import (
	"database/sql"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"iamscim/provisioner/iamsim"
)

// TestPeersBugs: what other SCIM servers and IAM tools get wrong, asked of the
// whole program.
func TestPeersBugs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, iamsim.Config{}, func(a *iamsim.Account) {
		for _, s := range []string{"-p00", "-p01", "-p02", "-p03"} {
			cast(a, s)
		}
		for i := range 40 {
			a.AddUser(iamsim.User{Name: fmt.Sprintf("page%02d", i)})
		}
	})
	w.part(t, "a removal with a list empties the group", w.removalWithList)
	w.part(t, "half of a PATCH", w.halfPatch)
	w.part(t, "panic on a bracket", w.openBracket)
	w.part(t, "a rename loses the tags", w.renameKeepsTags)
	w.part(t, "a deletion orphans the virtual device", w.deletesDevice)
	w.part(t, "the order changes from page to page", w.stablePages)
	w.part(t, "a busy database", w.busyDatabase)
}

// part is a subtest that fails on its own.
func (w *world) part(t *testing.T, name string, check func(*testing.T)) {
	whole := w.t
	t.Run(name, func(t *testing.T) {
		w.t = t
		check(t)
	})
	w.t = whole
}

// removalWithList is how Entra ID removes one member.
func (w *world) removalWithList(t *testing.T) {
	body := fmt.Sprintf(aPatch, fmt.Sprintf(`{"op":"Remove","path":"members","value":[{"value":%q}]}`, w.userID("ann-p00")))
	w.want(http.StatusOK, "PATCH", "/Groups/"+w.groupID("dev-p00"), body, nil)
	ann, _ := w.sim.User("ann-p00")
	bob, _ := w.sim.User("bob-p00")
	if len(ann.Groups) != 0 || len(bob.Groups) != 1 {
		t.Errorf("ann is in %v, bob in %v", ann.Groups, bob.Groups)
	}
}

func (w *world) halfPatch(t *testing.T) {
	before := w.picture("-p00", nil)
	dev, bob := w.groupID("dev-p00"), w.userID("bob-p00")
	w.sim.ResetCalls()
	for path, operations := range map[string]string{
		"/Users/" + bob:  `{"op":"replace","path":"userName","value":"robert"},{"op":"replace","path":"title","value":"CTO"},{"op":"replace","path":"id","value":"x"}`,
		"/Groups/" + dev: fmt.Sprintf(`{"op":"remove","path":"members[value eq \"%s\"]"},{"op":"add","path":"members","value":[{"value":"AIDANOBODY"}]}`, bob),
	} {
		w.want(http.StatusBadRequest, "PATCH", path, fmt.Sprintf(aPatch, operations), nil)
	}
	for _, c := range w.sim.Journal() {
		if changes(c.Action) {
			t.Errorf("%s %v", c.Action, c.Params)
		}
	}
	var shown shownUser
	w.want(http.StatusOK, "GET", "/Users/"+bob, "", &shown)
	if after := w.picture("-p00", nil); after != before || shown.Title != "" {
		t.Errorf("title %q, before\n%s\nafter\n%s", shown.Title, before, after)
	}
}

func (w *world) openBracket(t *testing.T) {
	bob := "/Users/" + w.userID("bob-p00")
	for _, path := range []string{"emails[", "emails[type", `emails[type eq \"work\"`, "emails[]", "[", "emails]", `emails[type eq \"work\"].`, "."} {
		w.want(http.StatusBadRequest, "PATCH", bob, fmt.Sprintf(aPatch, `{"op":"add","path":"`+path+`","value":"x"}`), nil)
	}
	for _, filter := range []string{"emails[", "emails%5Btype", "emails[type%20eq%20%22work%22", "%5B"} {
		w.want(http.StatusBadRequest, "GET", "/Users?filter="+filter, "", nil)
	}
	if w.server.hasEnded() || strings.Contains(w.server.out.String(), "panic") {
		t.Errorf("%s", w.server.out)
	}
}

func (w *world) renameKeepsTags(t *testing.T) {
	before, _ := w.sim.User("ann-p01")
	w.want(http.StatusOK, "PATCH", "/Users/"+before.ID, fmt.Sprintf(aPatch, `{"op":"replace","path":"userName","value":"anna-p01"}`), nil)
	after, ok := w.sim.User("anna-p01")
	if !ok || after.ID != before.ID || !slices.Equal(after.Tags, before.Tags) || !slices.Equal(after.Groups, before.Groups) {
		t.Errorf("before %+v\nafter %+v", before, after)
	}
}

func (w *world) deletesDevice(t *testing.T) {
	w.want(http.StatusNoContent, "DELETE", "/Users/"+w.userID("ann-p02"), "", nil)
	for _, d := range w.sim.VirtualDevices() {
		if strings.HasSuffix(d.Serial, "-p02") {
			t.Errorf("orphaned: %s", d.Serial)
		}
	}
}

// stablePages reads all pages twice, while the rows under them are rewritten.
func (w *world) stablePages(t *testing.T) {
	var first []string
	for round := range 2 {
		var ids []string
		for start, total := 1, 1; start <= total; start += 7 {
			var page struct {
				TotalResults int
				Resources    []shownUser
			}
			w.want(http.StatusOK, "GET", fmt.Sprintf("/Users?count=7&startIndex=%d", start), "", &page)
			total = page.TotalResults
			for _, u := range page.Resources {
				ids = append(ids, u.ID)
			}
			name := fmt.Sprintf("page%02d", start%40)
			w.want(http.StatusOK, "PATCH", "/Users/"+w.userID(name), fmt.Sprintf(aPatch, fmt.Sprintf(`{"op":"replace","path":"title","value":"%d"}`, round*100+start)), nil)
		}
		if n := len(slices.Compact(slices.Sorted(slices.Values(ids)))); n != len(ids) || n != len(w.sim.Users()) {
			t.Errorf("%d users on the pages, %d different ones, there are %d", len(ids), n, len(w.sim.Users()))
		}
		if first == nil {
			first = ids
		} else if !slices.Equal(first, ids) {
			t.Errorf("first\n%v\nthen\n%v", first, ids)
		}
	}
}

// busyDatabase: somebody else holds the write lock of a file, for a moment and
// for longer than a writer waits. Reads go on; a write waits or says to try
// again, and nothing is half done.
func (w *world) busyDatabase(t *testing.T) {
	bob := "/Users/" + w.userID("bob-p03")
	for _, file := range []string{w.sim.ID() + ".state.db", w.sim.ID() + ".snapshot.db"} {
		db, err := sql.Open("sqlite", filepath.Join(w.dir, file)+"?_txlock=immediate")
		if err != nil {
			t.Fatal(err)
		}
		tx, err := db.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		w.want(http.StatusOK, "GET", bob, "", nil)
		w.want(http.StatusOK, "GET", "/Users?filter=userName%20eq%20%22ann-p03%22", "", nil)
		body := fmt.Sprintf(aPatch, fmt.Sprintf(`{"op":"replace","value":{"title":%q,"active":false}}`, file))
		status, text, err := w.ask("PATCH", w.server.base+bob, body, nil)
		if err != nil || status != http.StatusServiceUnavailable {
			t.Errorf("%s: status %d, %v: %s", file, status, err, text)
		}
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		until(t, "the write succeeds", func() error {
			status, text, err := w.ask("PATCH", w.server.base+bob, body, nil)
			if err != nil || status != http.StatusOK {
				return fmt.Errorf("status %d, %w: %s", status, err, text)
			}
			return nil
		})
		var shown shownUser
		w.want(http.StatusOK, "GET", bob, "", &shown)
		if shown.Title != file || shown.Active {
			t.Errorf("%+v", shown)
		}
	}
	until(t, "SCIM shows what there is", w.difference)
}
