package provisioner_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"iamscim/provisioner"
	"iamscim/provisioner/awsapi"
	"iamscim/provisioner/iamsim"
	"iamscim/provisioner/planner"
	"iamscim/store"
)

// writeLab is a lab whose role may write. Its account has been observed.
type writeLab struct{ *lab }

func newWriteLab(tb testing.TB, sim iamsim.Config, cfg provisioner.WriteConfig, fill func(*iamsim.Account)) *writeLab {
	tb.Helper()
	l := &writeLab{newLab(tb, sim, fill)}
	id, secret := l.Credentials()
	l.connect(awsapi.Config{RoleARN: l.RoleARN(), AccessKeyID: say(id), SecretAccessKey: say(secret)})
	l.restart(cfg)
	if _, err := l.p.Refresh(tb.Context(), provisioner.RefreshOptions{}); err != nil {
		tb.Fatal(err)
	}
	l.ResetCalls()
	return l
}

// restart makes another provisioner over the same files. A process that seemed to
// die must be dead by then: on a busy machine its request may have ended before it.
func (l *writeLab) restart(cfg provisioner.WriteConfig) {
	l.t.Helper()
	if err := l.p.Drain(l.t.Context()); err != nil {
		l.t.Fatal(err)
	}
	if cfg.Guard.ManagePath == "" {
		cfg.Guard.ManagePath = "/"
	}
	if cfg.Guard.GrantableGroups == nil {
		cfg.Guard.GrantableGroups = []string{"*"}
	}
	l.start(provisioner.Config{Write: cfg, Grantable: []string{"*", denyARN}})
	l.p.Hurry()
	l.t.Cleanup(func() {
		if err := l.p.Drain(l.t.Context()); err != nil && l.t.Context().Err() == nil {
			l.t.Error(err)
		}
	})
}

var everyScope = provisioner.Actor{Credential: "tok", RequestID: "req", Scopes: map[string]bool{
	"write": true, "entitlements": true, "password": true, "admin": true,
}}

func ptr[T any](v T) *T { return &v }

// id finds a user of the snapshot by IAM name.
func (l *writeLab) id(name string) string {
	l.t.Helper()
	return l.find(store.KindUser, "userName", name)
}

func (l *writeLab) groupID(name string) string {
	l.t.Helper()
	return l.find(store.KindGroup, "displayName", name)
}

func (l *writeLab) find(kind store.Kind, attribute store.Path, name string) string {
	l.t.Helper()
	var ids []string
	err := l.account.Snapshot.View(l.t.Context(), func(tx *store.SnapshotTx) error {
		r, err := tx.Select(l.t.Context(), kind, store.Query{Where: store.Compare{Path: attribute, Op: store.Eq, Value: name}})
		if err == nil {
			ids = r.IDs
		}
		return err
	})
	if err != nil || len(ids) != 1 {
		l.t.Fatalf("%s %q: found %v, %v", kind, name, ids, err)
	}
	return ids[0]
}

// user reads a user of the snapshot.
func (l *writeLab) user(id string) *store.User {
	l.t.Helper()
	var u *store.User
	err := l.account.Snapshot.View(l.t.Context(), func(tx *store.SnapshotTx) error {
		list, err := tx.Users(l.t.Context(), id)
		if err == nil && len(list) == 1 {
			u = list[0]
		}
		return err
	})
	if err != nil {
		l.t.Fatal(err)
	}
	return u
}

func (l *writeLab) create(w planner.UserWish) (*provisioner.Change, error) {
	return l.p.CreateUser(l.t.Context(), everyScope, w, provisioner.Options{})
}

func (l *writeLab) update(id string, w planner.UserWish) (*provisioner.Change, error) {
	return l.p.UpdateUser(l.t.Context(), everyScope, id, func(*store.User) (planner.UserWish, error) { return w, nil }, provisioner.Options{})
}

func (l *writeLab) delete(id string) (*provisioner.Change, error) {
	return l.p.DeleteUser(l.t.Context(), everyScope, id, nil, provisioner.Options{})
}

func (l *writeLab) updateGroup(id string, w planner.GroupWish) (*provisioner.Change, error) {
	return l.p.UpdateGroup(l.t.Context(), everyScope, id, func(*store.Group) (planner.GroupWish, error) { return w, nil }, provisioner.Options{})
}

// must ends the test on an error.
func (l *writeLab) must(c *provisioner.Change, err error) *provisioner.Change {
	l.t.Helper()
	if err != nil {
		l.t.Fatal(err)
	}
	return c
}

// calls lists the calls since the last time: those that change something in
// order, with their parameters, and how many of the others.
func (l *writeLab) calls() (writes []string, reads map[string]int) {
	reads = map[string]int{}
	for _, c := range l.Journal() {
		if isRead(c.Action) {
			reads[c.Action]++
			continue
		}
		var params []string
		for k, v := range c.Params {
			if !strings.HasPrefix(k, "Tags.") && k != "PolicyDocument" {
				params = append(params, k+"="+v[0])
			}
		}
		slices.Sort(params)
		text := c.Action + " " + strings.Join(params, " ")
		if c.Code != "" {
			text += " " + c.Code
		}
		writes = append(writes, strings.TrimSpace(text))
	}
	l.ResetCalls()
	return writes, reads
}

func isRead(action string) bool {
	for _, p := range []string{"Get", "List", "Simulate", "Generate", "Assume"} {
		if strings.HasPrefix(action, p) {
			return true
		}
	}
	return false
}

// settled checks that a fresh observation finds nothing that the snapshot does
// not know: what was written through is what IAM says.
func (l *writeLab) settled() {
	l.t.Helper()
	report, err := l.p.Refresh(l.t.Context(), provisioner.RefreshOptions{})
	if err != nil {
		l.t.Fatal(err)
	}
	// Which policies of AWS are shown depends on their being in use.
	if changes := l.lastChanges(report); changes != "" {
		l.t.Errorf("an observation differs from what was written through: %v", changes)
	}
	var open []*store.JournalPlan
	err = l.account.State.View(l.t.Context(), func(tx *store.StateTx) (err error) {
		open, err = tx.OpenPlans(l.t.Context())
		return err
	})
	if err != nil {
		l.t.Fatal(err)
	}
	for _, j := range open {
		l.t.Errorf("plan %s of kind %s is still %s: %s", j.ID, j.Kind, j.State, j.Note)
	}
	l.ResetCalls()
}

func (l *writeLab) lastChanges(r *provisioner.Report) string {
	var b strings.Builder
	for _, ref := range r.Outcome.Commit.Changed {
		if ref.Kind == store.KindPolicy {
			continue
		}
		fmt.Fprintf(&b, "%s %s ", ref.Kind, ref.ID)
		if ref.Kind == store.KindUser {
			fmt.Fprintf(&b, "%+v ", l.user(ref.ID))
		}
	}
	return b.String()
}

// resume takes up what is due: what may show late is looked for once more when
// it must show.
func (l *writeLab) resume() {
	l.t.Helper()
	if err := l.p.Resume(l.t.Context()); err != nil {
		l.t.Fatal(err)
	}
}

// afterWindow moves the clock past the consistency window.
func (l *writeLab) afterWindow() { l.Advance(provisionerWindow) }

const provisionerWindow = 3 * 60 * 1e9

func wantDenied(t *testing.T, err error, rule string) {
	t.Helper()
	var d *planner.DeniedError
	if !errors.As(err, &d) || d.Rule != rule {
		t.Errorf("got %v, want a refusal by rule %q", err, rule)
	}
}
