package planner

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
	call func(ctx context.Context, c *iam.Client, s *Step) (*Created, error)
	// effect makes true of the subject what the call makes true in IAM.
	effect func(x *Subject, s *Step)
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

// Actions lists the API actions of all steps, sorted.
func Actions() []string { return slices.Sorted(maps.Keys(actions)) }

// gone is the answer of a call that removes what is not there.
var gone = []string{"NoSuchEntity"}

// Call carries the step out.
func (s *Step) Call(ctx context.Context, c *iam.Client) (*Created, error) {
	return actions[s.Action].call(ctx, c, s)
}

// Apply makes the step's effect true of the subject.
func (s *Step) Apply(x *Subject) {
	if effect := actions[s.Action].effect; effect != nil {
		effect(x, s)
	}
}

// SettledBy reports whether the code means that it is so already.
func (s *Step) SettledBy(code string) bool { return slices.Contains(actions[s.Action].settled, code) }

// Known reports whether there is such an action in the step table.
func (s *Step) Known() bool { _, ok := actions[s.Action]; return ok }

// Scope is the scope that the step needs beyond "write", or "".
func (s *Step) Scope() string { return actions[s.Action].scope }

// Together reports whether the step may be intended at the same time as others
// next to it: they do not depend on each other, and a live read proves them.
func (s *Step) Together() bool { return actions[s.Action].together }

// OnCredential reports whether the step is about a credential.
func (s *Step) OnCredential() bool { _, ok := credentialTable[s.Action]; return ok }

// onUser adapts an effect on the user.
func onUser(f func(u *store.User, s *Step)) func(*Subject, *Step) {
	return func(x *Subject, s *Step) {
		if x.User != nil {
			f(x.User, s)
		}
	}
}

func onGroup(f func(g *store.Group, s *Step)) func(*Subject, *Step) {
	return func(x *Subject, s *Step) {
		if x.Group != nil {
			f(x.Group, s)
		}
	}
}

// membership is the effect of a membership step, from either end.
func membership(present bool) func(*Subject, *Step) {
	return func(x *Subject, s *Step) {
		if x.Members != nil && s.UserID != "" {
			x.Members[s.UserID] = present
		}
		if x.User == nil || x.User.ID != s.UserID {
			return
		}
		x.User.Groups = slices.DeleteFunc(slices.Clone(x.User.Groups), func(id string) bool { return id == s.GroupID })
		if present {
			x.User.Groups = append(x.User.Groups, s.GroupID)
			slices.Sort(x.User.Groups)
		}
	}
}
