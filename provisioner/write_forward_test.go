package provisioner_test

import (
	"fmt"
	"testing"

	"iamscim/provisioner/iamsim"
)

// withPhone is staff whose Ann has a virtual second factor.
func withPhone(a *iamsim.Account) {
	staff(a)
	phone := a.AddVirtualDevice("ann-phone")
	at := a.Now()
	a.EditUser("ann", func(u *iamsim.User) { u.MFA = append(u.MFA, iamsim.MFADevice{Serial: phone, Enabled: at}) })
}

func (l *writeLab) wantNothingOf(name string) {
	l.t.Helper()
	if u, ok := l.User(name); ok {
		l.t.Errorf("not deleted: %+v", u)
	}
	for _, d := range l.VirtualDevices() {
		l.t.Errorf("orphaned: %s", d.Serial)
	}
	l.afterWindow()
	l.settled()
}

// TestCrashWhileDeleting: the process that goes on with a deletion dies as well,
// at its first call.
func TestCrashWhileDeleting(t *testing.T) {
	t.Parallel()
	const calls = 14
	for n := range calls {
		for _, point := range []string{"before", "after"} {
			t.Run(fmt.Sprintf("%d/%s", n, point), func(t *testing.T) {
				t.Parallel()
				l := newWriteLab(t, iamsim.Config{}, lifecycle, withPhone)
				l.p.CrashAt(n, point)
				if _, err := l.delete(l.id("ann")); err == nil {
					t.Fatal("it did not crash")
				}
				l.restart(lifecycle)
				l.p.CrashAt(0, point)
				if err := l.p.Resume(t.Context()); err != nil {
					t.Fatal(err)
				}
				l.restart(lifecycle)
				if err := l.p.Resume(t.Context()); err != nil {
					t.Fatal(err)
				}
				l.wantNothingOf("ann")
			})
		}
	}
}

// TestDeviceIsNotForgotten: a virtual device that was taken from its user and
// could not be deleted is named by nothing but the plan.
func TestDeviceIsNotForgotten(t *testing.T) {
	t.Parallel()
	l := newWriteLab(t, iamsim.Config{}, lifecycle, withPhone)
	if err := l.Fault(iamsim.Fault{Action: "DeleteVirtualMFADevice", Code: "Throttling", Count: -1}); err != nil {
		t.Fatal(err)
	}
	if _, err := l.delete(l.id("ann")); err == nil {
		t.Fatal("deleted")
	}
	l.ClearFaults()
	l.Advance(40e9)
	if err := l.p.Resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	l.wantNothingOf("ann")
}
