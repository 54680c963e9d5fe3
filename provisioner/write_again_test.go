package provisioner_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"iamscim/provisioner"
	"iamscim/provisioner/iamsim"
	"iamscim/provisioner/planner"
	"iamscim/store"
)

// TestTakenAgain: somebody gives back what we took a moment ago. Who is asked to
// take it again does so, although our own write is younger than IAM's consistency.
func TestTakenAgain(t *testing.T) {
	t.Parallel()
	for _, a := range accesses() {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			l := newWriteLab(t, iamsim.Config{}, lifecycle, staff)
			a.must(l, false)
			l.wantCalls(a.taken)
			a.must(l, false) // so already, and IAM shows it
			l.wantCalls()
			a.byOthers(l, true)
			a.must(l, false)
			l.wantCalls(a.taken)
			if a.has(l) {
				t.Error("who left has it still")
			}
			l.afterWindow()
			l.settled()
		})
	}
}

// TestTakenAgainInVain: the rest of the change is refused. What somebody gave back
// is not given back a second time by undoing: that nobody had it is what we knew.
func TestTakenAgainInVain(t *testing.T) {
	t.Parallel()
	for _, a := range accesses() {
		for _, late := range []bool{false, true} {
			name := a.name + "/given back"
			if late {
				name = a.name + "/shown late"
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				l := newWriteLab(t, iamsim.Config{}, lifecycle, staff)
				if late {
					if err := l.SetDelay(strings.Fields(a.taken)[0], 45*time.Second); err != nil {
						t.Fatal(err)
					}
				}
				a.must(l, false)
				if !late {
					a.byOthers(l, true)
				}
				l.calls()
				l.fault(iamsim.Fault{Action: a.rename, Code: "AccessDenied"})
				err := a.change(l, false, true)
				var denied *planner.DeniedError
				if !errors.As(err, &denied) {
					t.Errorf("got %v", err)
				}
				writes, _ := l.calls()
				if len(writes) != 2 || !strings.HasPrefix(writes[0], a.taken) {
					t.Errorf("calls %v", writes)
				}
				var partial *provisioner.PartialError
				if !strings.Contains(writes[0], "NoSuchEntity") && (!errors.As(err, &partial) || len(partial.Left) != 1) {
					t.Errorf("what stays is not told: %v", err)
				}
				l.ClearFaults()
				for range 5 {
					l.Advance(40 * time.Second)
					l.resume()
				}
				l.unchanged()
				if a.has(l) {
					t.Error("the undoing gave it back")
				}
				l.settled()
			})
		}
	}
}

// TestTakenAgainLate: IAM does not show yet what we took. Taking it again costs a
// call that harms nobody.
func TestTakenAgainLate(t *testing.T) {
	t.Parallel()
	for _, a := range accesses() {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			l := newWriteLab(t, iamsim.Config{}, lifecycle, staff)
			if err := l.SetDelay(strings.Fields(a.taken)[0], 45*time.Second); err != nil {
				t.Fatal(err)
			}
			a.must(l, false)
			l.calls()
			a.must(l, false)
			if writes, _ := l.calls(); len(writes) != 1 || !strings.HasPrefix(writes[0], a.taken) {
				t.Errorf("calls %v", writes)
			}
			l.afterWindow()
			if a.has(l) {
				t.Error("it was not taken")
			}
			l.settled()
		})
	}
}

// TestGivenAgain is the reverse: what we gave a moment ago is given again if IAM
// does not show it, and then not taken by undoing.
func TestGivenAgain(t *testing.T) {
	t.Parallel()
	for _, a := range accesses() {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			l := newWriteLab(t, iamsim.Config{}, lifecycle, staff)
			a.byOthers(l, false)
			a.must(l, true)
			l.wantCalls(a.given)
			a.must(l, true)
			l.wantCalls()
			a.byOthers(l, false)
			a.must(l, true)
			l.wantCalls(a.given)
			a.byOthers(l, false)
			l.fault(iamsim.Fault{Action: a.rename, Code: "AccessDenied"})
			if err := a.change(l, true, true); err == nil {
				t.Error("it did not fail")
			}
			if writes, _ := l.calls(); len(writes) != 2 || writes[0] != a.given || !a.has(l) {
				t.Errorf("calls %v, has it: %v", writes, a.has(l))
			}
			l.afterWindow()
			l.settled()
		})
	}
}

// TestDeletedAgain: a deletion removes what IAM shows, also what we removed.
func TestDeletedAgain(t *testing.T) {
	t.Parallel()
	for _, a := range accesses() {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			l := newWriteLab(t, iamsim.Config{}, lifecycle, staff)
			a.must(l, false)
			a.byOthers(l, true)
			var err error
			switch a.name {
			case "a policy of a group":
				_, err = l.p.DeleteGroup(t.Context(), everyScope, l.groupID("ops"), nil, provisioner.Options{})
			case "a member", "all members":
				_, err = l.p.DeleteGroup(t.Context(), everyScope, l.groupID("dev"), nil, provisioner.Options{})
			default:
				_, err = l.delete(l.id("ann"))
			}
			writes, _ := l.calls()
			if err != nil || !slices.Contains(writes, a.taken) || strings.Contains(strings.Join(writes, " "), "DeleteConflict") {
				t.Errorf("got %v, calls %v", err, writes)
			}
			l.afterWindow()
			l.settled()
		})
	}
}

