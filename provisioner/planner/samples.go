package planner

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"

	"iamscim/store"
)

// Sample is an operation with what it needs, taken from the plans for a user
// and a group that do not exist: so the question never differs from the deed.
type Sample struct {
	Operation string
	Needs     []Need
	Off       string // why it is not offered at all
}

// The live reads before a write, by what is written to.
var (
	userReads       = []string{"GetUser", "ListAttachedUserPolicies", "ListUserPolicies", "GetUserPolicy", "ListGroupsForUser"}
	credentialReads = []string{
		"ListAccessKeys", "ListSSHPublicKeys", "ListSigningCertificates", "ListServiceSpecificCredentials", "GetLoginProfile", "ListMFADevices",
	}
	groupReads  = []string{"GetGroup", "ListAttachedGroupPolicies", "ListGroupPolicies", "GetGroupPolicy"}
	memberReads = []string{"GetUser", "ListGroupsForUser"}
)

const sampleName = "iamscim-sample"

// sampler makes plans for things that do not exist.
type sampler struct {
	*Planner
	user    *store.User
	group   *store.Group
	grants  []string
	samples []Sample
}

// Samples lists every operation. grants are policies that may be attached, if any
// is grantable.
func (pl *Planner) Samples(grants []string, grantable bool) []Sample {
	s := &sampler{Planner: pl, grants: grants}
	path := pl.CreatePath
	s.group = &store.Group{ID: "AGPASAMPLE", Name: sampleName, DisplayName: sampleName, Path: path, ARN: pl.ARN("group", path, sampleName)}
	s.user = &store.User{
		ID: "AIDASAMPLE", Name: sampleName, UserName: sampleName, Path: path, ARN: pl.ARN("user", path, sampleName), Boundary: pl.CreateBoundary,
		Active: true, ConsoleAccess: aws.Bool(true), Groups: []string{s.group.ID}, Inline: []store.InlinePolicy{{Name: sampleName, Document: "{}"}},
		AccessKeys:         []store.AccessKey{{ID: "AKIASAMPLE", Status: StatusActive}},
		SSHPublicKeys:      []store.Credential{{ID: "APKASAMPLE", Status: StatusActive}},
		Certificates:       []store.Certificate{{ID: "SAMPLE", Status: StatusActive}},
		ServiceCredentials: []store.ServiceCredential{{ID: "ACCASAMPLE", Status: StatusActive}},
		MFADevices:         []store.MFADevice{{SerialNumber: pl.ARN("mfa", "/", sampleName)}},
	}
	for _, arn := range grants {
		s.user.Attached = append(s.user.Attached, store.PolicyRef{ARN: arn})
		s.group.Attached = append(s.group.Attached, store.PolicyRef{ARN: arn})
	}
	pl.Groups, pl.Known = map[string]*store.Group{s.group.ID: s.group}, map[string]*store.User{s.user.ID: s.user}
	s.users(grantable)
	s.groupOperations(grantable)
	return s.samples
}

// add makes a sample of plans and reads. Plans of samples cannot fail; one that
// did would be an operation of which nothing is known.
func (s *sampler) add(operation string, reads []Need, plans ...func() (*Plan, error)) {
	out := Sample{Operation: operation, Needs: slices.Clip(reads)}
	for _, planned := range plans {
		if plan, err := planned(); err == nil {
			out.Needs = append(out.Needs, plan.Needs()...)
		}
	}
	s.samples = append(s.samples, out)
}

func (s *sampler) off(operation, reason string) {
	s.samples = append(s.samples, Sample{Operation: operation, Off: reason})
}

func needsOf(arn string, lists ...[]string) (needs []Need) {
	for _, list := range lists {
		for _, action := range list {
			needs = append(needs, Need{Action: "iam:" + action, Resource: arn})
		}
	}
	return needs
}

// as is the sample user with some differences.
func (s *sampler) as(edit func(*store.User)) UserNow {
	u := *s.user
	edit(&u)
	return UserNow{User: &u}
}

func (s *sampler) updating(now UserNow, w UserWish) func() (*Plan, error) {
	return func() (*Plan, error) { return s.UpdateUser(now, &w) }
}

const nothingGrantable = "no policy may be granted (--grantable-policies)"

