package provisioner

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"golang.org/x/sync/errgroup"

	"iamscim/provisioner/awsapi"
	"iamscim/provisioner/observer"
	"iamscim/store"
)

// readGroup reads a group. It asks for one member at most, so that nothing
// grows with the group.
//
// IAM actions: iam:GetGroup, iam:ListGroups, iam:ListAttachedGroupPolicies,
// iam:ListGroupPolicies, iam:GetGroupPolicy.
func (p *Provisioner) readGroup(ctx context.Context, known *store.Group) (*observer.LiveGroup, error) {
	l := &observer.LiveGroup{At: p.now()}
	group, err := p.findGroup(ctx, known)
	if err != nil {
		return nil, err
	}
	l.Group = *group
	name := aws.ToString(group.GroupName)
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) { l.Attached, err = p.attachedToGroup(gctx, name); return err })
	g.Go(func() (err error) { l.Inline, err = p.inlineOfGroup(gctx, name); return err })
	if err := g.Wait(); err != nil {
		return nil, readError("group", name, err)
	}
	return l, nil
}

// findGroup is findUser for groups.
func (p *Provisioner) findGroup(ctx context.Context, known *store.Group) (*iamtypes.Group, error) {
	group, err := p.getGroup(ctx, known.ID, known.Name)
	if err == nil || !errors.Is(err, store.ErrNotFound) {
		return group, err
	}
	fresh, ferr := p.isFresh(ctx, store.ThingGroup, known.ID)
	if ferr != nil {
		return nil, ferr
	}
	for wait, until := p.writes.backoff, time.Now().Add(p.writes.freshFor); fresh && time.Now().Before(until); wait = min(2*wait, time.Second) {
		if !pause(ctx, wait) {
			return nil, fmt.Errorf("find group %q: %w", known.Name, context.Cause(ctx))
		}
		group, err = p.getGroup(ctx, known.ID, known.Name)
		if err == nil || !errors.Is(err, store.ErrNotFound) {
			return group, err
		}
	}
	name, err := p.groupNameByID(ctx, known.ID)
	if err != nil {
		return nil, err
	}
	return p.getGroup(ctx, known.ID, name)
}

func (p *Provisioner) getGroup(ctx context.Context, id, name string) (*iamtypes.Group, error) {
	out, err := p.writes.iam.GetGroup(ctx, &iam.GetGroupInput{GroupName: aws.String(name), MaxItems: aws.Int32(1)})
	if awsapi.ErrorCode(err) == "NoSuchEntity" {
		return nil, fmt.Errorf("find group %q: %w: %w", name, store.ErrNotFound, err)
	}
	if err != nil {
		return nil, readError("group", name, err)
	}
	if got := aws.ToString(out.Group.GroupId); got != id {
		return nil, fmt.Errorf("find group %q: %w: the one of that name is %s, not %s", name, store.ErrNotFound, got, id)
	}
	return out.Group, nil
}

func (p *Provisioner) groupNameByID(ctx context.Context, id string) (string, error) {
	var name string
	err := awsapi.ReadPages("ListGroups", func(marker *string) (awsapi.Page, error) {
		out, err := p.writes.iam.ListGroups(ctx, &iam.ListGroupsInput{MaxItems: aws.Int32(awsapi.PageSize), Marker: marker})
		if err != nil {
			return awsapi.Page{}, err
		}
		for _, g := range out.Groups {
			if aws.ToString(g.GroupId) == id {
				name = aws.ToString(g.GroupName)
				return awsapi.Page{}, nil
			}
		}
		return awsapi.Page{Truncated: out.IsTruncated, Marker: out.Marker}, nil
	})
	if err != nil {
		return "", readError("group", id, err)
	}
	if name == "" {
		return "", fmt.Errorf("find group %s: %w", id, store.ErrNotFound)
	}
	return name, nil
}

func (p *Provisioner) attachedToGroup(ctx context.Context, group string) (list []iamtypes.AttachedPolicy, err error) {
	err = awsapi.ReadPages("ListAttachedGroupPolicies", func(marker *string) (awsapi.Page, error) {
		out, err := p.writes.iam.ListAttachedGroupPolicies(ctx, &iam.ListAttachedGroupPoliciesInput{GroupName: aws.String(group), Marker: marker})
		if err != nil {
			return awsapi.Page{}, err
		}
		list = append(list, out.AttachedPolicies...)
		return awsapi.Page{Truncated: out.IsTruncated, Marker: out.Marker}, nil
	})
	return list, err
}

func (p *Provisioner) inlineOfGroup(ctx context.Context, group string) (list []iamtypes.PolicyDetail, err error) {
	var names []string
	err = awsapi.ReadPages("ListGroupPolicies", func(marker *string) (awsapi.Page, error) {
		out, err := p.writes.iam.ListGroupPolicies(ctx, &iam.ListGroupPoliciesInput{GroupName: aws.String(group), Marker: marker})
		if err != nil {
			return awsapi.Page{}, err
		}
		names = append(names, out.PolicyNames...)
		return awsapi.Page{Truncated: out.IsTruncated, Marker: out.Marker}, nil
	})
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		out, err := p.writes.iam.GetGroupPolicy(ctx, &iam.GetGroupPolicyInput{GroupName: aws.String(group), PolicyName: aws.String(name)})
		if err != nil {
			return nil, err
		}
		list = append(list, iamtypes.PolicyDetail{PolicyName: out.PolicyName, PolicyDocument: out.PolicyDocument})
	}
	return list, nil
}

// readMembers lists all members, for a plan that replaces or removes them all.
func (p *Provisioner) readMembers(ctx context.Context, group string) (list []iamtypes.User, err error) {
	err = awsapi.ReadPages("GetGroup", func(marker *string) (awsapi.Page, error) {
		out, err := p.writes.iam.GetGroup(ctx, &iam.GetGroupInput{GroupName: aws.String(group), MaxItems: aws.Int32(awsapi.PageSize), Marker: marker})
		if err != nil {
			return awsapi.Page{}, err
		}
		list = append(list, out.Users...)
		return awsapi.Page{Truncated: out.IsTruncated, Marker: out.Marker}, nil
	})
	if err != nil {
		return nil, readError("members of group", group, err)
	}
	return list, nil
}

// liveMember is one user whom a group's plan touches.
type liveMember struct {
	at     time.Time
	user   iamtypes.User
	groups []iamtypes.Group
}

// readTouched reads the users that a plan adds or removes: who they are now and
// which groups they are in. Users that are gone are left out.
func (p *Provisioner) readTouched(ctx context.Context, users []*store.User) (map[string]*liveMember, error) {
	found := make([]*liveMember, len(users))
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(parallelReads)
	for i, u := range users {
		g.Go(func() error {
			m := &liveMember{at: p.now()}
			user, err := p.findUser(gctx, u)
			if errors.Is(err, store.ErrNotFound) {
				return nil
			}
			if err != nil {
				return err
			}
			m.user = *user
			if m.groups, err = p.groupsOf(gctx, aws.ToString(user.UserName)); err != nil {
				return readError("groups of user", aws.ToString(user.UserName), err)
			}
			found[i] = m
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	out := make(map[string]*liveMember, len(users))
	for i, m := range found {
		if m != nil {
			out[users[i].ID] = m
		}
	}
	return out, nil
}
