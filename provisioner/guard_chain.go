package provisioner

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"iamscim/provisioner/internal/list"
	"iamscim/store"
)

// ourselves is who we are to AWS: writing to that could lock us out, or be the
// way to more permissions.
type ourselves struct {
	mu    sync.Mutex
	chain *chain
}

// chain is every principal in our own credential chain, by id.
type chain struct {
	users, roles []string
	inUse        store.Ref // as whom we call
}

// ownChain finds out once which principals our credentials belong to: what is
// in use, and what assumed it.
//
// IAM actions: sts:GetCallerIdentity.
func (p *Provisioner) ownChain(ctx context.Context) (*chain, error) {
	o := &p.writes.ours
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.chain != nil {
		return o.chain, nil
	}
	found := &chain{}
	for i, client := range []*sts.Client{p.conn.STS, p.conn.BaseSTS()} {
		out, err := client.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
		if err != nil {
			return nil, fmt.Errorf("find out who we are: %w: %w", ErrUnavailable, err)
		}
		if account := aws.ToString(out.Account); i == 0 && account != p.account.ID {
			return nil, fmt.Errorf("find out who we are: %w: %w: the credentials belong to %s, the data to %s",
				ErrUnavailable, store.ErrOtherAccount, account, p.account.ID)
		}
		// Of a role it is the id of the role and the session's name.
		ref := store.Ref{Kind: store.KindUser}
		id, _, isSession := strings.Cut(aws.ToString(out.UserId), ":")
		if ref.ID = id; isSession {
			ref.Kind = store.KindRole
			found.roles = append(found.roles, id)
		} else {
			found.users = append(found.users, id)
		}
		if i == 0 {
			found.inUse = ref
		}
	}
	o.chain = found
	return found, nil
}

// forgetChain makes the next write ask again: the credentials may be others.
func (p *Provisioner) forgetChain() {
	p.writes.ours.mu.Lock()
	defer p.writes.ours.mu.Unlock()
	p.writes.ours.chain = nil
}

// own is the chain with what gives it its power.
type own struct {
	users    []string // ids
	groups   []string // ids
	names    []string // of users, folded
	policies []string // ARNs
}

// ours reads what belongs to our own credential chain.
func (p *Provisioner) ours(ctx context.Context, tx *store.SnapshotTx, c *chain) (*own, error) {
	o := &own{users: c.users}
	users, err := tx.Users(ctx, c.users...)
	if err != nil {
		return nil, fmt.Errorf("read our own users: %w", err)
	}
	for _, u := range users {
		o.groups = append(o.groups, u.Groups...)
		o.names = append(o.names, store.Fold(u.Name))
		o.holds(u.Attached)
	}
	groups, err := tx.Groups(ctx, list.Unique(o.groups)...)
	if err != nil {
		return nil, fmt.Errorf("read our own groups: %w", err)
	}
	for _, g := range groups {
		o.holds(g.Attached)
	}
	roles, err := tx.Roles(ctx, c.roles...)
	if err != nil {
		return nil, fmt.Errorf("read our own roles: %w", err)
	}
	for _, r := range roles {
		o.holds(r.Attached)
	}
	return o, nil
}

func (o *own) holds(list []store.PolicyRef) {
	for _, ref := range list {
		if !slices.Contains(o.policies, ref.ARN) {
			o.policies = append(o.policies, ref.ARN)
		}
	}
}

// protects says why an object is out of reach, or "".
func (o *own) protects(t *touched) string {
	switch {
	case t.ref.Kind == store.KindUser && slices.Contains(o.users, t.ref.ID):
		return "this user is in the server's own credential chain"
	case t.ref.Kind == store.KindUser && slices.Contains(o.names, store.Fold(t.name)) && !slices.Contains(o.users, t.ref.ID):
		return "this is the name of a user in the server's own credential chain"
	case t.ref.Kind == store.KindGroup && slices.Contains(o.groups, t.ref.ID):
		return "a user of the server's own credential chain is in this group"
	}
	return ""
}
