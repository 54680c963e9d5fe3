package provisioner_test

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"iamscim/provisioner"
	"iamscim/provisioner/awsapi"
	"iamscim/provisioner/iamsim"
	"iamscim/provisioner/observer"
	"iamscim/store"
)

// TestObservation compares what is served with what is there.
func TestObservation(t *testing.T) {
	t.Parallel()
	l := newLab(t, iamsim.Config{Alias: "acme", PageBytes: 20_000, ShortPages: 0.3}, func(a *iamsim.Account) {
		iamsim.Generate(a, iamsim.GenerateOptions{Users: 150, Seed: 3})
	})
	r := l.refresh()
	if len(r.Flags) > 0 {
		t.Errorf("flags: %v", r.Flags)
	}
	names := map[string]string{} // group names by id
	for _, g := range l.groups() {
		names[g.ID] = g.Name
	}
	users := l.users()
	if len(users) != r.Counts[store.KindUser] || len(users) != 151 { // and the bootstrap user
		t.Errorf("got %d users, counted %d", len(users), r.Counts[store.KindUser])
	}
	for _, u := range users {
		want, ok := l.User(u.Name)
		if !ok || want.ID != u.ID || want.Path != u.Path || !want.Created.Truncate(time.Second).Equal(u.Created) || want.Boundary != u.Boundary {
			t.Errorf("got user %+v, want %+v", u, want)
		}
		if len(u.Groups) != len(want.Groups) || len(u.Attached) != len(want.Attached) || len(u.Inline) != len(want.Inline) || len(u.Tags) != len(want.Tags) {
			t.Errorf("%s: got %d groups, %d attached, %d inline, %d tags; want %+v", u.Name, len(u.Groups), len(u.Attached), len(u.Inline), len(u.Tags), want)
		}
		if u.ConsoleAccess == nil || *u.ConsoleAccess != (want.Login != nil) || len(u.AccessKeys) != len(want.Keys) {
			t.Errorf("%s: got console access %v and %d keys, want %v and %d", u.Name, u.ConsoleAccess, len(u.AccessKeys), want.Login != nil, len(want.Keys))
		}
		if len(u.ServiceCredentials) != len(want.Credentials) || u.SSHPublicKeys != nil {
			t.Errorf("%s: got service credentials %v and SSH keys %v before details", u.Name, u.ServiceCredentials, u.SSHPublicKeys)
		}
	}
	l.view(func(tx *store.SnapshotTx) error {
		status, err := tx.Status(t.Context())
		if status.Alias != "acme" || status.Summary["UsersQuota"] == 0 {
			t.Errorf("got status %+v", status)
		}
		return err
	})
}

// TestDetails compares the per-user lists, and that once they are read nothing
// is left to do.
func TestDetails(t *testing.T) {
	t.Parallel()
	l := newLab(t, iamsim.Config{}, func(a *iamsim.Account) { iamsim.Generate(a, iamsim.GenerateOptions{Users: 150, Seed: 3}) })
	l.refresh()
	l.details()
	for _, u := range l.users() {
		want, _ := l.User(u.Name)
		if got := ids(u.AccessKeys, func(k store.AccessKey) string { return k.ID + k.Status }); !slices.Equal(got, ids(want.Keys, func(k iamsim.AccessKey) string { return k.ID + k.Status })) {
			t.Errorf("%s: got keys %v, want %v", u.Name, got, want.Keys)
		}
		for i, k := range u.AccessKeys {
			if j := slices.IndexFunc(want.Keys, func(w iamsim.AccessKey) bool { return w.ID == k.ID }); j < 0 || !sameTime(u.Activity.Keys[i].LastUsed, want.Keys[j].LastUsed) {
				t.Errorf("%s: key %s: got last use %v of %v", u.Name, k.ID, u.Activity.Keys[i].LastUsed, want.Keys)
			}
		}
		if len(u.SSHPublicKeys) != len(want.SSHKeys) || u.SSHPublicKeys == nil {
			t.Errorf("%s: got SSH keys %v, want %v", u.Name, u.SSHPublicKeys, want.SSHKeys)
		}
		if len(u.Certificates) != len(want.Certificates) || u.Certificates == nil {
			t.Errorf("%s: got certificates %v, want %v", u.Name, u.Certificates, want.Certificates)
		}
		if len(u.MFADevices) != len(want.MFA) || u.MFAActive == nil || *u.MFAActive != (len(want.MFA) > 0) {
			t.Errorf("%s: got MFA %v, want %v", u.Name, u.MFADevices, want.MFA)
		}
	}
	before := l.Calls()
	l.details()
	if !maps.Equal(l.Calls(), before) {
		t.Errorf("details of unchanged users were read again")
	}
	l.EditUser(l.users()[5].Name, func(u *iamsim.User) { u.Tags = append(u.Tags, iamsim.Tag{Key: "new", Value: "1"}) })
	l.refresh()
	before = l.Calls()
	l.details() // too early: IAM may not have settled
	l.Advance(3 * time.Minute)
	l.details()
	if n := l.Calls()["ListAccessKeys"] - before["ListAccessKeys"]; n != 1 {
		t.Errorf("details of %d users were read after one changed", n)
	}
}

