package planner

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
		"DeleteUser":                    {call: callDeleteUser, effect: func(x *Subject, _ *Step) { x.User = nil }, settled: gone},
		"TagUser":                       {call: callTagUser, effect: onUser(effectTagUser)},
		"UntagUser":                     {call: callUntagUser, effect: onUser(effectUntagUser)},
		"AttachUserPolicy":              {call: callAttachUserPolicy, effect: onUser(effectAttach), scope: ScopeEntitlements},
		"DetachUserPolicy":              {call: callDetachUserPolicy, effect: onUser(effectDetach), scope: ScopeEntitlements, settled: gone},
		"PutUserPolicy":                 {call: callPutUserPolicy, effect: onUser(effectPutInline)},
		"DeleteUserPolicy":              {call: callDeleteUserPolicy, effect: onUser(effectDeleteInline), settled: gone},
		"PutUserPermissionsBoundary":    {call: callPutBoundary, effect: onUser(func(u *store.User, s *Step) { u.Boundary = s.Param("boundary") }), scope: ScopeAdmin},
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

func callCreateUser(ctx context.Context, c *iam.Client, s *Step) (*Created, error) {
	out, err := c.CreateUser(ctx, &iam.CreateUserInput{
		UserName: aws.String(s.Param("user")), Path: optional(s.Param("path")),
		PermissionsBoundary: optional(s.Param("boundary")), Tags: iamTags(s.tags()),
	})
	if err != nil {
		return nil, err
	}
	return &Created{User: out.User}, nil
}

func effectCreateUser(x *Subject, s *Step) {
	p := s.Param("path")
	if p == "" {
		p = "/"
	}
	x.User = &store.User{
		ID: s.UserID, Active: true, Name: s.Param("user"), UserName: store.DecodeName(s.Param("user")), Path: p, Boundary: s.Param("boundary"),
		Tags: s.tags(), ConsoleAccess: aws.Bool(false), MFAActive: aws.Bool(false), MFADevices: []store.MFADevice{},
		AccessKeys: []store.AccessKey{}, SSHPublicKeys: []store.Credential{}, Certificates: []store.Certificate{},
		ServiceCredentials: []store.ServiceCredential{},
	}
	if x.Born != nil {
		x.User.ARN, x.User.Created = aws.ToString(x.Born.User.Arn), aws.ToTime(x.Born.User.CreateDate).UTC()
	}
}

func callUpdateUser(ctx context.Context, c *iam.Client, s *Step) (*Created, error) {
	_, err := c.UpdateUser(ctx, &iam.UpdateUserInput{
		UserName: aws.String(s.Param("user")), NewUserName: optional(s.Param("new-name")), NewPath: optional(s.Param("new-path")),
	})
	return nil, err
}

func effectUpdateUser(u *store.User, s *Step) {
	if name := s.Param("new-name"); name != "" {
		u.Name, u.UserName = name, store.DecodeName(name)
	}
	if p := s.Param("new-path"); p != "" {
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

func callDeleteUser(ctx context.Context, c *iam.Client, s *Step) (*Created, error) {
	_, err := c.DeleteUser(ctx, &iam.DeleteUserInput{UserName: aws.String(s.Param("user"))})
	return nil, err
}

func callTagUser(ctx context.Context, c *iam.Client, s *Step) (*Created, error) {
	_, err := c.TagUser(ctx, &iam.TagUserInput{UserName: aws.String(s.Param("user")), Tags: iamTags(s.tags())})
	return nil, err
}

func effectTagUser(u *store.User, s *Step) {
	for _, t := range s.tags() {
		u.Tags = slices.DeleteFunc(slices.Clone(u.Tags), func(old store.Tag) bool { return store.Fold(old.Key) == store.Fold(t.Key) })
		u.Tags = append(u.Tags, t)
	}
	slices.SortFunc(u.Tags, func(a, b store.Tag) int { return cmp.Compare(a.Key, b.Key) })
}

func callUntagUser(ctx context.Context, c *iam.Client, s *Step) (*Created, error) {
	_, err := c.UntagUser(ctx, &iam.UntagUserInput{UserName: aws.String(s.Param("user")), TagKeys: []string{s.Param("key")}})
	return nil, err
}

func effectUntagUser(u *store.User, s *Step) {
	u.Tags = slices.DeleteFunc(slices.Clone(u.Tags), func(t store.Tag) bool { return store.Fold(t.Key) == store.Fold(s.Param("key")) })
}

func callAttachUserPolicy(ctx context.Context, c *iam.Client, s *Step) (*Created, error) {
	_, err := c.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: aws.String(s.Param("user")), PolicyArn: aws.String(s.Param("policy"))})
	return nil, err
}

