package provisioner_test

import (
	"encoding/json"
	"strings"
	"testing"

	"iamscim/provisioner/iamsim"
	"iamscim/provisioner/planner"
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
	l.must(l.update(id, planner.UserWish{Active: ptr(false)}))
	want("user.deactivate", true, false)
	want("user.update", false, false) // which adopted what was shown
	l.must(l.update(id, planner.UserWish{Active: ptr(true)}))
	want("user.update", false, true)
	l.fault(iamsim.Fault{Action: "UpdateAccessKey", Code: "Throttling", Count: -1})
	if _, err := l.update(id, planner.UserWish{Active: ptr(false)}); err == nil {
		t.Fatal("it was not throttled")
	}
	want("user.deactivate", true, false) // denied, if not finished
}

// TestAuditHoldsNobody: the log cannot be erased, so what is written to tags of a
// person is not in it, whether it works or not.
func TestAuditHoldsNobody(t *testing.T) {
	t.Parallel()
	cfg := lifecycle
	cfg.TagAttributes = []string{"email"}
	l := newWriteLab(t, iamsim.Config{}, cfg, staff)
	ann := func(n string) *store.Person {
		return &store.Person{Emails: []store.MultiValue{{Value: n + "@private.example"}}}
	}
	c := l.must(l.create(planner.UserWish{UserName: ptr("new"), Person: ann("one")}))
	l.must(l.update(c.ID, planner.UserWish{Person: ann("two")}))
	l.fault(iamsim.Fault{Action: "TagUser", Code: "AccessDenied", Count: -1})
	_, err := l.update(c.ID, planner.UserWish{Person: ann("three")})
	wantDenied(t, err, planner.RuleAWS)
	l.fault(iamsim.Fault{Action: "CreateUser", Code: "LimitExceeded", Count: -1})
	_, ferr := l.create(planner.UserWish{UserName: ptr("newer"), Person: ann("four")})
	var all strings.Builder
	viewErr := l.account.State.View(t.Context(), func(tx *store.StateTx) error {
		list, err := tx.Audit(t.Context(), 0, 1000)
		for _, e := range list {
			all.Write(e.Body)
		}
		return err
	})
	if viewErr != nil || ferr == nil {
		t.Fatal(viewErr, ferr)
	}
	for _, text := range []string{all.String(), err.Error(), ferr.Error()} {
		if strings.Contains(text, "private.example") {
			t.Error(text)
		}
	}
	if !strings.Contains(all.String(), "tag=email") || !strings.Contains(all.String(), "tag=iamscim:managed=") {
		t.Errorf("the calls are not told: %s", all.String())
	}
}
