package provisioner_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"iamscim/provisioner"
	"iamscim/provisioner/awsapi"
	"iamscim/provisioner/iamsim"
	"iamscim/store"
)

// TestLife: an account lives for a week, with several administrators, faults
// and delays; once it has settled, an observation holds exactly what is there.
func TestLife(t *testing.T) {
	t.Parallel()
	for _, seed := range []uint64{1, 2, 3} {
		t.Run("seed "+number(int(seed)), func(t *testing.T) {
			t.Parallel()
			l := newLab(t, iamsim.Config{Seed: seed, ShortPages: 0.3, PageBytes: 30_000}, func(a *iamsim.Account) {
				iamsim.Generate(a, iamsim.GenerateOptions{Users: 60, Seed: seed})
				live(t, a, 5040, seed)
			})
			l.refresh()
			l.same()
		})
	}
}

// TestLifeGoesOn: the same for an account that is observed every day.
func TestLifeGoesOn(t *testing.T) {
	t.Parallel()
	l := newLab(t, iamsim.Config{Seed: 4}, func(a *iamsim.Account) {
		iamsim.Generate(a, iamsim.GenerateOptions{Users: 60, Seed: 4})
	})
	for day := range uint64(7) {
		live(t, l.Account, 720, day)
		id, secret := l.Credentials() // temporary ones have expired meanwhile
		l.connect(awsapi.Config{RoleARN: l.ReadOnlyRoleARN(), AccessKeyID: say(id), SecretAccessKey: say(secret)})
		l.start(provisioner.Config{})
		l.confirm()
		l.same()
	}
}