func effectAttach(u *store.User, s *Step) { u.Attached = WithPolicy(u.Attached, s.Param("policy")) }

// WithPolicy adds an attachment; composing fills in what is known of the policy.
func WithPolicy(list []store.PolicyRef, arn string) []store.PolicyRef {
	if slices.ContainsFunc(list, func(p store.PolicyRef) bool { return p.ARN == arn }) {
		return list
	}
	list = append(slices.Clone(list), store.PolicyRef{ARN: arn, Name: path.Base(arn), Deny: policy.IsDenyAll(arn), Quarantine: policy.IsQuarantine(arn)})
	slices.SortFunc(list, func(a, b store.PolicyRef) int { return cmp.Compare(a.ARN, b.ARN) })
	return list
}

// WithoutPolicy takes an attachment away.
func WithoutPolicy(list []store.PolicyRef, arn string) []store.PolicyRef {
	return slices.DeleteFunc(slices.Clone(list), func(p store.PolicyRef) bool { return p.ARN == arn })
}

func callDetachUserPolicy(ctx context.Context, c *iam.Client, s *Step) (*Created, error) {
	_, err := c.DetachUserPolicy(ctx, &iam.DetachUserPolicyInput{UserName: aws.String(s.Param("user")), PolicyArn: aws.String(s.Param("policy"))})
	return nil, err
}

func effectDetach(u *store.User, s *Step) { u.Attached = WithoutPolicy(u.Attached, s.Param("policy")) }

func callPutUserPolicy(ctx context.Context, c *iam.Client, s *Step) (*Created, error) {
	_, err := c.PutUserPolicy(ctx, &iam.PutUserPolicyInput{
		UserName: aws.String(s.Param("user")), PolicyName: aws.String(s.Param("name")), PolicyDocument: aws.String(s.Param("document")),
	})
	return nil, err
}

func effectPutInline(u *store.User, s *Step) {
	next := store.InlinePolicy{Name: s.Param("name"), Document: s.Param("document")}
	u.Inline = slices.DeleteFunc(slices.Clone(u.Inline), func(p store.InlinePolicy) bool { return p.Name == next.Name })
	u.Inline = append(u.Inline, next)
	slices.SortFunc(u.Inline, func(a, b store.InlinePolicy) int { return cmp.Compare(a.Name, b.Name) })
}

func callDeleteUserPolicy(ctx context.Context, c *iam.Client, s *Step) (*Created, error) {
	_, err := c.DeleteUserPolicy(ctx, &iam.DeleteUserPolicyInput{UserName: aws.String(s.Param("user")), PolicyName: aws.String(s.Param("name"))})
	return nil, err
}

func effectDeleteInline(u *store.User, s *Step) {
	u.Inline = slices.DeleteFunc(slices.Clone(u.Inline), func(p store.InlinePolicy) bool { return p.Name == s.Param("name") })
}

func callPutBoundary(ctx context.Context, c *iam.Client, s *Step) (*Created, error) {
	_, err := c.PutUserPermissionsBoundary(ctx, &iam.PutUserPermissionsBoundaryInput{
		UserName: aws.String(s.Param("user")), PermissionsBoundary: aws.String(s.Param("boundary")),
	})
	return nil, err
}

func callDeleteBoundary(ctx context.Context, c *iam.Client, s *Step) (*Created, error) {
	_, err := c.DeleteUserPermissionsBoundary(ctx, &iam.DeleteUserPermissionsBoundaryInput{UserName: aws.String(s.Param("user"))})
	return nil, err
}

func callAddToGroup(ctx context.Context, c *iam.Client, s *Step) (*Created, error) {
	_, err := c.AddUserToGroup(ctx, &iam.AddUserToGroupInput{UserName: aws.String(s.Param("user")), GroupName: aws.String(s.Param("group"))})
	return nil, err
}

func callRemoveFromGroup(ctx context.Context, c *iam.Client, s *Step) (*Created, error) {
	_, err := c.RemoveUserFromGroup(ctx, &iam.RemoveUserFromGroupInput{UserName: aws.String(s.Param("user")), GroupName: aws.String(s.Param("group"))})
	return nil, err
}
