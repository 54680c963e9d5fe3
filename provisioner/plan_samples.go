package provisioner

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"

	"iamscim/store"
)

// sample is an operation with what it needs, taken from the plans for a user
// and a group that do not exist: so the question never differs from the deed.
type sample struct {
	operation string
	needs     []Need
	off       string // why it is not offered at all
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
	*planner
	user    *store.User
	group   *store.Group
	grants  []string
	samples []sample
}

// samples lists every operation. grants are policies that may be attached, if any
// is grantable.
func (pl *planner) samples(grants []string, grantable bool) []sample {
	s := &sampler{planner: pl, grants: grants}
	path := pl.CreatePath
	s.group = &store.Group{ID: "AGPASAMPLE", Name: sampleName, DisplayName: sampleName, Path: path, ARN: pl.arn("group", path, sampleName)}
	s.user = &store.User{
		ID: "AIDASAMPLE", Name: sampleName, UserName: sampleName, Path: path, ARN: pl.arn("user", path, sampleName), Boundary: pl.CreateBoundary,
		Active: true, ConsoleAccess: aws.Bool(true), Groups: []string{s.group.ID}, Inline: []store.InlinePolicy{{Name: sampleName, Document: "{}"}},
		AccessKeys:         []store.AccessKey{{ID: "AKIASAMPLE", Status: statusActive}},
		SSHPublicKeys:      []store.Credential{{ID: "APKASAMPLE", Status: statusActive}},
		Certificates:       []store.Certificate{{ID: "SAMPLE", Status: statusActive}},
		ServiceCredentials: []store.ServiceCredential{{ID: "ACCASAMPLE", Status: statusActive}},
		MFADevices:         []store.MFADevice{{SerialNumber: pl.arn("mfa", "/", sampleName)}},
	}
	for _, arn := range grants {
		s.user.Attached = append(s.user.Attached, store.PolicyRef{ARN: arn})
		s.group.Attached = append(s.group.Attached, store.PolicyRef{ARN: arn})
	}
	pl.groups, pl.known = map[string]*store.Group{s.group.ID: s.group}, map[string]*store.User{s.user.ID: s.user}
	s.users(grantable)
	s.groupOperations(grantable)
	return s.samples
}

// add makes a sample of plans and reads. Plans of samples cannot fail; one that
// did would be an operation of which nothing is known.
func (s *sampler) add(operation string, reads []Need, plans ...func() (*Plan, error)) {
	out := sample{operation: operation, needs: slices.Clip(reads)}
	for _, planned := range plans {
		if plan, err := planned(); err == nil {
			out.needs = append(out.needs, plan.Needs()...)
		}
	}
	s.samples = append(s.samples, out)
}

func (s *sampler) off(operation, reason string) {
	s.samples = append(s.samples, sample{operation: operation, off: reason})
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
func (s *sampler) as(edit func(*store.User)) userNow {
	u := *s.user
	edit(&u)
	return userNow{user: &u}
}

func (s *sampler) updating(now userNow, w UserWish) func() (*Plan, error) {
	return func() (*Plan, error) { return s.planUpdateUser(now, &w) }
}

const nothingGrantable = "no policy may be granted (--grantable-policies)"

func (s *sampler) users(grantable bool) {
	reads, held := needsOf(s.user.ARN, userReads), needsOf(s.user.ARN, userReads, credentialReads)
	now := userNow{user: s.user}
	s.add("user.create", nil, func() (*Plan, error) { return s.planCreateUser(&UserWish{UserName: aws.String(sampleName)}, "sample") })
	s.add("user.rename", reads, s.updating(now, UserWish{UserName: aws.String(sampleName + "-2")}))
	s.add("user.deactivate", held, func() (*Plan, error) { return s.planDeactivate(s.as(func(u *store.User) { u.Attached = nil })), nil })
	s.add("user.reactivate", held, s.updating(s.deactivated(), UserWish{Active: aws.Bool(true)}))
	s.add("user.delete", held, func() (*Plan, error) { return s.planDeleteUser(now), nil })
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
func (s *sampler) deactivated() userNow {
	record := &store.Deactivation{Denies: []string{s.denyAll()}}
	now := s.as(func(u *store.User) {
		u.Active, u.Attached = false, []store.PolicyRef{{ARN: s.denyAll(), Deny: true}}
		u.DisabledBy = []store.Deny{{Type: "attachedPolicy", Value: s.denyAll(), Ours: true}}
		u.AccessKeys = []store.AccessKey{{ID: "AKIASAMPLE", Status: statusInactive}}
		u.SSHPublicKeys = []store.Credential{{ID: "APKASAMPLE", Status: statusInactive}}
		u.Certificates = []store.Certificate{{ID: "SAMPLE", Status: statusInactive}}
		u.ServiceCredentials = []store.ServiceCredential{{ID: "ACCASAMPLE", Status: statusInactive}}
	})
	for _, c := range credentialsOf(now.user) {
		record.Credentials = append(record.Credentials, store.RememberedCredential{Kind: c.kind, ID: c.id})
	}
	now.record = record
	return now
}

func (s *sampler) groupOperations(grantable bool) {
	reads := needsOf(s.group.ARN, groupReads)
	now := groupNow{group: s.group, members: map[string]bool{s.user.ID: true}}
	updating := func(now groupNow, w GroupWish) func() (*Plan, error) {
		return func() (*Plan, error) { return s.planUpdateGroup(now, &w) }
	}
	s.add("group.create", needsOf(s.group.ARN, []string{"GetGroup"}), func() (*Plan, error) {
		return s.planCreateGroup(&GroupWish{DisplayName: aws.String(sampleName)})
	})
	s.add("group.rename", reads, updating(now, GroupWish{DisplayName: aws.String(sampleName + "-2")}))
	without := groupNow{group: s.group, members: map[string]bool{}}
	outside := *s.user
	outside.Groups = nil
	s.known[s.user.ID] = &outside
	s.add("group.members", append(slices.Clip(reads), needsOf(s.user.ARN, memberReads)...),
		updating(without, GroupWish{AddMembers: []string{s.user.ID}}), updating(now, GroupWish{RemoveMembers: []string{s.user.ID}}))
	if grantable {
		bare := *s.group
		bare.Attached = nil
		s.add("group.policies", reads, updating(groupNow{group: &bare}, GroupWish{Policies: &s.grants}), updating(now, GroupWish{Policies: &[]string{}}))
	} else {
		s.off("group.policies", nothingGrantable)
	}
	now.group = s.groupToDelete()
	s.add("group.delete", reads, func() (*Plan, error) { return s.planDeleteGroup(now) })
}

func (s *sampler) groupToDelete() *store.Group {
	g := *s.group
	g.Inline = []store.InlinePolicy{{Name: sampleName, Document: "{}"}}
	return &g
}

// inlineNeeds is what an inline deny needs, which not every deactivation places.
func (pl *planner) inlineNeeds() []Need {
	t := userTarget{name: sampleName, arn: pl.arn("user", pl.CreatePath, sampleName), boundary: pl.CreateBoundary}
	return t.putInline(denyInline, denyDocument).Needs
}