func (s *sampler) users(grantable bool) {
	reads, held := needsOf(s.user.ARN, userReads), needsOf(s.user.ARN, userReads, credentialReads)
	now := UserNow{User: s.user}
	s.add("user.create", nil, func() (*Plan, error) { return s.CreateUser(&UserWish{UserName: aws.String(sampleName)}, "sample") })
	s.add("user.rename", reads, s.updating(now, UserWish{UserName: aws.String(sampleName + "-2")}))
	s.add("user.deactivate", held, func() (*Plan, error) { return s.Deactivate(s.as(func(u *store.User) { u.Attached = nil })), nil })
	s.add("user.reactivate", held, s.updating(s.deactivated(), UserWish{Active: aws.Bool(true)}))
	s.add("user.delete", held, func() (*Plan, error) { return s.DeleteUser(now), nil })
	if grantable {
		bare := s.as(func(u *store.User) { u.Attached = nil })
		s.add("user.entitlements", reads, s.updating(bare, UserWish{Entitlements: &s.grants}), s.updating(now, UserWish{Entitlements: &[]string{}}))
	} else {
		s.off("user.entitlements", nothingGrantable)
	}
	if s.Passwords {
		none := s.as(func(u *store.User) { u.ConsoleAccess = aws.Bool(false) })
		s.add("user.password", held, s.updating(none, UserWish{Password: aws.String("x")}), s.updating(now, UserWish{Password: aws.String("x")}))
	} else {
		s.off("user.password", "passwords are not written (--passwords)")
	}
}

// deactivated is the sample user as a deactivation leaves them.
func (s *sampler) deactivated() UserNow {
	record := &store.Deactivation{Denies: []string{s.denyAll()}}
	now := s.as(func(u *store.User) {
		u.Active, u.Attached = false, []store.PolicyRef{{ARN: s.denyAll(), Deny: true}}
		u.DisabledBy = []store.Deny{{Type: "attachedPolicy", Value: s.denyAll(), Ours: true}}
		u.AccessKeys = []store.AccessKey{{ID: "AKIASAMPLE", Status: StatusInactive}}
		u.SSHPublicKeys = []store.Credential{{ID: "APKASAMPLE", Status: StatusInactive}}
		u.Certificates = []store.Certificate{{ID: "SAMPLE", Status: StatusInactive}}
		u.ServiceCredentials = []store.ServiceCredential{{ID: "ACCASAMPLE", Status: StatusInactive}}
	})
	for _, c := range CredentialsOf(now.User) {
		record.Credentials = append(record.Credentials, store.RememberedCredential{Kind: c.Kind, ID: c.ID})
	}
	now.Record = record
	return now
}

func (s *sampler) groupOperations(grantable bool) {
	reads := needsOf(s.group.ARN, groupReads)
	now := GroupNow{Group: s.group, Members: map[string]bool{s.user.ID: true}}
	updating := func(now GroupNow, w GroupWish) func() (*Plan, error) {
		return func() (*Plan, error) { return s.UpdateGroup(now, &w) }
	}
	s.add("group.create", needsOf(s.group.ARN, []string{"GetGroup"}), func() (*Plan, error) {
		return s.CreateGroup(&GroupWish{DisplayName: aws.String(sampleName)})
	})
	s.add("group.rename", reads, updating(now, GroupWish{DisplayName: aws.String(sampleName + "-2")}))
	without := GroupNow{Group: s.group, Members: map[string]bool{}}
	outside := *s.user
	outside.Groups = nil
	s.Known[s.user.ID] = &outside
	s.add("group.members", append(slices.Clip(reads), needsOf(s.user.ARN, memberReads)...),
		updating(without, GroupWish{AddMembers: []string{s.user.ID}}), updating(now, GroupWish{RemoveMembers: []string{s.user.ID}}))
	if grantable {
		bare := *s.group
		bare.Attached = nil
		s.add("group.policies", reads, updating(GroupNow{Group: &bare}, GroupWish{Policies: &s.grants}), updating(now, GroupWish{Policies: &[]string{}}))
	} else {
		s.off("group.policies", nothingGrantable)
	}
	now.Group = s.groupToDelete()
	s.add("group.delete", reads, func() (*Plan, error) { return s.DeleteGroup(now) })
}

func (s *sampler) groupToDelete() *store.Group {
	g := *s.group
	g.Inline = []store.InlinePolicy{{Name: sampleName, Document: "{}"}}
	return &g
}

// InlineNeeds is what an inline deny needs, which not every deactivation places.
func (pl *Planner) InlineNeeds() []Need {
	t := userTarget{name: sampleName, arn: pl.ARN("user", pl.CreatePath, sampleName), boundary: pl.CreateBoundary}
	return t.putInline(DenyInlineName, denyDocument).Needs
}
