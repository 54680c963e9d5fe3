package planner

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"iamscim/store"
)

// groupTarget makes steps about one group, under the name it has at that point.
type groupTarget struct{ name, id, arn string }

func (t groupTarget) step(action string) Step {
	return Step{Action: action, GroupID: t.id}.with("group", t.name).needing(action, t.arn)
}

func (t groupTarget) policyStep(action, arn string) Step {
	return Step{Action: action, GroupID: t.id}.with("group", t.name).with("policy", arn).needing(action, t.arn, "iam:PolicyARN", arn)
}

func (t groupTarget) attach(arn string) Step {
	return t.policyStep("AttachGroupPolicy", arn).undoneBy(t.policyStep("DetachGroupPolicy", arn))
}

func (t groupTarget) detach(arn string) Step {
	return t.policyStep("DetachGroupPolicy", arn).undoneBy(t.policyStep("AttachGroupPolicy", arn))
}

func (t groupTarget) rename(next groupTarget, oldPath, newPath string) Step {
	forward := func(from, to groupTarget, path string) Step {
		s := Step{Action: "UpdateGroup", GroupID: t.id}.with("group", from.name)
		if from.name != to.name {
			s = s.with("new-name", to.name)
		}
		return s.with("new-path", path).needing("UpdateGroup", from.arn).needing("UpdateGroup", to.arn)
	}
	if oldPath == newPath {
		return forward(t, next, "").undoneBy(forward(next, t, ""))
	}
	return forward(t, next, newPath).undoneBy(forward(next, t, oldPath))
}

func groupActions() map[string]action {
	return map[string]action{
		"CreateGroup":       {call: callCreateGroup, effect: effectCreateGroup},
		"UpdateGroup":       {call: callUpdateGroup, effect: onGroup(effectUpdateGroup)},
		"DeleteGroup":       {call: callDeleteGroup, effect: func(x *Subject, _ *Step) { x.Group = nil }, settled: gone},
		"AttachGroupPolicy": {call: callAttachGroupPolicy, effect: onGroup(func(g *store.Group, s *Step) { g.Attached = WithPolicy(g.Attached, s.Param("policy")) }), scope: ScopeEntitlements},
		"DetachGroupPolicy": {call: callDetachGroupPolicy, effect: onGroup(func(g *store.Group, s *Step) { g.Attached = WithoutPolicy(g.Attached, s.Param("policy")) }), scope: ScopeEntitlements, settled: gone},
		"DeleteGroupPolicy": {call: callDeleteGroupPolicy, effect: onGroup(effectDeleteGroupInline), settled: gone},
	}
}

func callCreateGroup(ctx context.Context, c *iam.Client, s *Step) (*Created, error) {
	out, err := c.CreateGroup(ctx, &iam.CreateGroupInput{GroupName: aws.String(s.Param("group")), Path: optional(s.Param("path"))})
	if err != nil {
		return nil, err
	}
	return &Created{Group: out.Group}, nil
}

func effectCreateGroup(x *Subject, s *Step) {
	p := s.Param("path")
	if p == "" {
		p = "/"
	}
	x.Group = &store.Group{ID: s.GroupID, Name: s.Param("group"), DisplayName: store.DecodeName(s.Param("group")), Path: p}
	if x.Born != nil {
		x.Group.ARN, x.Group.Created = aws.ToString(x.Born.Group.Arn), aws.ToTime(x.Born.Group.CreateDate).UTC()
	}
}

func callUpdateGroup(ctx context.Context, c *iam.Client, s *Step) (*Created, error) {
	_, err := c.UpdateGroup(ctx, &iam.UpdateGroupInput{
		GroupName: aws.String(s.Param("group")), NewGroupName: optional(s.Param("new-name")), NewPath: optional(s.Param("new-path")),
	})
	return nil, err
}

func effectUpdateGroup(g *store.Group, s *Step) {
	if name := s.Param("new-name"); name != "" {
		g.Name, g.DisplayName = name, store.DecodeName(name)
	}
	if p := s.Param("new-path"); p != "" {
		g.Path = p
	}
	g.ARN = arnOf(g.ARN, "group", g.Path, g.Name)
}

func callDeleteGroup(ctx context.Context, c *iam.Client, s *Step) (*Created, error) {
	_, err := c.DeleteGroup(ctx, &iam.DeleteGroupInput{GroupName: aws.String(s.Param("group"))})
	return nil, err
}

func callAttachGroupPolicy(ctx context.Context, c *iam.Client, s *Step) (*Created, error) {
	_, err := c.AttachGroupPolicy(ctx, &iam.AttachGroupPolicyInput{GroupName: aws.String(s.Param("group")), PolicyArn: aws.String(s.Param("policy"))})
	return nil, err
}

func callDetachGroupPolicy(ctx context.Context, c *iam.Client, s *Step) (*Created, error) {
	_, err := c.DetachGroupPolicy(ctx, &iam.DetachGroupPolicyInput{GroupName: aws.String(s.Param("group")), PolicyArn: aws.String(s.Param("policy"))})
	return nil, err
}

func callDeleteGroupPolicy(ctx context.Context, c *iam.Client, s *Step) (*Created, error) {
	_, err := c.DeleteGroupPolicy(ctx, &iam.DeleteGroupPolicyInput{GroupName: aws.String(s.Param("group")), PolicyName: aws.String(s.Param("name"))})
	return nil, err
}

func effectDeleteGroupInline(g *store.Group, s *Step) {
	g.Inline = slices.DeleteFunc(slices.Clone(g.Inline), func(p store.InlinePolicy) bool { return p.Name == s.Param("name") })
}
