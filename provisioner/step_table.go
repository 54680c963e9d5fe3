package provisioner

import (
	"context"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/iam"

	"iamscim/store"
)

// action is a row of the step table: all that is known of an API action.
type action struct {
	scope string // scope needed beyond "write"
	// call makes the SDK call.
	call func(ctx context.Context, c *iam.Client, s *Step) (*made, error)
	// effect makes true of the subject what the call makes true in IAM.
	effect func(x *subject, s *Step)
	// settled are codes that mean that it is so already.
	settled []string
	// together: such steps do not depend on each other and are proved by a
	// live read, so their intents may be committed at once.
	together bool
}

// The scopes of a credential.
const (
	ScopeWrite        = "write"
	ScopeEntitlements = "entitlements"
	ScopePassword     = "password"
	ScopeAdmin        = "admin"
)

// actions is the step table.
var actions = merged(userActions(), credentialActions(), groupActions())

func merged(tables ...map[string]action) map[string]action {
	all := map[string]action{}
	for _, t := range tables {
		maps.Copy(all, t)
	}
	return all
}

// allActions lists the API actions of all steps, sorted.
func allActions() []string { return slices.Sorted(maps.Keys(actions)) }

// gone is the answer of a call that removes what is not there.
var gone = []string{"NoSuchEntity"}

// call carries the step out.
func (s *Step) call(ctx context.Context, c *iam.Client) (*made, error) {
	return actions[s.Action].call(ctx, c, s)
}

// apply makes the step's effect true of the subject.
func (s *Step) apply(x *subject) {
	if effect := actions[s.Action].effect; effect != nil {
		effect(x, s)
	}
}

// settledBy reports whether the code means that it is so already.
func (s *Step) settledBy(code string) bool { return slices.Contains(actions[s.Action].settled, code) }

// known reports whether there is such an action in the step table.
func (s *Step) known() bool { _, ok := actions[s.Action]; return ok }

// scope is the scope that the step needs beyond "write", or "".
func (s *Step) scope() string { return actions[s.Action].scope }

// together reports whether the step may be intended at the same time as others
// next to it: they do not depend on each other, and a live read proves them.
func (s *Step) together() bool { return actions[s.Action].together }

// onCredential reports whether the step is about a credential.
func (s *Step) onCredential() bool { _, ok := credentialTable[s.Action]; return ok }

// onUser adapts an effect on the user.
func onUser(f func(u *store.User, s *Step)) func(*subject, *Step) {
	return func(x *subject, s *Step) {
		if x.user != nil {
			f(x.user, s)
		}
	}
}

func onGroup(f func(g *store.Group, s *Step)) func(*subject, *Step) {
	return func(x *subject, s *Step) {
		if x.group != nil {
			f(x.group, s)
		}
	}
}

// membership is the effect of a membership step, from either end.
func membership(present bool) func(*subject, *Step) {
	return func(x *subject, s *Step) {
		if x.members != nil && s.UserID != "" {
			x.members[s.UserID] = present
		}
		if x.user == nil || x.user.ID != s.UserID {
			return
		}
		x.user.Groups = slices.DeleteFunc(slices.Clone(x.user.Groups), func(id string) bool { return id == s.GroupID })
		if present {
			x.user.Groups = append(x.user.Groups, s.GroupID)
			slices.Sort(x.user.Groups)
		}
	}
}