func ids[T any](list []T, id func(T) string) []string {
	out := []string{}
	for _, v := range list {
		out = append(out, id(v))
	}
	slices.Sort(out)
	return out
}

func sameTime(got *time.Time, want time.Time) bool {
	if got == nil || want.IsZero() {
		return got == nil && want.IsZero()
	}
	return got.Equal(want.Truncate(time.Second))
}

// TestNumberOfCalls holds the promise of the README for a full account.
func TestNumberOfCalls(t *testing.T) {
	t.Parallel()
	l := newLab(t, iamsim.Config{}, func(a *iamsim.Account) {
		iamsim.Generate(a, iamsim.GenerateOptions{Users: 4999, Seed: 1})
		for i := range 150 {
			a.AddRole(iamsim.Role{Name: "extra" + number(i), Trust: `{"Version":"2012-10-17","Statement":[]}`})
		}
		for i := range 25 {
			a.AddGroup(iamsim.Group{Name: "extra" + number(i)})
		}
	})
	r := l.refresh()
	t.Logf("%v: %v", r.Counts, r.Calls)
	if r.Counts[store.KindUser] < 5000 || r.Counts[store.KindRole] < 1000 || r.Counts[store.KindGroup] < 300 {
		t.Errorf("the account is too small: %v", r.Counts)
	}
	// Documents of AWS managed policies are read once in a lifetime.
	if n := total(r.Calls, "GetPolicyVersion"); n > 30 {
		t.Errorf("a first observation took %d calls: %v", n, r.Calls)
	}
	r = l.refresh()
	if n := total(r.Calls); n > 25 {
		t.Errorf("a repeat took %d calls: %v", n, r.Calls)
	}
	if r.Outcome.New {
		t.Errorf("nothing changed, but a generation was made: %+v", r.Outcome)
	}
}

func number(i int) string {
	return string([]rune{rune('a' + i/100%26), rune('0' + i/10%10), rune('0' + i%10)})
}

// TestIncomplete: invariant 1. A partial page fails the observation, or is
// read again; it never publishes.
func TestIncomplete(t *testing.T) {
	t.Parallel()
	newFilled := func(t *testing.T) *lab {
		l := newLab(t, iamsim.Config{}, func(a *iamsim.Account) { iamsim.Generate(a, iamsim.GenerateOptions{Users: 60, Seed: 1}) })
		l.refresh()
		return l
	}
	for _, action := range []string{"GetAccountAuthorizationDetails", "ListUsers"} {
		for _, kind := range []iamsim.FaultKind{iamsim.FaultTruncate, iamsim.FaultOmit, iamsim.FaultCut} {
			t.Run(action+" "+string(kind), func(t *testing.T) {
				t.Parallel()
				l := newFilled(t)
				l.fault(iamsim.Fault{Action: action, Kind: kind, Count: 1})
				if r := l.refresh(); r.Outcome.New {
					t.Errorf("a %s page made a generation: %+v", kind, r.Outcome)
				}
				l.fault(iamsim.Fault{Action: action, Kind: kind, Count: -1})
				l.refuse()
				l.ClearFaults()
				l.refresh()
			})
		}
	}
	t.Run("one error", func(t *testing.T) {
		t.Parallel()
		l := newFilled(t)
		l.fault(iamsim.Fault{Action: "ListUsers", Code: "AccessDenied", Count: -1})
		err := l.refuse()
		if err == nil || !strings.Contains(err.Error(), "ListUsers") {
			t.Errorf("got %v, want the action to be named", err)
		}
		if h := l.p.Health(); h.Snapshot.LastError == "" || h.Snapshot.Observed == nil {
			t.Errorf("health hides the failure: %+v", h.Snapshot)
		}
	})
	t.Run("before the first generation", func(t *testing.T) {
		t.Parallel()
		l := newLab(t, iamsim.Config{}, func(a *iamsim.Account) { people(a, 5) })
		l.fault(iamsim.Fault{Action: "ListUsers", Code: "AccessDenied", Count: -1})
		l.refuse()
		if err := l.account.Snapshot.View(t.Context(), func(tx *store.SnapshotTx) error {
			_, err := tx.Select(t.Context(), store.KindUser, store.Query{})
			return err
		}); !errors.Is(err, store.ErrNoGeneration) {
			t.Errorf("got %v, want no generation", err)
		}
	})
}

