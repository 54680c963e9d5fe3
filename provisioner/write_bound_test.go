package provisioner_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam"

	"iamscim/provisioner"
	"iamscim/provisioner/iamsim"
	"iamscim/provisioner/planner"
	"iamscim/store"
)

// TestBoundAgain: somebody removes the boundary that we set a moment ago. Who is
// asked to set it again does so, and an undoing leaves it; who may not set it, and
// only writes back what they were shown, changes nothing.
func TestBoundAgain(t *testing.T) {
	t.Parallel()
	l := newWriteLab(t, iamsim.Config{}, lifecycle, staff)
	ann, bound := l.id("ann"), planner.UserWish{Boundary: ptr(readARN)}
	unbind := func() {
		t.Helper()
		_, err := l.client().DeleteUserPermissionsBoundary(t.Context(), &iam.DeleteUserPermissionsBoundaryInput{UserName: ptr("ann")})
		if err != nil {
			t.Fatal(err)
		}
		l.calls()
	}
	const set = "PutUserPermissionsBoundary PermissionsBoundary=" + readARN + " UserName=ann"
	l.must(l.update(ann, bound))
	l.wantCalls(set)
	l.must(l.update(ann, bound)) // so already, and IAM shows it
	l.wantCalls()
	unbind()
	limited := provisioner.Actor{Credential: "limited", Scopes: map[string]bool{"write": true, "entitlements": true}}
	l.must(l.p.UpdateUser(t.Context(), limited, ann, func(*store.User) (planner.UserWish, error) { return bound, nil }, provisioner.Options{}))
	l.wantCalls()
	l.must(l.update(ann, bound))
	l.wantCalls(set)
	unbind()
	l.fault(iamsim.Fault{Action: "UpdateUser", Code: "AccessDenied"})
	if _, err := l.update(ann, planner.UserWish{Boundary: ptr(readARN), UserName: ptr("renamed")}); err == nil {
		t.Error("it did not fail")
	}
	if u, _ := l.User("ann"); u.Boundary != readARN {
		t.Errorf("the undoing took the boundary away: %q", u.Boundary)
	}
	l.afterWindow()
	l.settled()
}
