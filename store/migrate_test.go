package store_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"iamscim/store"
)

// older makes a file as a version of the program left it that knew only the
// first schemas, and fills it.
func older(t *testing.T, kind string, version int, fill string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "old.db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	files, err := filepath.Glob(filepath.Join("schema", kind, "*.sql"))
	if err != nil || len(files) <= version {
		t.Fatalf("schemas %q: %v", files, err)
	}
	slices.Sort(files)
	for _, file := range files[:version] {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.ExecContext(t.Context(), string(text)); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
	}
	for _, text := range []string{`pragma journal_mode = wal`, fill, fmt.Sprintf(`pragma user_version = %d`, version)} {
		if _, err := db.ExecContext(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

// TestMembershipsOfVersion2 stay what they were, those that ended included.
func TestMembershipsOfVersion2(t *testing.T) {
	path := older(t, "snapshot", 2, `
		insert into generation (id, at, actor) values
			(1, '2026-01-02T03:04:05.000000000Z', ''), (2, '2026-01-02T03:04:06.000000000Z', ''), (3, '2026-01-02T03:04:07.000000000Z', '');
		insert into membership (group_id, user_id, from_gen, to_gen) values
			('g', 'stays', 1, null),
			('g', 'left', 1, 3),
			('g', 'again', 1, 2), ('g', 'again', 3, null),
			('g', 'never', 2, 2), ('g', 'never', 2, 3) on conflict do nothing;
		insert into protection (kind, id, other, until) values ('membership', 'left', 'g', '2099-01-02T03:04:05.000000000Z'), ('user', 'left', '', '2099-01-02T03:04:05.000000000Z')`)
	s, err := store.OpenSnapshot(t.Context(), path, account, now)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	members := func(ctx context.Context, tx *store.SnapshotTx) (ids []string) {
		list, err := tx.Members(ctx, "g", false)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range list {
			ids = append(ids, m.ID)
		}
		return ids
	}
	got := map[int64][]string{}
	for id := int64(1); id <= 3; id++ {
		err := s.ViewGeneration(t.Context(), id, func(tx *store.SnapshotTx) error {
			got[id] = members(t.Context(), tx)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	want := map[int64][]string{1: {"again", "left", "stays"}, 2: {"left", "stays"}, 3: {"again", "stays"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("members by generation (-want +got):\n%s", diff)
	}
	err = s.View(t.Context(), func(tx *store.SnapshotTx) error {
		list, err := tx.Protected(t.Context(), start, "left")
		if len(list) != 2 {
			t.Errorf("protected: %v, want two", list)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestJournalOfVersion5: a plan under way is still known to the last call.
func TestJournalOfVersion5(t *testing.T) {
	at := func(second int) string { return fmt.Sprintf("2026-01-02T03:04:%02d.000000000Z", second) }
	path := older(t, "state", 5, fmt.Sprintf(`
		insert into plan (id, kind, direction, digest, state, actor, created, updated) values ('p', 'group.update', 'undo', '', 'running', 'tok', '%[1]s', '%[4]s'), ('q', 'group.update', 'undo', '', 'running', 'tok', '%[1]s', '%[4]s');
		insert into plan_step (plan_id, seq, call, inverse, state, intended, ended, error) values
			('p', 0, '{"action":"A"}', '{"action":"B"}', 'done', '%[1]s', '%[2]s', ''),
			('p', 1, '{"action":"C"}', null, 'failed', '%[2]s', '%[3]s', 'boom'),
			('p', 2, '{"action":"D"}', null, 'intended', '%[3]s', null, 'no answer'),
			('p', 3, '{"action":"E"}', null, 'planned', null, null, ''),
			('p', 4, '{"action":"F"}', null, 'intended', '%[3]s', '%[2]s', ''),
			('p', 5, '{"action":"G"}', null, 'planned', '%[2]s', '%[3]s', ''),
			('q', 0, '{"action":"H"}', null, 'undone', '%[1]s', null, '')`, at(1), at(2), at(3), at(4)))
	s, err := store.OpenState(t.Context(), path, account, now)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	second := func(n int) time.Time { return time.Date(2026, 1, 2, 3, 4, n, 0, time.UTC) }
	call := func(action string) json.RawMessage { return json.RawMessage(`{"action":"` + action + `"}`) }
	want := map[string][]store.JournalStep{
		"p": {
			{Call: call("A"), Inverse: call("B"), State: store.StepDone, Intended: second(1), Ended: second(2)},
			{Call: call("C"), State: store.StepFailed, Intended: second(2), Ended: second(3), Error: "boom"},
			{Call: call("D"), State: store.StepIntended, Intended: second(3), Error: "no answer"},
			{Call: call("E"), State: store.StepPlanned},
			{Call: call("F"), State: store.StepIntended, Intended: second(3), Ended: second(2)},
			{Call: call("G"), State: store.StepPlanned, Intended: second(2), Ended: second(3)},
		},
		"q": {{Call: call("H"), State: store.StepUndone, Intended: second(1), Ended: second(4)}}, // its end was not written
	}
	got := map[string][]store.JournalStep{}
	err = s.View(t.Context(), func(tx *store.StateTx) error {
		plans, err := tx.OpenPlans(t.Context())
		for _, p := range plans {
			got[p.ID] = p.Steps
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
	// It goes on where it was.
	err = s.Update(t.Context(), func(tx *store.StateTx) error {
		if err := tx.AddPlanSteps(t.Context(), "p", 6, []store.JournalStep{{Call: call("I")}}); err != nil {
			return err
		}
		return tx.SetPlanSteps(t.Context(), "p", 5, 6, store.StepDone, "")
	})
	if err != nil {
		t.Fatal(err)
	}
	err = s.View(t.Context(), func(tx *store.StateTx) error {
		p, err := tx.JournalPlan(t.Context(), "p")
		if err == nil && (len(p.Steps) != 7 || p.Steps[5].State != store.StepDone || p.Steps[6].State != store.StepDone || p.Steps[4].State != store.StepIntended) {
			t.Errorf("steps after it went on: %+v", p.Steps)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
