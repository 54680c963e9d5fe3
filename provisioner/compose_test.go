package provisioner_test

import (
	"slices"
	"strings"
	"testing"

	"iamscim/provisioner"
	"iamscim/provisioner/iamsim"
	"iamscim/provisioner/observer"
	"iamscim/store"
)

const (
	denyAll   = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}`
	allowRead = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}]}`
	awsDeny   = "arn:aws:iam::aws:policy/AWSDenyAll"
)

// TestActive: what a document says decides, not what a policy is called.
func TestActive(t *testing.T) {
	t.Parallel()
	inlineDeny := iamsim.Grants{Inline: []iamsim.InlinePolicy{{Name: "anything", Document: denyAll}}}
	l := newLab(t, iamsim.Config{}, func(a *iamsim.Account) {
		ours := a.AddPolicy(iamsim.Policy{Name: "Leavers"}, denyAll)
		harmless := a.AddPolicy(iamsim.Policy{Name: "DenyAll"}, allowRead)
		a.AddGroup(iamsim.Group{Name: "frozen", Grants: inlineDeny})
		a.AddGroup(iamsim.Group{Name: "left", Grants: iamsim.Grants{Attached: []string{ours.ARN}}})
		a.AddUser(iamsim.User{Name: "aws-managed", Grants: iamsim.Grants{Attached: []string{awsDeny}}})
		a.AddUser(iamsim.User{Name: "customer-managed", Grants: iamsim.Grants{Attached: []string{ours.ARN}}})
		a.AddUser(iamsim.User{Name: "inline", Grants: inlineDeny})
		a.AddUser(iamsim.User{Name: "group-inline"})
		a.Join("group-inline", "frozen")
		a.AddUser(iamsim.User{Name: "group-attached"})
		a.Join("group-attached", "left")
		a.AddUser(iamsim.User{Name: "named-like-it", Grants: iamsim.Grants{Attached: []string{harmless.ARN}}})
		a.AddUser(iamsim.User{Name: "quarantined", Grants: iamsim.Grants{Attached: []string{"arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3"}}})
	})
	check := func(t *testing.T) {
		for name, want := range map[string]string{
			"aws-managed": "attachedPolicy", "customer-managed": "attachedPolicy", "inline": "inlinePolicy",
			"group-inline": "groupPolicy", "group-attached": "groupPolicy", "named-like-it": "", "quarantined": "",
		} {
			u := l.shown(name)
			got := ""
			for _, d := range u.DisabledBy {
				got += d.Type
				if d.Ours || d.Value == "" || (d.Type == "groupPolicy") != (d.Group != "") {
					t.Errorf("%s: got %+v", name, d)
				}
			}
			if got != want || u.Active != (want == "") {
				t.Errorf("%s: active %v, disabled by %q; want %q", name, u.Active, got, want)
			}
		}
	}
	l.fault(iamsim.Fault{Action: "GetPolicyVersion", Code: "AccessDenied", Count: -1})
	l.refresh()
	t.Run("documents of AWS managed policies cannot be read", check)
	l.ClearFaults()
	l.refresh()
	t.Run("everything can be read", check)
	if p := l.shown("quarantined").Attached[0]; !p.Quarantine || p.Deny || p.ID == "" {
		t.Errorf("got %+v, want a quarantine", p)
	}
	if p := l.shown("customer-managed").Attached[0]; !p.Deny {
		t.Errorf("got %+v, want a deny", p)
	}
}

func TestIdentityType(t *testing.T) {
	t.Parallel()
	login := &iamsim.LoginProfile{}
	key := []iamsim.AccessKey{{}}
	l := newLab(t, iamsim.Config{}, func(a *iamsim.Account) {
		a.AddUser(iamsim.User{Name: "password", Login: login, Keys: key})
		a.AddUser(iamsim.User{Name: "keys", Keys: key})
		a.AddUser(iamsim.User{Name: "codecommit", Credentials: []iamsim.ServiceCredential{{ID: "ACCA1", Service: "codecommit.amazonaws.com", Status: "Active"}}})
		a.AddUser(iamsim.User{Name: "nothing"})
		a.AddUser(iamsim.User{Name: "tagged", Login: login, Tags: []iamsim.Tag{{Key: "IdentityType", Value: "Service"}}})
		a.AddUser(iamsim.User{Name: "oddly-tagged", Login: login, Tags: []iamsim.Tag{{Key: "identityType", Value: "blue"}}})
	})
	l.refresh()
	for name, want := range map[string]string{
		"password": "human loginProfile", "keys": "service accessKeys", "codecommit": "service serviceCredentials", "nothing": " ",
		"tagged": "service tag:IdentityType", "oddly-tagged": "human loginProfile",
	} {
		if u := l.shown(name); u.IdentityType+" "+u.IdentityTypeRule != want {
			t.Errorf("%s: got %q by %q, want %q", name, u.IdentityType, u.IdentityTypeRule, want)
		}
	}
}

