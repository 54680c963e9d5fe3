package provisioner_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"iamscim/provisioner"
	"iamscim/provisioner/iamsim"
	"iamscim/provisioner/planner"
	"iamscim/store"
)

// inState counts how often text is in the state file and in the log beside it.
func (l *writeLab) inState(text string) (n int) {
	l.t.Helper()
	for _, suffix := range []string{"", "-wal"} {
		content, err := os.ReadFile(filepath.Join(l.dir, l.ID()+".state.db"+suffix))
		if err != nil {
			l.t.Fatal(err)
		}
		n += bytes.Count(content, []byte(text))
	}
	return n
}

// TestErasedFromState: once a user is deleted, what was written to their tags and
// kept for them is not in the state file any more, nor in its log, whether the
// changes before succeeded, were undone, or could not be.
func TestErasedFromState(t *testing.T) {
	t.Parallel()
	cfg := lifecycle
	cfg.TagAttributes = []string{"email"}
	l := newWriteLab(t, iamsim.Config{}, cfg, staff)
	ann := func(n string) *store.Person {
		return &store.Person{Title: n + ".private.example", Emails: []store.MultiValue{{Value: n + "@private.example"}}}
	}
	c := l.must(l.create(planner.UserWish{UserName: ptr("new"), Person: ann("one")}))
	l.must(l.update(c.ID, planner.UserWish{Person: ann("two")}))
	refused := func(n, outcome string) {
		t.Helper()
		if _, err := l.update(c.ID, planner.UserWish{UserName: ptr("newer"), Person: ann(n)}); err == nil || l.lastOutcome() != outcome {
			t.Fatalf("%s: got %v, %s", n, err, l.lastOutcome())
		}
	}
	l.fault(iamsim.Fault{Action: "UpdateUser", Code: "LimitExceeded", Count: -1})
	refused("three", "undone")
	l.fault(iamsim.Fault{Action: "TagUser", Code: "DeleteConflict", Nth: 2, Count: -1})
	refused("four", "partly-undone")
	l.ClearFaults()
	if l.inState("private.example") == 0 {
		t.Error("nothing is remembered of a user who is there")
	}
	l.must(l.delete(c.ID))
	if n := l.inState("private.example"); n > 0 {
		t.Errorf("personal data is left in %d places", n)
	}
}

// TestTidy: of changes that are over, what tells of their requests goes after an
// hour, and the rest after thirty days.
func TestTidy(t *testing.T) {
	t.Parallel()
	cfg := lifecycle
	cfg.TagAttributes = []string{"email"}
	l := newWriteLab(t, iamsim.Config{}, cfg, staff)
	write := func(email string) (planID string) {
		t.Helper()
		name, _, _ := strings.Cut(email, "@")
		w := planner.UserWish{UserName: &name, Person: &store.Person{Emails: []store.MultiValue{{Value: email}}}}
		l.sentAway("CreateUser", func(ctx context.Context, opt provisioner.Options) error {
			opt.Digest = email
			_, err := l.p.CreateUser(ctx, everyScope, w, opt)
			return err
		})
		err := l.account.State.View(t.Context(), func(tx *store.StateTx) error {
			list, err := tx.UnclaimedPlans(t.Context(), planner.KindCreateUser, l.Now().Add(-time.Minute))
			if err == nil && len(list) == 1 {
				planID = list[0].ID
			}
			return err
		})
		if err != nil || planID == "" {
			t.Fatalf("no plan of %s: %v", email, err)
		}
		return planID
	}
	tidy := func() {
		t.Helper()
		if err := l.p.Tidy(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	digest := func(planID string) (digest string, err error) {
		err = l.account.State.View(t.Context(), func(tx *store.StateTx) error {
			p, err := tx.JournalPlan(t.Context(), planID)
			if err == nil {
				digest = p.Digest
			}
			return err
		})
		return digest, err
	}
	old := write("old@private.example")
	l.Advance(50 * time.Minute)
	tidy()
	if d, err := digest(old); err != nil || d == "" {
		t.Errorf("after 50 minutes: %q, %v", d, err)
	}
	young := write("new@private.example")
	l.must(l.update(l.id("old"), planner.UserWish{Person: &store.Person{}}))
	l.Advance(20 * time.Minute)
	tidy()
	if d, err := digest(old); err != nil || d != "" {
		t.Errorf("after 70 minutes: %q, %v", d, err)
	}
	if d, err := digest(young); err != nil || d == "" {
		t.Errorf("after 20 minutes: %q, %v", d, err)
	}
	if n := l.inState("old@private.example"); n > 0 {
		t.Errorf("the old address is left in %d places", n)
	}
	l.Advance(30 * 24 * time.Hour)
	tidy()
	for _, planID := range []string{old, young} {
		if _, err := digest(planID); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("after 30 days: %v", err)
		}
	}
}
