package provisioner_test

import (
	"encoding/json"
	"testing"

	"iamscim/provisioner"
	"iamscim/provisioner/iamsim"
	"iamscim/store"
)

// TestAuditActive: the log says whether a change left the user active.
func TestAuditActive(t *testing.T) {
	t.Parallel()
	l := newWriteLab(t, iamsim.Config{}, lifecycle, staff)
	id := l.id("ann")
	want := func(action string, before, after bool) {
		t.Helper()
		var body struct{ Before, After struct{ Active *bool } }
		err := l.account.State.View(t.Context(), func(tx *store.StateTx) error {
			list, err := tx.Audit(t.Context(), 0, 1000)
			for _, e := range list {
				if e.Action == action {
					body.Before.Active, body.After.Active = nil, nil
					if err := json.Unmarshal(e.Body, &body); err != nil {
						return err
					}
				}
			}
			return err
		})
		if err != nil || body.Before.Active == nil || body.After.Active == nil {
			t.Fatalf("%+v, %v", body, err)
		}
		if *body.Before.Active != before || *body.After.Active != after {
			t.Errorf("%s from %v to %v, want from %v to %v", action, *body.Before.Active, *body.After.Active, before, after)
		}
	}
	l.must(l.update(id, provisioner.UserWish{Active: ptr(false)}))
	want("user.deactivate", true, false)
	want("user.update", false, false) // which adopted what was shown
	l.must(l.update(id, provisioner.UserWish{Active: ptr(true)}))
	want("user.update", false, true)
	l.fault(iamsim.Fault{Action: "UpdateAccessKey", Code: "Throttling", Count: -1})
	if _, err := l.update(id, provisioner.UserWish{Active: ptr(false)}); err == nil {
		t.Fatal("it was not throttled")
	}
	want("user.deactivate", true, false) // denied, if not finished
}
