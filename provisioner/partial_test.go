package provisioner_test

import (
	"errors"
	"slices"
	"testing"

	"iamscim/provisioner"
	"iamscim/provisioner/iamsim"
	"iamscim/provisioner/planner"
	"iamscim/store"
)

// TestPartial: an answer says what is not as it was.
func TestPartial(t *testing.T) {
	t.Parallel()
	detach := "iam:DetachUserPolicy user=ann policy=" + readARN
	deny := "iam:AttachUserPolicy user=ann policy=" + denyARN
	swap := planner.UserWish{Entitlements: &[]string{auditARN}}
	cases := map[string]struct {
		fault iamsim.Fault
		wish  planner.UserWish
		left  []string
		goes  bool
	}{
		"nothing":          {iamsim.Fault{Action: "AttachUserPolicy", Code: "AccessDenied"}, swap, nil, false},
		"not undone":       {iamsim.Fault{Action: "AttachUserPolicy", Code: "AccessDenied", Count: -1}, swap, []string{detach}, false},
		"not yet":          {iamsim.Fault{Action: "AttachUserPolicy", Code: "Throttling", Count: -1}, swap, []string{detach}, true},
		"half cut off":     {iamsim.Fault{Action: "UpdateAccessKey", Code: "AccessDenied", Count: -1}, planner.UserWish{Active: ptr(false)}, []string{deny}, true},
		"the first of two": {iamsim.Fault{Action: "UpdateUser", Code: "EntityAlreadyExists", Count: -1}, planner.UserWish{Active: ptr(false), UserName: ptr("zoe")}, []string{deny}, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newWriteLab(t, iamsim.Config{}, lifecycle, staff)
			l.fault(c.fault)
			_, err := l.update(l.id("ann"), c.wish)
			if err == nil {
				t.Fatal("no error")
			}
			var partial *provisioner.PartialError
			if errors.As(err, &partial) != (c.left != nil) {
				t.Fatalf("got %v", err)
			}
			if c.left == nil {
				return
			}
			if partial.Goes != c.goes || !slices.Contains(partial.Left, c.left[0]) {
				t.Errorf("got %+v", partial)
			}
			if c.fault.Code == "EntityAlreadyExists" && !errors.Is(err, store.ErrExists) {
				t.Errorf("the kind is lost: %v", err)
			}
		})
	}
}
