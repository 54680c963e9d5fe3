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
	"iamscim/provisioner/planner"
	"iamscim/store"
)

// parallelReads bounds the reads under way for one request.
const parallelReads = 6

// readUser reads a user, whom the snapshot may know under an old name. One who
// is gone is store.ErrNotFound.
//
// IAM actions: iam:GetUser, iam:ListUsers, iam:ListAttachedUserPolicies,
// iam:ListUserPolicies, iam:GetUserPolicy, iam:ListGroupsForUser.
func (p *Provisioner) readUser(ctx context.Context, known *store.User) (*observer.LiveUser, error) {
	l := &observer.LiveUser{At: p.now()}
	user, err := p.findUser(ctx, known)
	if err != nil {
		return nil, err
	}
	l.User = *user
	name := aws.ToString(user.UserName)
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(parallelReads)
	g.Go(func() (err error) { l.Attached, err = p.attachedTo(gctx, name); return err })
	g.Go(func() (err error) { l.Inline, err = p.inlineOf(gctx, name); return err })
	g.Go(func() (err error) { l.Groups, err = p.groupsOf(gctx, name); return err })
	if err := g.Wait(); err != nil {
		return nil, readError("user", name, err)
	}
	return l, nil
}

// readError gives an error of a live read its kind.
func readError(what, name string, err error) error {
	if awsapi.IsForbidden(err) {
		return fmt.Errorf("read %s %q: %w: %w", what, name, &planner.DeniedError{Rule: planner.RuleAWS, Reason: awsapi.ErrorMessage(err), Action: awsapi.DeniedAction(err)}, err)
	}
	if kind := kindOf(err); kind != nil {
		return fmt.Errorf("read %s %q: %w: %w", what, name, kind, err)
	}
	if awsapi.ErrorCode(err) == "NoSuchEntity" { // it went between two reads
		return fmt.Errorf("read %s %q: %w: %w", what, name, ErrConflict, err)
	}
	return fmt.Errorf("read %s %q: %w", what, name, err)
}

// findUser finds a user by id: under the name that is known, or, after a rename
// behind our back, by looking through all of them, since IAM has no look-up by
// id. What we made or renamed ourselves may take a moment to show.
func (p *Provisioner) findUser(ctx context.Context, known *store.User) (*iamtypes.User, error) {
	user, err := p.getUser(ctx, known.ID, known.Name)
	if err == nil || !errors.Is(err, store.ErrNotFound) {
		return user, err
	}
	fresh, ferr := p.isFresh(ctx, store.ThingUser, known.ID)
	if ferr != nil {
		return nil, ferr
	}
	for wait, until := p.writes.backoff, time.Now().Add(p.writes.freshFor); fresh && time.Now().Before(until); wait = min(2*wait, time.Second) {
		if !pause(ctx, wait) {
			return nil, fmt.Errorf("find user %q: %w", known.Name, context.Cause(ctx))
		}
		user, err = p.getUser(ctx, known.ID, known.Name)
		if err == nil || !errors.Is(err, store.ErrNotFound) {
			return user, err
		}
	}
	name, err := p.userNameByID(ctx, known.ID)
	if err != nil {
		return nil, err
	}
	return p.getUser(ctx, known.ID, name)
}

// getUser reads the user of that name if it is the one with that id.
func (p *Provisioner) getUser(ctx context.Context, id, name string) (*iamtypes.User, error) {
	out, err := p.writes.iam.GetUser(ctx, &iam.GetUserInput{UserName: aws.String(name)})
	if awsapi.ErrorCode(err) == "NoSuchEntity" {
		return nil, fmt.Errorf("find user %q: %w: %w", name, store.ErrNotFound, err)
	}
	if err != nil {
		return nil, readError("user", name, err)
	}
	if got := aws.ToString(out.User.UserId); got != id {
		return nil, fmt.Errorf("find user %q: %w: the one of that name is %s, not %s", name, store.ErrNotFound, got, id)
	}
	return out.User, nil
}

func (p *Provisioner) userNameByID(ctx context.Context, id string) (string, error) {
	var name string
	err := awsapi.ReadPages("ListUsers", func(marker *string) (awsapi.Page, error) {
		out, err := p.writes.iam.ListUsers(ctx, &iam.ListUsersInput{MaxItems: aws.Int32(awsapi.PageSize), Marker: marker})
		if err != nil {
			return awsapi.Page{}, err
		}
		for _, u := range out.Users {
			if aws.ToString(u.UserId) == id {
				name = aws.ToString(u.UserName)
				return awsapi.Page{}, nil
			}
		}
		return awsapi.Page{Truncated: out.IsTruncated, Marker: out.Marker}, nil
	})
	if err != nil {
		return "", readError("user", id, err)
	}
	if name == "" {
		return "", fmt.Errorf("find user %s: %w", id, store.ErrNotFound)
	}
	return name, nil
}

// isFresh reports whether we wrote the object within IAM's consistency window.
func (p *Provisioner) isFresh(ctx context.Context, thing store.Thing, id string) (fresh bool, err error) {
	err = p.account.Snapshot.View(ctx, func(tx *store.SnapshotTx) (err error) {
		fresh, err = tx.IsProtected(ctx, p.now(), store.Protection{Thing: thing, ID: id})
		return err
	})
	return fresh, err
}

func (p *Provisioner) attachedTo(ctx context.Context, user string) (list []iamtypes.AttachedPolicy, err error) {
	err = awsapi.ReadPages("ListAttachedUserPolicies", func(marker *string) (awsapi.Page, error) {
		out, err := p.writes.iam.ListAttachedUserPolicies(ctx, &iam.ListAttachedUserPoliciesInput{UserName: aws.String(user), Marker: marker})
		if err != nil {
			return awsapi.Page{}, err
		}
		list = append(list, out.AttachedPolicies...)
		return awsapi.Page{Truncated: out.IsTruncated, Marker: out.Marker}, nil
	})
	return list, err
}

func (p *Provisioner) inlineOf(ctx context.Context, user string) (list []iamtypes.PolicyDetail, err error) {
	var names []string
	err = awsapi.ReadPages("ListUserPolicies", func(marker *string) (awsapi.Page, error) {
		out, err := p.writes.iam.ListUserPolicies(ctx, &iam.ListUserPoliciesInput{UserName: aws.String(user), Marker: marker})
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
		out, err := p.writes.iam.GetUserPolicy(ctx, &iam.GetUserPolicyInput{UserName: aws.String(user), PolicyName: aws.String(name)})
		if err != nil {
			return nil, err
		}
		list = append(list, iamtypes.PolicyDetail{PolicyName: out.PolicyName, PolicyDocument: out.PolicyDocument})
	}
	return list, nil
}

func (p *Provisioner) groupsOf(ctx context.Context, user string) (list []iamtypes.Group, err error) {
	err = awsapi.ReadPages("ListGroupsForUser", func(marker *string) (awsapi.Page, error) {
		out, err := p.writes.iam.ListGroupsForUser(ctx, &iam.ListGroupsForUserInput{UserName: aws.String(user), Marker: marker})
		if err != nil {
			return awsapi.Page{}, err
		}
		list = append(list, out.Groups...)
		return awsapi.Page{Truncated: out.IsTruncated, Marker: out.Marker}, nil
	})
	return list, err
}
