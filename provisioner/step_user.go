package provisioner

import (
	"cmp"
	"context"
	"path"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"iamscim/provisioner/policy"
	"iamscim/store"
)

// userTarget makes steps about one user. Its name is the one that IAM knows at
// that point of the plan.
type userTarget struct{ name, id, arn, boundary string }

func (t userTarget) step(action string) Step {
	return Step{Action: action, UserID: t.id}.with("user", t.name).needing(action, t.arn, "iam:PermissionsBoundary", t.boundary)
}

func (t userTarget) rename(old, next userTarget, oldPath, newPath string) Step {
	forward := func(from, to userTarget, path string) Step {
		s := Step{Action: "UpdateUser", UserID: to.id}.with("user", from.name)
		if from.name != to.name {
			s = s.with("new-name", to.name)
		}
		// "You must have the permission for both the current and the new name or
		// path" (IAM User Guide, Rename an IAM user).
		return s.with("new-path", path).needing("UpdateUser", from.arn).needing("UpdateUser", to.arn)
	}
	if oldPath == newPath {
		return forward(old, next, "").undoneBy(forward(next, old, ""))
	}
	return forward(old, next, newPath).undoneBy(forward(next, old, oldPath))
}

func (t userTarget) policyStep(action, arn string) Step {
	return Step{Action: action, UserID: t.id}.with("user", t.name).with("policy", arn).
		needing(action, t.arn, "iam:PolicyARN", arn, "iam:PermissionsBoundary", t.boundary)
}

func (t userTarget) attach(arn string) Step {
	return t.policyStep("AttachUserPolicy", arn).undoneBy(t.policyStep("DetachUserPolicy", arn))
}

func (t userTarget) detach(arn string) Step {
	return t.policyStep("DetachUserPolicy", arn).undoneBy(t.policyStep("AttachUserPolicy", arn))
}

func (t userTarget) putInline(name, document string) Step {
	return t.step("PutUserPolicy").with("name", name).with("document", document).
		undoneBy(t.step("DeleteUserPolicy").with("name", name))
}

func (t userTarget) deleteInline(p store.InlinePolicy) Step {
	return t.step("DeleteUserPolicy").with("name", p.Name).
		undoneBy(t.step("PutUserPolicy").with("name", p.Name).with("document", p.Document))
}

func (t userTarget) setBoundary(from, to string) Step {
	put := func(arn string) Step {
		if arn == "" {
			return t.step("DeleteUserPermissionsBoundary")
		}
		return Step{Action: "PutUserPermissionsBoundary", UserID: t.id}.with("user", t.name).with("boundary", arn).
			needing("PutUserPermissionsBoundary", t.arn, "iam:PermissionsBoundary", arn)
	}
	return put(to).undoneBy(put(from))
}

func (t userTarget) join(g *store.Group) Step {
	return t.membershipStep("AddUserToGroup", g).undoneBy(t.membershipStep("RemoveUserFromGroup", g))
}
func (t userTarget) leave(g *store.Group) Step {
	return t.membershipStep("RemoveUserFromGroup", g).undoneBy(t.membershipStep("AddUserToGroup", g))
}

// membershipStep is authorised on the group (Service Authorization Reference,
// IAM).
func (t userTarget) membershipStep(action string, g *store.Group) Step {
	return Step{Action: action, UserID: t.id, GroupID: g.ID}.with("user", t.name).with("group", g.Name).needing(action, g.ARN)
}