// TestMovingAccount: users come and go between the two mandatory reads.
func TestMovingAccount(t *testing.T) {
	t.Parallel()
	newFilled := func(t *testing.T) *lab {
		return newLab(t, iamsim.Config{}, func(a *iamsim.Account) { people(a, 20) })
	}
	t.Run("created", func(t *testing.T) {
		t.Parallel()
		l := newFilled(t)
		l.after("GetAccountAuthorizationDetails", 1, func() { l.AddUser(iamsim.User{Name: "newcomer"}) })
		l.refresh()
		l.shown("newcomer")
	})
	t.Run("deleted", func(t *testing.T) {
		t.Parallel()
		l := newFilled(t)
		l.refresh()
		admin := l.client()
		l.AddUser(iamsim.User{Name: "leaver"})
		l.refresh()
		l.shown("leaver")
		l.after("GetAccountAuthorizationDetails", 1, func() { deleteUser(t, admin, "leaver") })
		l.refresh()
		for _, u := range l.users() {
			if u.Name == "leaver" {
				t.Error("a deleted user is still there")
			}
		}
	})
	t.Run("group renamed between pages", func(t *testing.T) {
		t.Parallel()
		l := newLab(t, iamsim.Config{PageBytes: 4000}, func(a *iamsim.Account) { people(a, 20) })
		g := l.AddGroup(iamsim.Group{Name: "before"})
		l.Join("personaa", "before")
		l.refresh()
		if n := l.Calls()["GetAccountAuthorizationDetails"]; n < 2 {
			t.Fatalf("the account fits in %d page", n)
		}
		admin := l.client()
		l.after("GetAccountAuthorizationDetails", 1, func() { renameGroup(t, admin, "before", "after") })
		l.refresh()
		if got := l.shown("personaa").Groups; !slices.Equal(got, []string{g.ID}) {
			t.Errorf("got groups %v, want %s", got, g.ID)
		}
	})
}

func TestThrottling(t *testing.T) {
	t.Parallel()
	l := newLab(t, iamsim.Config{}, func(a *iamsim.Account) { people(a, 5) })
	for _, action := range []string{"GetAccountAuthorizationDetails", "ListUsers", "ListRoles", "GetCredentialReport"} {
		l.fault(iamsim.Fault{Action: action, Code: "Throttling", Count: 2})
	}
	r := l.refresh()
	if r.Calls["ListUsers"] != 3 {
		t.Errorf("got %d attempts, want 3: %v", r.Calls["ListUsers"], r.Calls)
	}
	if failing := l.p.Health().Snapshot.Failing; len(failing) > 0 {
		t.Errorf("throttling left sources behind: %v", failing)
	}
}

// optionalSources are the actions an observation can do without.
func optionalSources() []string {
	var actions []string
	for _, p := range observer.Permissions {
		if !p.Mandatory {
			actions = append(actions, strings.TrimPrefix(p.Action, "iam:"))
		}
	}
	return actions
}

