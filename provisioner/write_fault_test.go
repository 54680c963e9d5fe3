package provisioner_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"iamscim/provisioner"
	"iamscim/provisioner/iamsim"
	"iamscim/provisioner/planner"
	"iamscim/store"
)

// scenario is one change of each kind of plan.
type scenario struct {
	name    string
	actions []string // every call that changes something, in order
	forward bool
	run     func(l *writeLab) error
	// done reports whether the change took effect in IAM.
	done func(l *writeLab) bool
}

func scenarios() []scenario {
	return []scenario{
		{"create user", []string{"CreateUser", "AttachUserPolicy", "AddUserToGroup", "CreateLoginProfile"}, false, func(l *writeLab) error {
			_, err := l.create(planner.UserWish{
				UserName: ptr("new"), Entitlements: &[]string{readARN}, Groups: &[]string{l.groupID("dev")}, Password: ptr("Secret-1234"),
			})
			return err
		}, func(l *writeLab) bool { u, ok := l.User("new"); return ok && u.Login != nil }},
		{"update user", []string{"DetachUserPolicy", "AttachUserPolicy", "RemoveUserFromGroup", "AddUserToGroup", "UpdateUser"}, false, func(l *writeLab) error {
			_, err := l.update(l.id("ann"), planner.UserWish{
				UserName: ptr("anna"), Entitlements: &[]string{auditARN}, Groups: &[]string{l.groupID("ops")}, Person: &store.Person{Title: "CTO"},
			})
			return err
		}, func(l *writeLab) bool { _, ok := l.User("anna"); return ok }},
		{"deactivate user", []string{"AttachUserPolicy", "UpdateAccessKey", "UpdateSSHPublicKey", "UpdateServiceSpecificCredential"}, true, func(l *writeLab) error {
			_, err := l.update(l.id("ann"), planner.UserWish{Active: ptr(false)})
			return err
		}, func(l *writeLab) bool {
			u, _ := l.User("ann")
			return u.Credentials[0].Status == "Inactive" && u.SSHKeys[0].Status == "Inactive" && u.Keys[0].Status == "Inactive" && len(u.Attached)+len(u.Inline) == 3
		}},
		{"delete user", []string{
			"AttachUserPolicy", "UpdateAccessKey", "UpdateSSHPublicKey", "UpdateServiceSpecificCredential", "DeleteLoginProfile", "DeleteAccessKey",
			"DeleteServiceSpecificCredential", "DeleteSSHPublicKey", "RemoveUserFromGroup", "DeleteUserPolicy", "DetachUserPolicy", "DeleteUser",
		}, true, func(l *writeLab) error {
			_, err := l.delete(l.id("ann"))
			return err
		}, func(l *writeLab) bool { _, ok := l.User("ann"); return !ok }},
		{"create group", []string{"CreateGroup", "AttachGroupPolicy", "AddUserToGroup"}, false, func(l *writeLab) error {
			_, err := l.p.CreateGroup(l.t.Context(), everyScope, planner.GroupWish{
				DisplayName: ptr("new"), ExternalID: ptr("x"), Members: &[]string{l.id("ann")}, Policies: &[]string{readARN},
			}, provisioner.Options{})
			return err
		}, func(l *writeLab) bool { return len(l.groupsOf("ann")) == 2 }},
		{"update group", []string{"DetachGroupPolicy", "AddUserToGroup", "UpdateGroup"}, false, func(l *writeLab) error {
			_, err := l.updateGroup(l.groupID("ops"), planner.GroupWish{
				DisplayName: ptr("operations"), Policies: &[]string{}, AddMembers: []string{l.id("ann")},
			})
			return err
		}, func(l *writeLab) bool { return len(l.groupsOf("ann")) == 2 }},
		{"delete group", []string{"RemoveUserFromGroup", "DeleteGroup"}, true, func(l *writeLab) error {
			_, err := l.p.DeleteGroup(l.t.Context(), everyScope, l.groupID("dev"), nil, provisioner.Options{})
			return err
		}, func(l *writeLab) bool { return len(l.groupsOf("ann")) == 0 }},
	}
}

const auditARN = "arn:aws:iam::aws:policy/SecurityAudit"

func (l *writeLab) groupsOf(name string) []string {
	u, _ := l.User(name)
	return u.Groups
}

// picture is the account as it really is, but for what merely ages.
func (l *writeLab) picture() string {
	l.t.Helper()
	var all []any
	for _, name := range []string{"ann", "anna", "new", "bootstrap"} {
		if u, ok := l.User(name); ok {
			all = append(all, u)
		}
	}
	for _, name := range []string{"dev", "ops", "new", "operations"} {
		if g, ok := l.Group(name); ok {
			all = append(all, g)
		}
	}
	text, err := json.MarshalIndent(all, "", " ")
	if err != nil {
		l.t.Fatal(err)
	}
	return string(text)
}

var lifecycle = provisioner.WriteConfig{Passwords: true, GroupsViaUsers: true}

