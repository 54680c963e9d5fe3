package provisioner_test

import (
	"encoding/json"
	"slices"
	"testing"

	"iamscim/provisioner"
	"iamscim/provisioner/iamsim"
	"iamscim/provisioner/planner"
	"iamscim/store"
)

const (
	administratorAccess = "arn:aws:iam::aws:policy/AdministratorAccess"
	s3ReadOnly          = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
	powerUser           = "arn:aws:iam::aws:policy/PowerUserAccess"
)

// fortress is an account worth attacking: everything is under the manage path,
// and every policy may be granted by a pattern.
func fortress(a *iamsim.Account) {
	crowd(12)(a)
	escalate := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:PutUserPolicy","Resource":"*"}]}`
	a.AddPolicy(iamsim.Policy{Name: "innocent", Path: "/"}, escalate)
	a.AddGroup(iamsim.Group{Name: "administrators", Path: "/scim/", Grants: iamsim.Grants{Attached: []string{administratorAccess}}})
	a.AddGroup(iamsim.Group{Name: "innocents", Path: "/scim/", Grants: iamsim.Grants{Inline: []iamsim.InlinePolicy{{Name: "x", Document: escalate}}}})
	a.AddGroup(iamsim.Group{Name: "readers", Path: "/scim/", Grants: iamsim.Grants{Attached: []string{s3ReadOnly}}})
	a.AddGroup(iamsim.Group{Name: "denied", Path: "/scim/", Grants: iamsim.Grants{Attached: []string{awsDenyAll}}})
	a.AddGroup(iamsim.Group{Name: "operators", Path: "/scim/"})
	a.AddGroup(iamsim.Group{Name: "elsewhere", Path: "/"})
	a.AddUser(iamsim.User{Name: "mallory", Path: "/scim/"})
	a.AddUser(iamsim.User{Name: "bounded", Path: "/scim/", Boundary: powerUser})
	a.AddUser(iamsim.User{Name: "breakglass", Path: "/scim/"})
	a.AddUser(iamsim.User{Name: "stopped", Path: "/scim/", Grants: iamsim.Grants{Attached: []string{awsDenyAll}}})
	a.AddUser(iamsim.User{Name: "leaked", Path: "/scim/", Grants: iamsim.Grants{Attached: []string{awsDenyAll, awsQuarantine}}})
	a.AddUser(iamsim.User{Name: "outsider", Path: "/"})
	a.AddUser(iamsim.User{Name: "frozen", Path: "/scim/"})
	a.Join("frozen", "denied")
	a.Join("bootstrap", "operators")
	own := a.AddPolicy(iamsim.Policy{Name: "assume-gateway", Path: "/"}, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}]}`)
	a.EditUser("bootstrap", func(u *iamsim.User) { u.Attached = append(u.Attached, own.ARN) })
}

func newFortress(t *testing.T) *writeLab {
	cfg := managing("/scim/")
	cfg.Grantable = []string{"*"}
	cfg.Write.CreateBoundary = powerUser
	cfg.Write.GroupsViaUsers = true
	cfg.Write.Guard.Protect = []string{"breakglass", "/vault/", "root*"}
	return newGuardLab(t, setup{fill: fortress, config: cfg})
}

func TestAttacks(t *testing.T) {
	t.Parallel()
	l := newFortress(t)
	ctx := t.Context()
	user := func(name string, w planner.UserWish) func() error {
		return func() error {
			_, err := l.p.UpdateUser(ctx, writer, l.id(name), func(*store.User) (planner.UserWish, error) { return w, nil }, provisioner.Options{})
			return err
		}
	}
	create := func(w planner.UserWish) func() error {
		return func() error {
			_, err := l.p.CreateUser(ctx, writer, w, provisioner.Options{})
			return err
		}
	}
	group := func(name string, w planner.GroupWish) func() error {
		return func() error {
			_, err := l.p.UpdateGroup(ctx, writer, l.groupID(name), func(*store.Group) (planner.GroupWish, error) { return w, nil }, provisioner.Options{})
			return err
		}
	}
	deleteUser := func(name string) func() error {
		return func() error {
			_, err := l.p.DeleteUser(ctx, writer, l.id(name), nil, provisioner.Options{})
			return err
		}
	}
	deleteGroup := func(name string) func() error {
		return func() error {
			_, err := l.p.DeleteGroup(ctx, writer, l.groupID(name), nil, provisioner.Options{})
			return err
		}
	}
	mallory, breakglass, outsider := l.id("mallory"), l.id("breakglass"), l.id("outsider")
	innocent := "arn:aws:iam::" + l.ID() + ":policy/innocent"
	for _, tt := range []struct {
		name, rule string
		attack     func() error
	}{
		{"attach AdministratorAccess", "grantable-policies", user("mallory", planner.UserWish{Entitlements: &[]string{administratorAccess}})},
		{"attach what leads to it", "grantable-policies", user("mallory", planner.UserWish{Entitlements: &[]string{innocent}})},
		{"create with it", "grantable-policies", create(planner.UserWish{UserName: ptr("eve"), Entitlements: &[]string{administratorAccess}})},
		{"attach it to a group", "grantable-policies", group("readers", planner.GroupWish{Policies: &[]string{s3ReadOnly, administratorAccess}})},
		{"attach a deny to a group", "grantable-policies", group("all", planner.GroupWish{Policies: &[]string{awsDenyAll}})},
		{"attach our own policy", "protected", user("mallory", planner.UserWish{Entitlements: &[]string{"arn:aws:iam::" + l.ID() + ":policy/assume-gateway"}})},
		{"join an administrators' group", "grantable-groups", group("administrators", planner.GroupWish{AddMembers: []string{mallory}})},
		{"join what leads to it", "grantable-groups", group("innocents", planner.GroupWish{Members: &[]string{mallory}})},
		{"join through the user", "grantable-groups", user("mallory", planner.UserWish{Groups: &[]string{l.groupID("administrators")}})},
		{"create in an administrators' group", "grantable-groups", create(planner.UserWish{UserName: ptr("eve"), Groups: &[]string{l.groupID("administrators")}})},
		{"remove a boundary", "boundary", user("bounded", planner.UserWish{Boundary: ptr("")})},
		{"replace a boundary", "boundary", user("bounded", planner.UserWish{Boundary: ptr(administratorAccess)})},
		{"create without the boundary", "boundary", create(planner.UserWish{UserName: ptr("eve"), Boundary: ptr("")})},
		{"delete the gateway's own user", "protected", deleteUser("bootstrap")},
		{"deactivate the gateway's own user", "protected", user("bootstrap", planner.UserWish{Active: ptr(false)})},
		{"join the gateway's own group", "protected", group("operators", planner.GroupWish{AddMembers: []string{mallory}})},
		{"delete the gateway's own group", "protected", deleteGroup("operators")},
		{"rename out of protection", "protected", user("breakglass", planner.UserWish{UserName: ptr("ordinary")})},
		{"deactivate what is protected", "protected", user("breakglass", planner.UserWish{Active: ptr(false)})},
		{"a protected member", "protected", group("readers", planner.GroupWish{AddMembers: []string{breakglass}})},
		{"take a protected name", "protected", user("mallory", planner.UserWish{UserName: ptr("Root-Of-All")})},
		{"create under a protected path", "protected", create(planner.UserWish{UserName: ptr("eve"), Path: ptr("/vault/")})},
		{"move out of the manage path", "manage-path", user("mallory", planner.UserWish{Path: ptr("/admin/")})},
		{"create outside the manage path", "manage-path", create(planner.UserWish{UserName: ptr("eve"), Path: ptr("/")})},
		{"change somebody else's user", "manage-path", user("outsider", planner.UserWish{Person: &store.Person{Title: "Owner"}})},
		{"add somebody else's user", "manage-path", group("readers", planner.GroupWish{AddMembers: []string{outsider}})},
		{"fill somebody else's group", "manage-path", group("elsewhere", planner.GroupWish{AddMembers: []string{mallory}})},
		{"delete somebody else's group", "manage-path", deleteGroup("elsewhere")},
		{"lift a deny by leaving its group", "foreign-deny", group("denied", planner.GroupWish{RemoveMembers: []string{l.id("frozen")}})},
		{"lift a deny by emptying its group", "foreign-deny", group("denied", planner.GroupWish{Members: &[]string{}})},
		{"lift a deny by deleting its group", "foreign-deny", deleteGroup("denied")},
		{"lift a deny by detaching it from the group", "foreign-deny", group("denied", planner.GroupWish{Policies: &[]string{}})},
		{"lift a deny through the user", "foreign-deny", user("frozen", planner.UserWish{Groups: &[]string{}})},
		{"reactivate over a group's deny", "foreign-deny", user("frozen", planner.UserWish{Active: ptr(true)})},
		{"reactivate over a foreign deny", "foreign-deny", user("stopped", planner.UserWish{Active: ptr(true)})},
		{"reactivate over a quarantine", "quarantine", user("leaked", planner.UserWish{Active: ptr(true)})},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l.calls()
			before := l.lastAudit()
			wantDenied(t, tt.attack(), tt.rule)
			l.unchanged()
			entry := l.lastAudit()
			var body struct{ Rule string }
			if err := json.Unmarshal(entry.Body, &body); err != nil {
				t.Fatal(err)
			}
			if entry.Seq != before.Seq+1 || entry.Actor != "writer" || entry.Outcome != "denied" || body.Rule != tt.rule {
				t.Errorf("audited: %+v %s", entry, entry.Body)
			}
		})
	}
	t.Run("echo AWSDenyAll away", func(t *testing.T) { // it is not part of what is echoed
		if err := user("stopped", planner.UserWish{Entitlements: &[]string{}})(); err != nil {
			t.Error(err)
		}
		l.unchanged()
	})
	l.settled()
}

// lastAudit is the newest entry of the audit log.
func (l *writeLab) lastAudit() store.AuditEntry {
	l.t.Helper()
	var last store.AuditEntry
	err := l.account.State.View(l.t.Context(), func(tx *store.StateTx) error {
		list, err := tx.Audit(l.t.Context(), 0, 1000)
		if len(list) > 0 {
			last = list[len(list)-1]
		}
		return err
	})
	if err != nil {
		l.t.Fatal(err)
	}
	return last
}

// TestBrakeAttacks: each way to cut many people off at once is refused whole,
// and one is enough to latch the brake.
func TestBrakeAttacks(t *testing.T) {
	t.Parallel()
	everybody := func(l *writeLab) (ids []string) {
		for _, u := range l.users() {
			if u.Path == "/scim/" && len(u.Groups) > 0 {
				ids = append(ids, u.ID)
			}
		}
		return ids
	}
	update := func(l *writeLab, name string, w planner.GroupWish) error {
		_, err := l.p.UpdateGroup(t.Context(), writer, l.groupID(name), func(*store.Group) (planner.GroupWish, error) { return w, nil }, provisioner.Options{})
		return err
	}
	for name, attack := range map[string]func(*writeLab) error{
		"members: []": func(l *writeLab) error { return update(l, "all", planner.GroupWish{Members: &[]string{}}) },
		"remove each": func(l *writeLab) error { return update(l, "all", planner.GroupWish{RemoveMembers: everybody(l)}) },
		"delete the group": func(l *writeLab) error {
			_, err := l.p.DeleteGroup(t.Context(), writer, l.groupID("all"), nil, provisioner.Options{})
			return err
		},
		"into a group that is denied everything": func(l *writeLab) error {
			return update(l, "denied", planner.GroupWish{AddMembers: everybody(l)})
		},
		"one after the other": func(l *writeLab) (err error) {
			for i := 0; i < 11 && err == nil; i++ {
				if i == 10 {
					l.calls()
				}
				err = update(l, "all", planner.GroupWish{RemoveMembers: everybody(l)[:1]})
			}
			return err
		},
		"in bulk": func(l *writeLab) error { return l.p.AskBrake(t.Context(), writer, everybody(l)) },
	} {
		t.Run(name, func(t *testing.T) {
			l := newFortress(t)
			l.calls()
			wantDenied(t, attack(l), "brake")
			l.unchanged()
			if s := l.brake(); !s.Latched {
				t.Errorf("got %+v", s)
			}
			if e := l.lastAudit(); e.Outcome != "denied" || e.Actor != "writer" {
				t.Errorf("audited: %+v", e)
			}
		})
	}
}

// TestProtectionLasts: what was protected by its name stays so whatever it is
// called, over restarts too, until the operator takes the name off the list.
func TestProtectionLasts(t *testing.T) {
	t.Parallel()
	l := newFortress(t)
	id := l.id("breakglass")
	if !l.EditUser("breakglass", func(u *iamsim.User) { u.Name = "harmless" }) {
		t.Fatal("not renamed")
	}
	l.refresh()
	cfg := managing("/scim/")
	cfg.Write.Guard.Protect = []string{"breakglass"}
	l.guarded(cfg)
	_, err := l.delete(id)
	wantDenied(t, err, "protected")
	cfg.Write.Guard.Protect = nil
	l.guarded(cfg)
	if _, err := l.delete(id); err != nil {
		t.Error(err)
	}
}

// TestGrantableByName: what is listed by its very name or ARN is granted, even
// an administrator's.
func TestGrantableByName(t *testing.T) {
	t.Parallel()
	cfg := managing("/scim/")
	cfg.Grantable = []string{s3ReadOnly, administratorAccess, "arn:aws:iam::*:policy/team-*"}
	cfg.Write.Guard.GrantableGroups = []string{"administrators", "read*"}
	l := newGuardLab(t, setup{fill: fortress, config: cfg})
	mallory := l.id("mallory")
	l.must(l.p.UpdateUser(t.Context(), writer, mallory, func(*store.User) (planner.UserWish, error) {
		return planner.UserWish{Entitlements: &[]string{administratorAccess}}, nil
	}, provisioner.Options{}))
	for _, name := range []string{"administrators", "readers"} {
		l.must(l.updateGroup(l.groupID(name), planner.GroupWish{AddMembers: []string{mallory}}))
	}
	if u, _ := l.User("mallory"); !slices.Equal(u.Attached, []string{administratorAccess}) || len(u.Groups) != 2 {
		t.Errorf("got %+v", u)
	}
	_, err := l.updateGroup(l.groupID("denied"), planner.GroupWish{AddMembers: []string{mallory}})
	wantDenied(t, err, "grantable-groups")
	_, err = l.updateGroup(l.groupID("innocents"), planner.GroupWish{DisplayName: ptr("readers2")})
	if err != nil { // it would still be an administrator's
		t.Error(err)
	}
	_, err = l.updateGroup(l.groupID("denied"), planner.GroupWish{DisplayName: ptr("reading")})
	wantDenied(t, err, "grantable-groups")
	_, err = l.update(mallory, planner.UserWish{Entitlements: &[]string{powerUser}})
	wantDenied(t, err, "grantable-policies")
}