// TestDerived: person attributes of users that nobody provisioned.
func TestDerived(t *testing.T) {
	t.Parallel()
	login := &iamsim.LoginProfile{}
	l := newLab(t, iamsim.Config{}, func(a *iamsim.Account) {
		a.AddUser(iamsim.User{Name: "zoe.oneill", Login: login, Tags: []iamsim.Tag{
			{Key: "Email", Value: "zoe@example.com"}, {Key: "displayName", Value: "Zoë O Neill"}, {Key: "Department", Value: "R+D"},
			{Key: "manager", Value: "Boss@example.com"},
		}})
		a.AddUser(iamsim.User{Name: "boss@example.com", Login: login})
		a.AddUser(iamsim.User{Name: "mary_ann-smith", Login: login})
		a.AddUser(iamsim.User{Name: "root", Login: login, Tags: []iamsim.Tag{{Key: "email", Value: "not an address"}}})
		a.AddUser(iamsim.User{Name: "svc@example.com", Keys: []iamsim.AccessKey{{}}, Tags: []iamsim.Tag{{Key: "email", Value: "owner@example.com"}}})
	})
	l.start(provisioner.Config{Derive: observer.Derive{EmailDomain: "corp.example"}})
	r := l.refresh()
	for name, want := range map[string]struct{ formatted, given, family, display, email, sources string }{
		"zoe.oneill": {"Zoë O Neill", "Zoë", "O Neill", "Zoë O Neill", "zoe@example.com",
			"displayName=tag:displayName emails=tag:Email enterprise.department=tag:Department enterprise.manager=tag:manager name=displayName"},
		"boss@example.com": {"Boss", "Boss", "Boss", "Boss", "boss@example.com", "displayName=userName emails=userName name=userName"},
		"mary_ann-smith":   {"Mary Ann Smith", "Mary", "Ann Smith", "Mary Ann Smith", "mary_ann-smith@corp.example", "displayName=userName emails=emailDomain name=userName"},
		"root":             {"Root", "Root", "Root", "Root", "root@corp.example", "displayName=userName emails=emailDomain name=userName"},
		"svc@example.com":  {"Svc", "Svc", "Svc", "Svc", "", "displayName=userName name=userName"},
	} {
		u := l.shown(name)
		var sources []string
		for _, s := range u.AttributeSources {
			sources = append(sources, s.Attribute+"="+s.Source)
		}
		email := ""
		for _, e := range u.Person.Emails {
			email += e.Value
		}
		p := u.Person
		if p.Name.Formatted != want.formatted || p.Name.GivenName != want.given || p.Name.FamilyName != want.family || p.DisplayName != want.display ||
			email != want.email || strings.Join(sources, " ") != want.sources {
			t.Errorf("%s: got %+v %v from %v", name, p, email, sources)
		}
	}
	zoe := l.shown("zoe.oneill").Person.Enterprise
	if zoe.Department != "R+D" || zoe.Manager.Value != l.shown("boss@example.com").ID || zoe.Manager.DisplayName != "Boss" {
		t.Errorf("got %+v", zoe)
	}
	if len(r.Flags) != 1 || r.Flags[0].Name != "root" {
		t.Errorf("got flags %v, want the one odd address", r.Flags)
	}
}

// TestRemembered: what the state file knows is served, and nothing derived
// beside it.
func TestRemembered(t *testing.T) {
	t.Parallel()
	l := newLab(t, iamsim.Config{}, nil)
	ann := l.AddUser(iamsim.User{Name: "ann@example.com", Login: &iamsim.LoginProfile{}})
	staff := l.AddGroup(iamsim.Group{Name: "short"})
	err := l.account.State.Update(t.Context(), func(tx *store.StateTx) error {
		if err := tx.PutPerson(t.Context(), ann.ID, store.Person{Title: "Doctor"}, "test"); err != nil {
			return err
		}
		if err := tx.PutOwnership(t.Context(), store.Ref{Kind: store.KindUser, ID: ann.ID}, store.Adopted, "test"); err != nil {
			return err
		}
		return tx.PutGroupAttributes(t.Context(), staff.ID, store.GroupAttributes{ExternalID: "x", DisplayName: "a long name", IAMName: "short"}, "test")
	})
	if err != nil {
		t.Fatal(err)
	}
	l.refresh()
	u := l.shown("ann@example.com")
	if !u.Managed || u.Person.Title != "Doctor" || u.Person.Emails != nil || u.Person.Name.GivenName != "" || u.AttributeSources != nil {
		t.Errorf("got %+v", u)
	}
	if g := l.groups()[0]; g.DisplayName != "a long name" || g.ExternalID != "x" || g.Managed {
		t.Errorf("got %+v", g)
	}
}