func userActions() map[string]action {
	return map[string]action{
		"CreateUser":                    {call: callCreateUser, effect: effectCreateUser},
		"UpdateUser":                    {call: callUpdateUser, effect: onUser(effectUpdateUser)},
		"DeleteUser":                    {call: callDeleteUser, effect: func(x *subject, _ *Step) { x.user = nil }, settled: gone},
		"TagUser":                       {call: callTagUser, effect: onUser(effectTagUser)},
		"UntagUser":                     {call: callUntagUser, effect: onUser(effectUntagUser)},
		"AttachUserPolicy":              {call: callAttachUserPolicy, effect: onUser(effectAttach), scope: ScopeEntitlements},
		"DetachUserPolicy":              {call: callDetachUserPolicy, effect: onUser(effectDetach), scope: ScopeEntitlements, settled: gone},
		"PutUserPolicy":                 {call: callPutUserPolicy, effect: onUser(effectPutInline)},
		"DeleteUserPolicy":              {call: callDeleteUserPolicy, effect: onUser(effectDeleteInline), settled: gone},
		"PutUserPermissionsBoundary":    {call: callPutBoundary, effect: onUser(func(u *store.User, s *Step) { u.Boundary = s.param("boundary") }), scope: ScopeAdmin},
		"DeleteUserPermissionsBoundary": {call: callDeleteBoundary, effect: onUser(func(u *store.User, _ *Step) { u.Boundary = "" }), scope: ScopeAdmin, settled: gone},
		"AddUserToGroup":                {call: callAddToGroup, effect: membership(true), together: true},
		"RemoveUserFromGroup":           {call: callRemoveFromGroup, effect: membership(false), together: true},
	}
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func iamTags(list []store.Tag) []iamtypes.Tag {
	var out []iamtypes.Tag
	for _, t := range list {
		out = append(out, iamtypes.Tag{Key: aws.String(t.Key), Value: aws.String(t.Value)})
	}
	return out
}

func callCreateUser(ctx context.Context, c *iam.Client, s *Step) (*made, error) {
	out, err := c.CreateUser(ctx, &iam.CreateUserInput{
		UserName: aws.String(s.param("user")), Path: optional(s.param("path")),
		PermissionsBoundary: optional(s.param("boundary")), Tags: iamTags(s.tags()),
	})
	if err != nil {
		return nil, err
	}
	return &made{user: out.User}, nil
}

func effectCreateUser(x *subject, s *Step) {
	p := s.param("path")
	if p == "" {
		p = "/"
	}
	x.user = &store.User{
		ID: s.UserID, Active: true, Name: s.param("user"), UserName: store.DecodeName(s.param("user")), Path: p, Boundary: s.param("boundary"),
		Tags: s.tags(), ConsoleAccess: aws.Bool(false), MFAActive: aws.Bool(false), MFADevices: []store.MFADevice{},
		AccessKeys: []store.AccessKey{}, SSHPublicKeys: []store.Credential{}, Certificates: []store.Certificate{},
		ServiceCredentials: []store.ServiceCredential{},
	}
	if x.born != nil {
		x.user.ARN, x.user.Created = aws.ToString(x.born.user.Arn), aws.ToTime(x.born.user.CreateDate).UTC()
	}
}

func callUpdateUser(ctx context.Context, c *iam.Client, s *Step) (*made, error) {
	_, err := c.UpdateUser(ctx, &iam.UpdateUserInput{
		UserName: aws.String(s.param("user")), NewUserName: optional(s.param("new-name")), NewPath: optional(s.param("new-path")),
	})
	return nil, err
}

func effectUpdateUser(u *store.User, s *Step) {
	if name := s.param("new-name"); name != "" {
		u.Name, u.UserName = name, store.DecodeName(name)
	}
	if p := s.param("new-path"); p != "" {
		u.Path = p
	}
	u.ARN = arnOf(u.ARN, "user", u.Path, u.Name)
}

// arnOf is the ARN of an object under a new path and name.
func arnOf(old, kind, path, name string) string {
	i := indexAfter(old, ":"+kind)
	if i < 0 {
		return ""
	}
	return old[:i] + path + name
}

func indexAfter(s, sep string) int {
	for i := 0; i+len(sep) <= len(s); i++ {
		if s[i:i+len(sep)] == sep {
			return i + len(sep)
		}
	}
	return -1
}

func callDeleteUser(ctx context.Context, c *iam.Client, s *Step) (*made, error) {
	_, err := c.DeleteUser(ctx, &iam.DeleteUserInput{UserName: aws.String(s.param("user"))})
	return nil, err
}

func callTagUser(ctx context.Context, c *iam.Client, s *Step) (*made, error) {
	_, err := c.TagUser(ctx, &iam.TagUserInput{UserName: aws.String(s.param("user")), Tags: iamTags(s.tags())})
	return nil, err
}

func effectTagUser(u *store.User, s *Step) {
	for _, t := range s.tags() {
		u.Tags = slices.DeleteFunc(slices.Clone(u.Tags), func(old store.Tag) bool { return store.Fold(old.Key) == store.Fold(t.Key) })
		u.Tags = append(u.Tags, t)
	}
	slices.SortFunc(u.Tags, func(a, b store.Tag) int { return cmp.Compare(a.Key, b.Key) })
}

func callUntagUser(ctx context.Context, c *iam.Client, s *Step) (*made, error) {
	_, err := c.UntagUser(ctx, &iam.UntagUserInput{UserName: aws.String(s.param("user")), TagKeys: []string{s.param("key")}})
	return nil, err
}

func effectUntagUser(u *store.User, s *Step) {
	u.Tags = slices.DeleteFunc(slices.Clone(u.Tags), func(t store.Tag) bool { return store.Fold(t.Key) == store.Fold(s.param("key")) })
}

func callAttachUserPolicy(ctx context.Context, c *iam.Client, s *Step) (*made, error) {
	_, err := c.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: aws.String(s.param("user")), PolicyArn: aws.String(s.param("policy"))})
	return nil, err
}

