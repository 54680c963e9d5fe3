package provisioner_test

import (
	"slices"
	"testing"

	"iamscim/provisioner/iamsim"
	"iamscim/provisioner/planner"
	"iamscim/store"
)

// TestMemberGone: who is deleted while they join a group does not keep the others
// from being shown in it.
func TestMemberGone(t *testing.T) {
	t.Parallel()
	l := newWriteLab(t, iamsim.Config{}, lifecycle, func(a *iamsim.Account) {
		staff(a)
		a.AddUser(iamsim.User{Name: "zoe"})
		a.AddUser(iamsim.User{Name: "yan"})
	})
	zoe, yan, dev := l.id("zoe"), l.id("yan"), l.groupID("dev")
	l.p.OnCall(func() func() {
		return func() {
			if !slices.Contains(l.groupsOf("yan"), dev) || !slices.Contains(l.groupsOf("zoe"), dev) {
				return
			}
			_ = l.account.Snapshot.Update(t.Context(), "somebody", func(tx *store.SnapshotTx) error { return tx.DeleteUser(t.Context(), zoe) })
		}
	})
	l.must(l.updateGroup(dev, planner.GroupWish{AddMembers: []string{zoe, yan}}))
	if u := l.user(yan); !slices.Contains(u.Groups, dev) {
		t.Errorf("yan is shown in %v", u.Groups)
	}
}