// live lets things happen for so many steps of two minutes, under faults and
// delays, and waits until everything is visible.
func live(t *testing.T, a *iamsim.Account, steps int, seed uint64) {
	t.Helper()
	a.SetSettling(10 * time.Second)
	for _, err := range []error{
		a.SetDelay("*", 3*time.Minute),
		a.Fault(iamsim.Fault{Count: -1, Percent: 3, Code: "Throttling"}),
		a.Fault(iamsim.Fault{Count: -1, Percent: 2, After: true}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	codes := a.Live(iamsim.LiveOptions{Steps: steps, Seed: seed})
	if codes[""] < steps/4 {
		t.Errorf("hardly anything happened: %v", codes)
	}
	a.ClearFaults()
	a.Advance(time.Hour)
}

// confirm refreshes, and releases what is held: a small account may lose much
// of itself in a day.
func (l *lab) confirm() {
	l.t.Helper()
	_, err := l.p.Refresh(l.t.Context(), provisioner.RefreshOptions{})
	if held, ok := errors.AsType[*store.HeldError](err); ok {
		_, err = l.p.Refresh(l.t.Context(), provisioner.RefreshOptions{Confirm: held.ID, Actor: "operator"})
	}
	if err != nil {
		l.t.Fatal(err)
	}
}

// same compares every user, group, policy and role with the truth.
func (l *lab) same() {
	l.t.Helper()
	l.Advance(5 * time.Minute)
	l.details()
	if n := len(l.Users()); n < 30 {
		l.t.Errorf("life has left only %d users", n)
	}
	order := cmpopts.SortSlices(func(a, b string) bool { return a < b })
	for kind, pair := range map[string][2]any{
		"users":    {l.trueUsers(), l.shownUsers()},
		"groups":   {l.trueGroups(), l.shownGroups()},
		"policies": {l.truePolicies(), l.shownPolicies()},
		"roles":    {l.trueRoles(), l.shownRoles()},
	} {
		if diff := cmp.Diff(pair[0], pair[1], order, cmpopts.EquateEmpty()); diff != "" {
			l.t.Errorf("%s differ (-there +shown):\n%s", kind, diff)
		}
	}
}

// resource is what there is to say about a user, group, policy or role. Lists
// are sets of texts.
type resource struct {
	Name, Path, ARN string
	Created         time.Time
	Boundary, Trust string
	Document        string // of a policy's default version
	Attachments     int64
	Inline          []string
	Attached        []string
	Tags            []string
	Groups, Members []string // ids

	Password                                         bool
	Keys, MFA, SSHKeys, Certificates, ServiceAccount []string
}

// texts renders a list for comparison.
func texts[T any](list []T, text func(T) string) []string {
	out := make([]string, 0, len(list))
	for _, v := range list {
		out = append(out, text(v))
	}
	return out
}

func (l *lab) trueUsers() map[string]resource {
	out := map[string]resource{}
	for _, u := range l.Users() {
		r := resource{
			Name: u.Name, Path: u.Path, ARN: l.arn("user" + u.Path + u.Name), Created: u.Created.Truncate(time.Second), Boundary: u.Boundary,
			Groups: slices.Clone(u.Groups), Password: u.Login != nil,
			Keys:           texts(u.Keys, func(k iamsim.AccessKey) string { return k.ID + " " + k.Status }),
			MFA:            texts(u.MFA, func(m iamsim.MFADevice) string { return m.Serial }),
			SSHKeys:        texts(u.SSHKeys, func(k iamsim.SSHKey) string { return k.ID + " " + k.Status }),
			Certificates:   texts(u.Certificates, func(k iamsim.Certificate) string { return k.ID + " " + k.Status }),
			ServiceAccount: texts(u.Credentials, func(k iamsim.ServiceCredential) string { return k.ID + " " + k.Service + " " + k.Status }),
		}
		r.granted(u.Grants, u.Tags)
		out[u.ID] = r
	}
	return out
}

func (l *lab) arn(resource string) string { return "arn:aws:iam::" + l.ID() + ":" + resource }

func (r *resource) granted(g iamsim.Grants, tags []iamsim.Tag) {
	r.Inline = texts(g.Inline, func(p iamsim.InlinePolicy) string { return p.Name + " " + p.Document })
	r.Attached = slices.Clone(g.Attached)
	r.Tags = texts(tags, func(t iamsim.Tag) string { return t.Key + "=" + t.Value })
}

func (r *resource) shown(inline []store.InlinePolicy, attached []store.PolicyRef, tags []store.Tag) {
	r.Inline = texts(inline, func(p store.InlinePolicy) string { return p.Name + " " + p.Document })
	r.Attached = texts(attached, func(p store.PolicyRef) string { return p.ARN })
	r.Tags = texts(tags, func(t store.Tag) string { return t.Key + "=" + t.Value })
}

func (l *lab) shownUsers() map[string]resource {
	out := map[string]resource{}
	for _, u := range l.users() {
		r := resource{
			Name: u.Name, Path: u.Path, ARN: u.ARN, Created: u.Created, Boundary: u.Boundary,
			Groups: slices.Clone(u.Groups), Password: u.ConsoleAccess != nil && *u.ConsoleAccess,
			Keys:           texts(u.AccessKeys, func(k store.AccessKey) string { return k.ID + " " + k.Status }),
			MFA:            texts(u.MFADevices, func(m store.MFADevice) string { return m.SerialNumber }),
			SSHKeys:        texts(u.SSHPublicKeys, func(k store.Credential) string { return k.ID + " " + k.Status }),
			Certificates:   texts(u.Certificates, func(k store.Certificate) string { return k.ID + " " + k.Status }),
			ServiceAccount: texts(u.ServiceCredentials, func(k store.ServiceCredential) string { return k.ID + " " + k.Service + " " + k.Status }),
		}
		r.shown(u.Inline, u.Attached, u.Tags)
		out[u.ID] = r
	}
	return out
}

func (l *lab) trueGroups() map[string]resource {
	out, members := map[string]resource{}, map[string][]string{}
	for _, u := range l.Users() {
		for _, g := range u.Groups {
			members[g] = append(members[g], u.ID)
		}
	}
	for _, g := range l.Groups() {
		r := resource{Name: g.Name, Path: g.Path, ARN: l.arn("group" + g.Path + g.Name), Created: g.Created.Truncate(time.Second), Members: members[g.ID]}
		r.granted(g.Grants, nil)
		out[g.ID] = r
	}
	return out
}

func (l *lab) shownGroups() map[string]resource {
	out := map[string]resource{}
	for _, g := range l.groups() {
		r := resource{Name: g.Name, Path: g.Path, ARN: g.ARN, Created: g.Created}
		r.shown(g.Inline, g.Attached, nil)
		l.view(func(tx *store.SnapshotTx) error {
			members, err := tx.Members(l.t.Context(), g.ID, false)
			r.Members = texts(members, func(m store.Member) string { return m.ID })
			return err
		})
		out[g.ID] = r
	}
	return out
}

func (l *lab) truePolicies() map[string]resource {
	attachments := map[string]int64{}
	count := func(g iamsim.Grants) {
		for _, arn := range g.Attached {
			attachments[arn]++
		}
	}
	for _, u := range l.Users() {
		count(u.Grants)
	}
	for _, g := range l.Groups() {
		count(g.Grants)
	}
	for _, r := range l.Roles() {
		count(r.Grants)
	}
	out := map[string]resource{}
	for _, p := range l.Policies() {
		r := resource{Name: p.Name, Path: p.Path, ARN: p.ARN, Created: p.Created.Truncate(time.Second), Attachments: attachments[p.ARN]}
		for _, v := range p.Versions {
			if v.ID == p.Default {
				r.Document = v.Document
			}
		}
		out[p.ID] = r
	}
	return out
}

func (l *lab) shownPolicies() map[string]resource {
	out := map[string]resource{}
	l.view(func(tx *store.SnapshotTx) error {
		all, err := tx.Select(l.t.Context(), store.KindPolicy, store.Query{})
		if err != nil {
			return err
		}
		policies, err := tx.Policies(l.t.Context(), all.IDs...)
		for _, p := range policies {
			if !p.AWSManaged {
				out[p.ID] = resource{Name: p.Name, Path: p.Path, ARN: p.ARN, Created: *p.Created, Attachments: p.Attachments, Document: p.Document}
			}
		}
		return err
	})
	return out
}

func (l *lab) trueRoles() map[string]resource {
	out := map[string]resource{}
	for _, role := range l.Roles() {
		r := resource{
			Name: role.Name, Path: role.Path, ARN: l.arn("role" + role.Path + role.Name), Created: role.Created.Truncate(time.Second),
			Boundary: role.Boundary, Trust: role.Trust,
		}
		r.granted(role.Grants, role.Tags)
		out[role.ID] = r
	}
	return out
}

func (l *lab) shownRoles() map[string]resource {
	out := map[string]resource{}
	l.view(func(tx *store.SnapshotTx) error {
		all, err := tx.Select(l.t.Context(), store.KindRole, store.Query{})
		if err != nil {
			return err
		}
		roles, err := tx.Roles(l.t.Context(), all.IDs...)
		for _, role := range roles {
			r := resource{
				Name: role.Name, Path: role.Path, ARN: role.ARN, Created: role.Created, Boundary: role.Boundary, Trust: role.Trust,
			}
			r.shown(role.Inline, role.Attached, role.Tags)
			out[role.ID] = r
		}
		return err
	})
	return out
}
