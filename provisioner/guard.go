package provisioner

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"iamscim/store"
)

// mayWrite refuses what can be refused before anything is read: no call of AWS
// is made for it.
func (p *Provisioner) mayWrite(ctx context.Context, a Actor, opt Options, kind string, ref store.Ref) error {
	var err error
	switch {
	case p.writes.cfg.ReadOnly && !opt.DryRun:
		err = &DeniedError{Rule: RuleReadOnly, Reason: "this server only reads"}
	case !a.Scopes[ScopeWrite]:
		err = missingScope(ScopeWrite)
	default:
		return nil
	}
	return p.refused(ctx, a, kind, ref, err)
}

func missingScope(scope string) error {
	return &DeniedError{Rule: RuleScope, Reason: fmt.Sprintf("the credential lacks the scope %q", scope)}
}

// guard is the one place where a plan may be refused: it sees the object as it
// is now, the calls, and the object as it would be. Nothing has been called yet.
func (p *Provisioner) guard(ctx context.Context, a Actor, before *subject, plan *Plan, after *subject) error {
	if err := guardScopes(a, plan); err != nil {
		return err
	}
	return p.guardOurselves(ctx, before, plan, after)
}

// guardScopes: each step may need a scope of its own. The deny of a
// deactivation is an attachment, but not an entitlement.
func guardScopes(a Actor, plan *Plan) error {
	for i := range plan.Steps {
		s := &plan.Steps[i]
		scope := actions[s.Action].scope
		if scope == ScopeEntitlements && isDenyAll(s.param("policy")) || plan.Kind == kindDeleteUser || plan.Kind == kindDeleteGroup {
			scope = ""
		}
		if scope != "" && !a.Scopes[scope] {
			return missingScope(scope)
		}
	}
	return nil
}

// ourselves is who we are to AWS: writing to that could lock us out, or be the
// way to more permissions.
type ourselves struct {
	mu    sync.Mutex
	known bool
	users []string // UserIds in our credential chain
}

// guardOurselves protects every user in our own credential chain, and the
// groups they are in.
func (p *Provisioner) guardOurselves(ctx context.Context, before *subject, plan *Plan, after *subject) error {
	if len(plan.Steps) == 0 {
		return nil
	}
	users, err := p.ourUsers(ctx)
	if err != nil {
		return err
	}
	for _, x := range []*subject{before, after} {
		if x.user != nil && slices.Contains(users, x.user.ID) {
			return &DeniedError{Rule: RuleProtected, Reason: "this user is in the server's own credential chain"}
		}
	}
	groups := []string{plan.Object.ID}
	for i := range plan.Steps {
		if slices.Contains(users, plan.Steps[i].UserID) {
			return &DeniedError{Rule: RuleProtected, Reason: "this user is in the server's own credential chain"}
		}
		groups = append(groups, plan.Steps[i].GroupID)
	}
	return p.guardOurGroups(ctx, users, groups)
}

func (p *Provisioner) guardOurGroups(ctx context.Context, users, groups []string) error {
	return p.account.Snapshot.View(ctx, func(tx *store.SnapshotTx) error {
		list, err := tx.Users(ctx, users...)
		if err != nil {
			return fmt.Errorf("read our own users: %w", err)
		}
		for _, u := range list {
			for _, id := range u.Groups {
				if slices.Contains(groups, id) {
					return &DeniedError{Rule: RuleProtected, Reason: "a user of the server's own credential chain is in this group"}
				}
			}
		}
		return nil
	})
}

// ourUsers finds out once which IAM users our credentials belong to.
//
// IAM actions: sts:GetCallerIdentity.
func (p *Provisioner) ourUsers(ctx context.Context) ([]string, error) {
	o := &p.writes.ours
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.known {
		return o.users, nil
	}
	base := p.conn.aws.Copy()
	base.Credentials = p.conn.base
	for _, client := range []*sts.Client{p.conn.STS, sts.NewFromConfig(base)} {
		out, err := client.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
		if err != nil {
			return nil, fmt.Errorf("find out who we are: %w: %w", ErrUnavailable, err)
		}
		// Of a role it is the id of the role and the session's name.
		if id := aws.ToString(out.UserId); !strings.Contains(id, ":") {
			o.users = append(o.users, id)
		}
	}
	o.known = true
	return o.users, nil
}

// refused audits a refusal and returns it.
func (r *request) refused(ctx context.Context, kind string, ref store.Ref, err error) error {
	return r.p.refused(ctx, r.actor, kind, ref, err)
}

func (p *Provisioner) refused(ctx context.Context, a Actor, kind string, ref store.Ref, err error) error {
	var d *DeniedError
	if !errors.As(err, &d) {
		return err
	}
	entry, aerr := auditEntry(a, kind, ref, "denied", auditBody{RequestID: a.RequestID, Rule: d.Rule, Error: d.Reason})
	if aerr == nil {
		aerr = p.account.State.Update(ctx, func(tx *store.StateTx) error {
			_, err := tx.AppendAudit(ctx, entry)
			return err
		})
	}
	if aerr != nil {
		p.log.ErrorContext(ctx, "a refusal could not be audited", "err", aerr)
	}
	return err
}
