package provisioner_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"iamscim/provisioner"
	"iamscim/provisioner/iamsim"
	"iamscim/provisioner/planner"
	"iamscim/store"
)

const (
	awsDenyAll    = "arn:aws:iam::aws:policy/AWSDenyAll"
	awsQuarantine = "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3"
	denyDocument  = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}`
)

func TestAdopt(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	fill := func(a *iamsim.Account) {
		a.AddGroup(iamsim.Group{Name: "ops"})
		a.AddGroup(iamsim.Group{Name: "ann"})
		a.AddGroup(iamsim.Group{Name: "frozen", Grants: iamsim.Grants{Attached: []string{awsDenyAll}}})
		a.AddUser(iamsim.User{Name: "ann", Path: "/staff/"})
		a.AddUser(iamsim.User{Name: "denied", Grants: iamsim.Grants{
			Attached: []string{awsDenyAll, awsQuarantine}, Inline: []iamsim.InlinePolicy{{Name: "stop", Document: denyDocument}},
		}})
		a.AddUser(iamsim.User{Name: "grouped"})
		a.Join("grouped", "frozen")
		a.AddUser(iamsim.User{Name: "leaked", Grants: iamsim.Grants{Attached: []string{awsQuarantine}}})
	}
	l := newGuardLab(t, setup{fill: fill, config: managing("/scim/")})

	t.Run("before", func(t *testing.T) {
		_, err := l.update(l.id("ann"), planner.UserWish{UserName: ptr("annie")})
		wantDenied(t, err, "manage-path")
		_, err = l.updateGroup(l.groupID("ops"), planner.GroupWish{DisplayName: ptr("operations")})
		wantDenied(t, err, "manage-path")
		_, err = l.update(l.id("denied"), planner.UserWish{Active: ptr(true)})
		wantDenied(t, err, "quarantine")
	})
	t.Run("names", func(t *testing.T) {
		got, err := l.p.Adopt(ctx, admin, "user/ann", "ops")
		want := []provisioner.Adopted{
			{Object: store.Ref{Kind: store.KindUser, ID: l.id("ann")}, Name: "ann"},
			{Object: store.Ref{Kind: store.KindGroup, ID: l.groupID("ops")}, Name: "ops"},
		}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%v\n%s", err, diff)
		}
		if u := l.user(l.id("ann")); !u.Managed {
			t.Error("it is not shown as managed")
		}
		l.must(l.update(l.id("ann"), planner.UserWish{UserName: ptr("annie")}))
		l.must(l.updateGroup(l.groupID("ops"), planner.GroupWish{DisplayName: ptr("operations")}))
	})
	t.Run("refused", func(t *testing.T) {
		if _, err := l.p.Adopt(ctx, admin, "leaked", "nobody"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("unknown name: got %v", err)
		}
		if u := l.user(l.id("leaked")); u.Managed {
			t.Error("it was adopted although another name is unknown")
		}
		l.must(l.create(planner.UserWish{UserName: ptr("frozen"), Path: ptr("/scim/")}))
		var invalid *planner.InvalidError
		if _, err := l.p.Adopt(ctx, admin, "frozen"); !errors.As(err, &invalid) {
			t.Errorf("ambiguous name: got %v", err)
		}
		_, err := l.p.Adopt(ctx, admin, "bootstrap")
		wantDenied(t, err, "protected")
		_, err = l.p.Adopt(ctx, writer, "leaked")
		wantDenied(t, err, "scope")
	})
	t.Run("denies", func(t *testing.T) {
		id := l.id("denied")
		got, err := l.p.Adopt(ctx, admin, id)
		if err != nil || len(got) != 1 || len(got[0].Released) != 3 {
			t.Fatalf("got %+v, %v", got, err)
		}
		if u := l.user(id); u.Active {
			t.Error("adopting made the user active")
		}
		l.must(l.update(id, planner.UserWish{Active: ptr(true)}))
		u, _ := l.User("denied")
		if diff := cmp.Diff(iamsim.Grants{Attached: []string{awsQuarantine}}, u.Grants, cmp.Transformer("nil", func(p []iamsim.InlinePolicy) []iamsim.InlinePolicy {
			return append([]iamsim.InlinePolicy{}, p...)
		})); diff != "" {
			t.Error(diff)
		}
		l.settled()
	})
	t.Run("a group's deny stays", func(t *testing.T) {
		id := l.id("grouped")
		got, err := l.p.Adopt(ctx, admin, "grouped")
		if err != nil || len(got) != 1 || len(got[0].Still) != 1 || got[0].Released != nil {
			t.Fatalf("got %+v, %v", got, err)
		}
		_, err = l.update(id, planner.UserWish{Active: ptr(true)})
		wantDenied(t, err, "foreign-deny")
	})
	t.Run("an active user stays active", func(t *testing.T) {
		if _, err := l.p.Adopt(ctx, admin, "leaked"); err != nil {
			t.Fatal(err)
		}
		if u := l.user(l.id("leaked")); !u.Active || !u.Managed {
			t.Errorf("got %+v", u)
		}
	})
}