func effectAttach(u *store.User, s *Step) { u.Attached = withPolicy(u.Attached, s.param("policy")) }

// withPolicy adds an attachment; composing fills in what is known of the policy.
func withPolicy(list []store.PolicyRef, arn string) []store.PolicyRef {
	if slices.ContainsFunc(list, func(p store.PolicyRef) bool { return p.ARN == arn }) {
		return list
	}
	list = append(slices.Clone(list), store.PolicyRef{ARN: arn, Name: path.Base(arn), Deny: policy.IsDenyAll(arn), Quarantine: policy.IsQuarantine(arn)})
	slices.SortFunc(list, func(a, b store.PolicyRef) int { return cmp.Compare(a.ARN, b.ARN) })
	return list
}

func withoutPolicy(list []store.PolicyRef, arn string) []store.PolicyRef {
	return slices.DeleteFunc(slices.Clone(list), func(p store.PolicyRef) bool { return p.ARN == arn })
}

func callDetachUserPolicy(ctx context.Context, c *iam.Client, s *Step) (*made, error) {
	_, err := c.DetachUserPolicy(ctx, &iam.DetachUserPolicyInput{UserName: aws.String(s.param("user")), PolicyArn: aws.String(s.param("policy"))})
	return nil, err
}

func effectDetach(u *store.User, s *Step) { u.Attached = withoutPolicy(u.Attached, s.param("policy")) }

func callPutUserPolicy(ctx context.Context, c *iam.Client, s *Step) (*made, error) {
	_, err := c.PutUserPolicy(ctx, &iam.PutUserPolicyInput{
		UserName: aws.String(s.param("user")), PolicyName: aws.String(s.param("name")), PolicyDocument: aws.String(s.param("document")),
	})
	return nil, err
}

func effectPutInline(u *store.User, s *Step) {
	next := store.InlinePolicy{Name: s.param("name"), Document: s.param("document")}
	u.Inline = slices.DeleteFunc(slices.Clone(u.Inline), func(p store.InlinePolicy) bool { return p.Name == next.Name })
	u.Inline = append(u.Inline, next)
	slices.SortFunc(u.Inline, func(a, b store.InlinePolicy) int { return cmp.Compare(a.Name, b.Name) })
}

func callDeleteUserPolicy(ctx context.Context, c *iam.Client, s *Step) (*made, error) {
	_, err := c.DeleteUserPolicy(ctx, &iam.DeleteUserPolicyInput{UserName: aws.String(s.param("user")), PolicyName: aws.String(s.param("name"))})
	return nil, err
}

func effectDeleteInline(u *store.User, s *Step) {
	u.Inline = slices.DeleteFunc(slices.Clone(u.Inline), func(p store.InlinePolicy) bool { return p.Name == s.param("name") })
}

func callPutBoundary(ctx context.Context, c *iam.Client, s *Step) (*made, error) {
	_, err := c.PutUserPermissionsBoundary(ctx, &iam.PutUserPermissionsBoundaryInput{
		UserName: aws.String(s.param("user")), PermissionsBoundary: aws.String(s.param("boundary")),
	})
	return nil, err
}

func callDeleteBoundary(ctx context.Context, c *iam.Client, s *Step) (*made, error) {
	_, err := c.DeleteUserPermissionsBoundary(ctx, &iam.DeleteUserPermissionsBoundaryInput{UserName: aws.String(s.param("user"))})
	return nil, err
}

func callAddToGroup(ctx context.Context, c *iam.Client, s *Step) (*made, error) {
	_, err := c.AddUserToGroup(ctx, &iam.AddUserToGroupInput{UserName: aws.String(s.param("user")), GroupName: aws.String(s.param("group"))})
	return nil, err
}

func callRemoveFromGroup(ctx context.Context, c *iam.Client, s *Step) (*made, error) {
	_, err := c.RemoveUserFromGroup(ctx, &iam.RemoveUserFromGroupInput{UserName: aws.String(s.param("user")), GroupName: aws.String(s.param("group"))})
	return nil, err
}