// TestWrittenBackLate: a client that may not change policies writes back what it
// was shown. That IAM shows late what another took or gave is none of its wishes.
func TestWrittenBackLate(t *testing.T) {
	t.Parallel()
	l := newWriteLab(t, iamsim.Config{}, lifecycle, staff)
	if err := l.SetDelay("*", 45*time.Second); err != nil {
		t.Fatal(err)
	}
	ann, ops, dev := l.id("ann"), l.groupID("ops"), l.groupID("dev")
	l.must(l.update(ann, planner.UserWish{Entitlements: &[]string{}}))
	l.must(l.updateGroup(ops, planner.GroupWish{Policies: &[]string{}}))
	l.must(l.updateGroup(dev, planner.GroupWish{Policies: &[]string{readARN}}))
	l.calls()
	only := provisioner.Actor{Credential: "only", Scopes: map[string]bool{"write": true}}
	_, err := l.p.UpdateUser(t.Context(), only, ann, func(*store.User) (planner.UserWish, error) {
		return planner.UserWish{Entitlements: &[]string{}}, nil
	}, provisioner.Options{})
	for group, policies := range map[string][]string{ops: {}, dev: {readARN}} {
		_, gerr := l.p.UpdateGroup(t.Context(), only, group, func(*store.Group) (planner.GroupWish, error) {
			return planner.GroupWish{Policies: &policies}, nil
		}, provisioner.Options{})
		err = errors.Join(err, gerr)
	}
	if err != nil {
		t.Error(err)
	}
	l.unchanged()
}

// TestTakenByOthersInVain: somebody took what we gave a moment ago. Whoever is
// asked to take it, and has to undo that, does not give it back, whether or not the
// call was made.
func TestTakenByOthersInVain(t *testing.T) {
	t.Parallel()
	for _, a := range accesses() {
		for _, end := range []string{"refused", "died"} {
			t.Run(a.name+"/"+end, func(t *testing.T) {
				t.Parallel()
				l := newWriteLab(t, iamsim.Config{}, lifecycle, staff)
				a.byOthers(l, false)
				a.must(l, true)
				a.byOthers(l, false)
				if end == "died" {
					l.p.CrashAt(0, "before")
				} else {
					l.fault(iamsim.Fault{Action: a.rename, Code: "AccessDenied"})
				}
				if err := a.change(l, false, true); err == nil {
					t.Error("it did not fail")
				}
				l.ClearFaults()
				l.restart(lifecycle)
				for range 5 {
					l.Advance(40 * time.Second)
					l.resume()
				}
				if a.has(l) {
					t.Error("the undoing gave it back")
				}
				if _, err := l.p.Refresh(t.Context(), provisioner.RefreshOptions{}); err != nil { // what others did
					t.Fatal(err)
				}
				l.settled()
			})
		}
	}
}

// TestPatchedListGivesNothingBack: we gave something a moment ago and somebody took
// it away. A PATCH of the list that is about something else does not give it again.
func TestPatchedListGivesNothingBack(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		access
		change func(*writeLab) error
		calls  string
	}{
		"a group": {
			accesses()[2], func(l *writeLab) error {
				_, err := l.update(l.id("ann"), planner.UserWish{Groups: &[]string{l.groupID("dev"), l.groupID("ops")}, Patched: true})
				return err
			}, "AddUserToGroup GroupName=ops UserName=ann",
		},
		"an entitlement": {
			accesses()[3], func(l *writeLab) error {
				_, err := l.update(l.id("ann"), planner.UserWish{Entitlements: &[]string{readARN, auditARN}, Patched: true})
				return err
			}, "AttachUserPolicy PolicyArn=" + auditARN + " UserName=ann",
		},
		"a policy of a group": {
			accesses()[4], func(l *writeLab) error {
				_, err := l.updateGroup(l.groupID("ops"), planner.GroupWish{Policies: &[]string{readARN, auditARN}, Patched: true})
				return err
			}, "AttachGroupPolicy GroupName=ops PolicyArn=" + auditARN,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newWriteLab(t, iamsim.Config{}, lifecycle, staff)
			c.byOthers(l, false)
			c.must(l, true)
			c.byOthers(l, false)
			l.calls()
			if err := c.change(l); err != nil {
				t.Fatal(err)
			}
			l.wantCalls(c.calls)
			if c.has(l) {
				t.Error("what somebody took away was given back")
			}
			l.settled()
		})
	}
}