// TestFaults lets every call of every kind of plan fail with every kind of
// error. The account is then as it was, or as it should be.
func TestFaults(t *testing.T) {
	t.Parallel()
	faults := map[string]iamsim.Fault{
		"denied":      {Code: "AccessDenied", Count: -1},
		"limit":       {Code: "LimitExceeded", Count: -1},
		"invalid":     {Code: "ValidationError", Count: -1},
		"conflict":    {Code: "ConcurrentModification", Count: 2},
		"throttled":   {Code: "Throttling", Count: 1},
		"unavailable": {Code: "ServiceFailure", Count: 1},
		"lost":        {Kind: iamsim.FaultDrop, After: true, Count: 1},
	}
	passing := map[string]bool{"conflict": true, "throttled": true, "unavailable": true, "lost": true}
	everywhere := map[string]bool{"denied": true, "conflict": true, "lost": true}
	for _, s := range scenarios() {
		for i, action := range s.actions {
			for kind, fault := range faults {
				// The other kinds are treated like one of these, step by step.
				if !everywhere[kind] && i > 0 && i < len(s.actions)-1 {
					continue
				}
				t.Run(fmt.Sprintf("%s/%s/%s", s.name, action, kind), func(t *testing.T) {
					t.Parallel()
					l := newWriteLab(t, iamsim.Config{}, lifecycle, staff)
					before := l.picture()
					fault.Action = action
					if err := l.Fault(fault); err != nil {
						t.Fatal(err)
					}
					err := s.run(l)
					l.ClearFaults()
					switch {
					case passing[kind]:
						if err != nil || !s.done(l) {
							t.Errorf("it would have passed: %v", err)
						}
						l.afterWindow()
						l.settled()
					case s.forward:
						l.wantForward(t, s, err)
					default:
						wantKind(t, kind, err)
						diff := cmp.Diff(before, l.picture())
						// The fault may also be in the way of undoing an earlier step.
						if told := l.lastOutcome(); (told == "undone") != (diff == "") {
							t.Errorf("the audit log says %q (-want +got):\n%s", told, diff)
						}
						l.afterWindow()
						l.settled()
					}
				})
			}
		}
	}
}

// wantForward: a plan that only rolls forward is done, was refused before it
// did anything, or is done when it is tried again.
func (l *writeLab) wantForward(t *testing.T, s scenario, err error) {
	t.Helper()
	if err == nil {
		return
	}
	open := l.open()
	if len(open) == 0 {
		return
	}
	l.Advance(40e9)
	if err := l.p.Resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !s.done(l) {
		t.Errorf("it was not finished later; first: %v", err)
	}
	l.afterWindow()
	l.settled()
}

// lastOutcome is how the last change ended, by the audit log.
func (l *writeLab) lastOutcome() string {
	l.t.Helper()
	var outcome string
	err := l.account.State.View(l.t.Context(), func(tx *store.StateTx) error {
		list, err := tx.Audit(l.t.Context(), 0, 1000)
		if len(list) > 0 {
			outcome = list[len(list)-1].Outcome
		}
		return err
	})
	if err != nil {
		l.t.Fatal(err)
	}
	return outcome
}

func (l *writeLab) open() (open []*store.JournalPlan) {
	l.t.Helper()
	err := l.account.State.View(l.t.Context(), func(tx *store.StateTx) (err error) {
		open, err = tx.OpenPlans(l.t.Context())
		return err
	})
	if err != nil {
		l.t.Fatal(err)
	}
	return open
}

func wantKind(t *testing.T, kind string, err error) {
	t.Helper()
	var denied *planner.DeniedError
	var invalid *planner.InvalidError
	switch kind {
	case "denied":
		if !errors.As(err, &denied) || denied.Rule != planner.RuleAWS || denied.Action == "" || denied.Resource == "" {
			t.Errorf("got %v", err)
		}
	default:
		if !errors.As(err, &invalid) || invalid.Attribute == "" {
			t.Errorf("got %v", err)
		}
	}
}

// TestCrash lets the process die before and after each call of each kind of
// plan; the next one undoes it or finishes it.
func TestCrash(t *testing.T) {
	t.Parallel()
	for _, s := range scenarios() {
		for n := range s.actions {
			for _, point := range []string{"before", "after"} {
				t.Run(fmt.Sprintf("%s/%d/%s", s.name, n, point), func(t *testing.T) {
					t.Parallel()
					l := newWriteLab(t, iamsim.Config{}, lifecycle, staff)
					before := l.picture()
					l.p.CrashAt(n, point)
					if err := s.run(l); err == nil {
						t.Fatal("it did not crash")
					}
					l.restart(lifecycle)
					if err := l.p.Resume(t.Context()); err != nil {
						t.Fatal(err)
					}
					if s.forward {
						if !s.done(l) {
							t.Errorf("not finished: %s", l.picture())
						}
					} else if diff := cmp.Diff(before, l.picture()); diff != "" {
						t.Errorf("not undone (-want +got):\n%s", diff)
					}
					l.afterWindow()
					l.resume()
					l.settled()
				})
			}
		}
	}
}

// TestOldPlans: what was left too long ago is for an operator to decide.
func TestOldPlans(t *testing.T) {
	t.Parallel()
	l := newWriteLab(t, iamsim.Config{}, lifecycle, staff)
	id := l.id("ann")
	l.p.CrashAt(1, "before")
	if _, err := l.update(id, planner.UserWish{Active: ptr(false)}); err == nil {
		t.Fatal("it did not crash")
	}
	l.Advance(2 * 3600 * 1e9)
	l.restart(lifecycle)
	if err := l.p.Resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	open := l.open()
	if len(open) != 1 || open[0].State != store.PlanWaiting {
		t.Fatalf("open plans: %+v", open)
	}
	var pending *provisioner.PendingError
	if _, err := l.update(id, planner.UserWish{Active: ptr(true)}); !errors.As(err, &pending) || pending.PlanID != open[0].ID || pending.Reason == "" {
		t.Errorf("a write to its object: got %v, %+v", err, pending)
	}
	if err := l.p.ReleasePlan(t.Context(), open[0].ID); err != nil {
		t.Fatal(err)
	}
	if u, _ := l.User("ann"); u.Keys[0].Status != "Inactive" {
		t.Errorf("not finished: %+v", u.Keys)
	}
	l.settled()
}