// TestOptionalSources: whatever may fail, fails; the account is served, values
// keep what they were, and health names the sources.
func TestOptionalSources(t *testing.T) {
	t.Parallel()
	fail := func(l *lab) {
		for _, action := range optionalSources() {
			l.fault(iamsim.Fault{Action: action, Code: "InternalFailure", Count: -1})
		}
	}
	fill := func(a *iamsim.Account) { iamsim.Generate(a, iamsim.GenerateOptions{Users: 60, Seed: 1}) }
	t.Run("from the beginning", func(t *testing.T) {
		t.Parallel()
		l := newLab(t, iamsim.Config{}, fill)
		fail(l)
		l.refresh()
		for _, u := range l.users() {
			if u.ConsoleAccess != nil || u.AccessKeys != nil || u.MFADevices != nil || u.ServiceCredentials != nil {
				t.Fatalf("values were made up: %+v", u)
			}
		}
		failing := l.p.Health().Snapshot.Failing
		for _, action := range []string{"GetCredentialReport", "ListPolicies", "ListRoles", "ListServiceSpecificCredentials", "ListVirtualMFADevices", "GetAccountSummary", "ListAccountAliases"} {
			if failing[action].Err == "" || !failing[action].At.IsZero() {
				t.Errorf("%s: got %+v, want a failure that never worked", action, failing[action])
			}
		}
	})
	t.Run("later", func(t *testing.T) {
		t.Parallel()
		l := newLab(t, iamsim.Config{}, fill)
		l.refresh()
		l.details()
		l.refresh()
		fail(l)
		l.Advance(5 * time.Hour) // the report is due again
		r := l.refresh()
		if r.Outcome.New {
			t.Errorf("failing sources changed what is served: %+v", r.Outcome)
		}
		if s := l.p.Health().Snapshot.Failing["ListRoles"]; s.Err == "" || s.At.IsZero() {
			t.Errorf("got %+v, want a failure and the time of the last success", s)
		}
	})
}

// TestLeastPrivilege: the observation needs what Permissions says, and asks
// for nothing more.
func TestLeastPrivilege(t *testing.T) {
	t.Parallel()
	policyOf := func(mandatory bool) string {
		var actions []string
		for _, p := range observer.Permissions {
			if p.Mandatory || !mandatory {
				actions = append(actions, p.Action)
			}
		}
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["` + strings.Join(actions, `","`) + `"],"Resource":"*"}]}`
	}
	observe := func(t *testing.T, document string) (denied []string) {
		l := newLab(t, iamsim.Config{}, func(a *iamsim.Account) {
			iamsim.Generate(a, iamsim.GenerateOptions{Users: 60, Seed: 1})
			a.AddUser(iamsim.User{
				Name: "reader", Keys: []iamsim.AccessKey{{}},
				Grants: iamsim.Grants{Inline: []iamsim.InlinePolicy{{Name: "read", Document: document}}},
			})
		})
		if document != "" {
			reader, _ := l.User("reader")
			l.connect(awsapi.Config{AccessKeyID: say(reader.Keys[0].ID), SecretAccessKey: say(reader.Keys[0].Secret)})
			l.start(provisioner.Config{})
		}
		l.refresh()
		l.AddUser(iamsim.User{Name: "too-new-for-the-report", Keys: []iamsim.AccessKey{{}}})
		l.refresh()
		l.details()
		for _, c := range l.Journal() {
			if c.Code == "AccessDenied" {
				denied = append(denied, c.Action)
			}
		}
		slices.Sort(denied)
		return slices.Compact(denied)
	}
	t.Run("exactly Permissions", func(t *testing.T) {
		if denied := observe(t, policyOf(false)); len(denied) > 0 {
			t.Errorf("denied: %v", denied)
		}
	})
	t.Run("IAMReadOnlyAccess", func(t *testing.T) {
		if denied := observe(t, ""); len(denied) > 0 {
			t.Errorf("denied: %v", denied)
		}
	})
	t.Run("only what is mandatory", func(t *testing.T) {
		denied := observe(t, policyOf(true))
		for _, action := range denied {
			if !slices.Contains(optionalSources(), action) {
				t.Errorf("%s was asked for and is not in Permissions", action)
			}
		}
		if len(denied) < 8 {
			t.Errorf("only %v were denied", denied)
		}
	})
}
