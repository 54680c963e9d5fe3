package provisioner_test

import (
	"strings"
	"testing"

	"iamscim/provisioner"
	"iamscim/provisioner/iamsim"
)

// withBob is withPhone and another user.
func withBob(a *iamsim.Account) {
	withPhone(a)
	a.AddUser(iamsim.User{Name: "bob"})
}

// diedAfter has the process die behind the call of ann's deletion of that action.
func (l *writeLab) diedAfter(action string) {
	l.t.Helper()
	c, err := l.p.DeleteUser(l.t.Context(), everyScope, l.id("ann"), nil, provisioner.Options{DryRun: true})
	if err != nil {
		l.t.Fatal(err)
	}
	n := -1
	for i, s := range c.Plan.Steps {
		if s.Action == action {
			n = i
		}
	}
	l.p.CrashAt(n, "after")
	if _, err := l.delete(l.id("ann")); err == nil {
		l.t.Fatal("it did not crash")
	}
}

// TestDeviceReassigned: the device of a deleted user, which somebody gave to
// another meanwhile, is left to them, and that is the end of it.
func TestDeviceReassigned(t *testing.T) {
	t.Parallel()
	l := newWriteLab(t, iamsim.Config{}, lifecycle, withBob)
	l.diedAfter("DeactivateMFADevice")
	serial, now := l.VirtualDevices()[0].Serial, l.Now()
	l.EditUser("bob", func(u *iamsim.User) { u.MFA = []iamsim.MFADevice{{Serial: serial, Enabled: now}} })
	l.restart(lifecycle)
	l.resume()
	for _, j := range l.open() {
		t.Errorf("still %s: %s", j.State, j.Note)
	}
	if _, there := l.User("ann"); there {
		t.Error("the user was not deleted")
	}
	if bob, _ := l.User("bob"); len(bob.MFA) != 1 || len(l.VirtualDevices()) != 1 {
		t.Errorf("bob has %v of %v", bob.MFA, l.VirtualDevices())
	}
	if body := string(l.lastAudit().Body); !strings.Contains(body, serial) || !strings.Contains(body, "bob") {
		t.Errorf("the audit log says %s", body)
	}
}

// TestDeviceOfGoneUser: somebody else deletes the user before we deleted the
// device that we had taken from them. It would be an orphan.
func TestDeviceOfGoneUser(t *testing.T) {
	t.Parallel()
	l := newWriteLab(t, iamsim.Config{}, lifecycle, withBob)
	l.diedAfter("DeactivateMFADevice")
	l.EditUser("ann", func(u *iamsim.User) { *u = iamsim.User{ID: u.ID, Name: u.Name, Path: u.Path, Created: u.Created} })
	deleteUser(t, l.client(), "ann")
	l.restart(lifecycle)
	l.resume()
	if left := l.VirtualDevices(); len(left) > 0 || len(l.open()) > 0 {
		t.Errorf("devices %v, plans %v", left, l.open())
	}
}
