package provisioner_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"iamscim/provisioner"
	"iamscim/provisioner/awsapi"
	"iamscim/provisioner/iamsim"
	"iamscim/provisioner/planner"
)

func managing(path string) provisioner.Config {
	return provisioner.Config{Write: provisioner.WriteConfig{Guard: provisioner.GuardConfig{ManagePath: path}}}
}

// decisions lists the operations with what was decided.
func (l *writeLab) decisions() map[string]provisioner.Operation {
	l.t.Helper()
	if err := l.p.CheckCapability(l.t.Context()); err != nil {
		l.t.Fatal(err)
	}
	c := l.p.Capability()
	all := map[string]provisioner.Operation{}
	for _, o := range c.Operations {
		all[o.Name] = o
	}
	return all
}

var operations = []string{
	"user.create", "user.rename", "user.deactivate", "user.reactivate", "user.delete", "user.entitlements", "user.password",
	"group.create", "group.rename", "group.members", "group.policies", "group.delete",
}

func TestCapability(t *testing.T) {
	t.Parallel()
	grantable := "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
	everything := managing("/scim/")
	everything.Grantable, everything.Write.Passwords = []string{grantable}, true
	want := func(t *testing.T, l *writeLab, d provisioner.Decision, except map[string]provisioner.Decision) {
		t.Helper()
		got := l.decisions()
		for _, name := range operations {
			w := d
			if other, ok := except[name]; ok {
				w = other
			}
			if got[name].Decision != w {
				t.Errorf("%s: got %+v, want %s", name, got[name], w)
			}
		}
		if len(got) != len(operations) {
			t.Errorf("got %d operations, want %d", len(got), len(operations))
		}
	}

	t.Run("full access", func(t *testing.T) {
		t.Parallel()
		l := newGuardLab(t, setup{config: everything})
		want(t, l, provisioner.Allowed, nil)
		c := l.p.Capability()
		if c.Source != "simulation" || c.Guess || !c.Writes || c.Problem != "" {
			t.Errorf("got %+v", c)
		}
	})
	t.Run("what is not configured is off", func(t *testing.T) {
		t.Parallel()
		l := newGuardLab(t, setup{config: managing("/scim/")})
		want(t, l, provisioner.Allowed, map[string]provisioner.Decision{
			"user.entitlements": provisioner.Off, "group.policies": provisioner.Off, "user.password": provisioner.Off,
		})
	})
	t.Run("read-only role", func(t *testing.T) {
		t.Parallel()
		l := newGuardLab(t, setup{role: readsAnd(""), config: everything})
		want(t, l, provisioner.Denied, nil)
		if c := l.p.Capability(); c.Writes {
			t.Errorf("got %+v", c)
		}
		missing := l.decisions()["user.create"].Missing
		if !slices.Equal(missing, []string{"iam:CreateUser", "iam:TagUser"}) {
			t.Errorf("missing: %v", missing)
		}
		id := l.id("bootstrap")
		l.ResetCalls()
		_, err := l.create(planner.UserWish{UserName: ptr("ann")})
		wantDenied(t, err, "capability")
		_, err = l.update(id, planner.UserWish{Active: ptr(false)})
		wantDenied(t, err, "capability")
		_, err = l.delete(id)
		wantDenied(t, err, "capability")
		if n := total(count(l.Calls())); n != 0 {
			t.Errorf("%d calls were made", n)
		}
	})
	t.Run("one path only", func(t *testing.T) {
		t.Parallel()
		role := readsAnd(`{"Effect":"Allow","Action":"iam:*","Resource":["arn:aws:iam::123456789012:user/scim/*","arn:aws:iam::123456789012:mfa/*"]}`)
		l := newGuardLab(t, setup{role: role, config: everything})
		for name, o := range l.decisions() {
			w := provisioner.Allowed
			if strings.HasPrefix(name, "group.") || name == "user.delete" { // it leaves groups
				w = provisioner.Denied
			}
			if o.Decision != w {
				t.Errorf("%s: got %+v, want %s", name, o, w)
			}
		}
	})
	t.Run("only some policies", func(t *testing.T) {
		t.Parallel()
		role := readsAnd(`{"Effect":"Allow","Action":"iam:*","Resource":"*"},
			{"Effect":"Deny","Action":["iam:Attach*","iam:Detach*"],"Resource":"*","Condition":{"ArnNotEquals":{"iam:PolicyARN":"arn:aws:iam::aws:policy/AWSDenyAll"}}}`)
		l := newGuardLab(t, setup{role: role, config: everything})
		want(t, l, provisioner.Allowed, map[string]provisioner.Decision{
			"user.entitlements": provisioner.Denied, "group.policies": provisioner.Denied, "user.delete": provisioner.Denied, "group.delete": provisioner.Denied,
		})
	})
	t.Run("a condition that cannot be simulated", func(t *testing.T) {
		t.Parallel()
		role := readsAnd(`{"Effect":"Allow","Action":"iam:*","Resource":"*","Condition":{"StringEquals":{"aws:SourceVpc":"vpc-1"}}}`)
		l := newGuardLab(t, setup{role: role, config: everything})
		want(t, l, provisioner.Unknown, nil)
		_, err := l.create(planner.UserWish{UserName: ptr("ann")})
		wantDenied(t, err, "aws") // it was tried
	})
	t.Run("a deny that hangs on the real request", func(t *testing.T) {
		t.Parallel()
		role := readsAnd(`{"Effect":"Allow","Action":"iam:*","Resource":"*"},
			{"Effect":"Deny","Action":"iam:Create*","Resource":"*","Condition":{"StringNotEquals":{"aws:SourceVpc":"vpc-1"}}}`)
		l := newGuardLab(t, setup{role: role, config: everything})
		if d := l.decisions()["group.create"].Decision; d != provisioner.Unknown {
			t.Errorf("got %s, want unknown", d)
		}
	})
	t.Run("service control policy", func(t *testing.T) {
		t.Parallel()
		l := newGuardLab(t, setup{config: everything, scps: []string{
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"iam:DeleteUser","Resource":"*"}]}`,
		}})
		if o := l.decisions()["user.delete"]; o.Decision != provisioner.Denied || !slices.Equal(o.Missing, []string{"iam:DeleteUser"}) {
			t.Errorf("got %+v", o)
		}
	})
	t.Run("boundary demanded on creation", func(t *testing.T) {
		t.Parallel()
		boundary := "arn:aws:iam::aws:policy/PowerUserAccess"
		role := readsAnd(`{"Effect":"Allow","Action":"iam:*","Resource":"*"},
			{"Effect":"Deny","Action":"iam:CreateUser","Resource":"*","Condition":{"StringNotEquals":{"iam:PermissionsBoundary":"` + boundary + `"}}}`)
		cfg := everything
		cfg.Write.CreateBoundary = boundary
		l := newGuardLab(t, setup{role: role, config: cfg})
		want(t, l, provisioner.Allowed, nil)
		l.guarded(everything)
		if o := l.decisions()["user.create"]; o.Decision != provisioner.Denied {
			t.Errorf("without the boundary: got %+v", o)
		}
	})
	t.Run("read-only mode asks nobody", func(t *testing.T) {
		t.Parallel()
		cfg := everything
		cfg.Write.ReadOnly = true
		l := newGuardLab(t, setup{config: cfg})
		want(t, l, provisioner.Off, nil)
		if n := l.Calls()["SimulatePrincipalPolicy"]; n != 0 {
			t.Errorf("%d simulations", n)
		}
	})
}

func count(calls map[string]int) map[string]int64 {
	out := map[string]int64{}
	for action, n := range calls {
		out[action] = int64(n)
	}
	return out
}

// TestCapabilityGuess: without the simulator, the attached policies tell.
func TestCapabilityGuess(t *testing.T) {
	t.Parallel()
	noSimulation := `,{"Effect":"Deny","Action":"iam:Simulate*","Resource":"*"}`
	role := readsAnd(`{"Effect":"Allow","Action":"iam:*","Resource":"arn:aws:iam::123456789012:group/scim/*"}` + noSimulation)
	l := newGuardLab(t, setup{role: role, config: managing("/scim/")})
	got := l.decisions()
	c := l.p.Capability()
	if !c.Guess || c.Source != "policies" || c.Problem == "" {
		t.Errorf("got %+v", c)
	}
	if got["group.create"].Decision != provisioner.Allowed || got["user.create"].Decision != provisioner.Denied {
		t.Errorf("got %+v", got)
	}
}

// TestCapabilityUnknown: what cannot be found out is tried, and what was known
// stays known.
func TestCapabilityUnknown(t *testing.T) {
	t.Parallel()
	l := newGuardLab(t, setup{config: managing("/scim/")})
	before := l.decisions()
	l.fault(iamsim.Fault{Action: "SimulatePrincipalPolicy", Count: -1})
	after := l.decisions()
	if before["user.create"].Decision != provisioner.Allowed || after["user.create"].Decision != provisioner.Allowed || l.p.Capability().Problem == "" {
		t.Errorf("before %+v, after %+v, problem %q", before["user.create"], after["user.create"], l.p.Capability().Problem)
	}
	l.guarded(managing("/scim/"))
	if d := l.decisions()["user.create"].Decision; d != provisioner.Unknown {
		t.Errorf("after a restart: %s", d)
	}
	l.ClearFaults()
	if _, err := l.create(planner.UserWish{UserName: ptr("ann")}); err != nil {
		t.Errorf("tried: %v", err)
	}
}

// TestCapabilityOfUser: without a role, the user's own policies and those of
// their groups count.
func TestCapabilityOfUser(t *testing.T) {
	t.Parallel()
	key := iamsim.AccessKey{ID: "AKIAGATEWAYUSER00001", Secret: "secret", Status: "Active"}
	groupsOnly := `{"Effect":"Allow","Action":"iam:*","Resource":"arn:aws:iam::123456789012:group/scim/*"}`
	for name, inline := range map[string]string{"simulated": "", "guessed": `,{"Effect":"Deny","Action":"iam:Simulate*","Resource":"*"}`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newGuardLab(t, setup{config: managing("/scim/"), fill: func(a *iamsim.Account) {
				a.AddGroup(iamsim.Group{Name: "gateways", Grants: iamsim.Grants{Inline: []iamsim.InlinePolicy{{Name: "g", Document: readsAnd(groupsOnly + inline)}}}})
				a.AddUser(iamsim.User{Name: "gateway", Keys: []iamsim.AccessKey{key}})
				a.Join("gateway", "gateways")
			}})
			l.connect(awsapi.Config{AccessKeyID: say(key.ID), SecretAccessKey: say(key.Secret)})
			l.guarded(managing("/scim/"))
			got := l.decisions()
			if got["group.rename"].Decision != provisioner.Allowed || got["user.create"].Decision != provisioner.Denied || l.p.Capability().Guess != (inline != "") {
				t.Errorf("got %+v", l.p.Capability())
			}
			_, err := l.updateGroup(l.groupID("gateways"), planner.GroupWish{DisplayName: ptr("renamed")})
			wantDenied(t, err, "protected")
		})
	}
}

func TestLifecycleMode(t *testing.T) {
	t.Parallel()
	cfg := managing("/scim/")
	cfg.Write.Lifecycle = true
	l := newGuardLab(t, setup{role: readsAnd(`{"Effect":"Allow","Action":"iam:*","Resource":"arn:aws:iam::123456789012:user/scim/*"}`), config: cfg})
	err := l.p.Run(t.Context())
	if !errors.Is(err, provisioner.ErrIncapable) || !strings.Contains(err.Error(), "group.create needs iam:CreateGroup") {
		t.Errorf("got %v", err)
	}
}