// TestMalformed: one bad record is served with what is sound, and flagged.
func TestMalformed(t *testing.T) {
	t.Parallel()
	l := newLab(t, iamsim.Config{}, func(a *iamsim.Account) {
		a.AddUser(iamsim.User{Name: "odd", Grants: iamsim.Grants{Inline: []iamsim.InlinePolicy{{Name: "broken", Document: `{"Statement":`}, {Name: "good", Document: denyAll}}}})
		a.AddRole(iamsim.Role{Name: "odd", Trust: "{"})
		people(a, 3)
	})
	r := l.refresh()
	if len(l.users()) != 5 {
		t.Errorf("got %d users, want 5", len(l.users()))
	}
	if u := l.shown("odd"); len(u.Inline) != 2 || u.Active {
		t.Errorf("got %+v", u)
	}
	if len(r.Flags) != 2 || !slices.Equal(r.Flags, l.p.Health().Snapshot.Flags) {
		t.Errorf("got flags %v, health %v", r.Flags, l.p.Health().Snapshot.Flags)
	}
}

// TestShown: names as SCIM shows them, and what a user may become.
func TestShown(t *testing.T) {
	t.Parallel()
	l := newLab(t, iamsim.Config{}, func(a *iamsim.Account) {
		a.AddUser(iamsim.User{Name: "a=23EXT=23@example.com"})
		a.AddUser(iamsim.User{Name: "a=b"})
		a.AddGroup(iamsim.Group{Name: "Test=20SCIMv2"})
		a.AddRole(iamsim.Role{Name: "for-b", Path: "/team/", Trust: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
			"Principal":{"AWS":"arn:aws:iam::` + a.ID() + `:user/a=b"},"Action":"sts:AssumeRole"},
			{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`})
	})
	l.refresh()
	if got := l.shown("a=23EXT=23@example.com").UserName; got != "a#EXT#@example.com" {
		t.Errorf("got %s", got)
	}
	b := l.shown("a=b")
	if b.UserName != "a=b" || len(b.Roles) != 1 || b.Roles[0].Name != "for-b" || b.Roles[0].Type != "AssumableRole" {
		t.Errorf("got %+v", b)
	}
	if got := l.groups()[0].DisplayName; got != "Test SCIMv2" {
		t.Errorf("got %s", got)
	}
	l.view(func(tx *store.SnapshotTx) error {
		roles, err := tx.Roles(t.Context(), b.Roles[0].ID)
		if len(roles) != 1 || !slices.Equal(roles[0].Trusted.Services, []string{"lambda.amazonaws.com"}) || roles[0].Trusted.CrossAccount || roles[0].MaxSession == 0 {
			t.Errorf("got %+v", roles[0])
		}
		return err
	})
}

// TestGrantable: grantable policies are in the catalogue, in use or not.
func TestGrantable(t *testing.T) {
	t.Parallel()
	l := newLab(t, iamsim.Config{}, func(a *iamsim.Account) {
		a.AddPolicy(iamsim.Policy{Name: "team-read"}, allowRead)
		a.AddPolicy(iamsim.Policy{Name: "admin"}, allowRead)
	})
	names := func() (all, grantable []string) {
		l.view(func(tx *store.SnapshotTx) error {
			sel, err := tx.Select(t.Context(), store.KindPolicy, store.Query{})
			if err != nil {
				return err
			}
			list, err := tx.Policies(t.Context(), sel.IDs...)
			for _, p := range list {
				all = append(all, p.Name)
				if p.Grantable {
					grantable = append(grantable, p.Name)
				}
			}
			return err
		})
		slices.Sort(grantable)
		return all, grantable
	}
	for name, tt := range map[string]struct{ patterns, want []string }{
		"none":         {nil, nil},
		"exact ARN":    {[]string{"arn:aws:iam::aws:policy/ReadOnlyAccess"}, []string{"ReadOnlyAccess"}},
		"name pattern": {[]string{"team-*", "ViewOnly*"}, []string{"ViewOnlyAccess", "team-read"}},
	} {
		t.Run(name, func(t *testing.T) {
			l.start(provisioner.Config{Grantable: tt.patterns})
			l.refresh()
			all, grantable := names()
			if !slices.Equal(grantable, tt.want) {
				t.Errorf("got %v, want %v", grantable, tt.want)
			}
			if len(all) > 10 {
				t.Errorf("the catalogue holds what nobody uses or may grant: %v", all)
			}
		})
	}
}
