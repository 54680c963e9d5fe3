package scim

import (
	"reflect"

	"iamscim/provisioner/planner"
	"iamscim/scim/patch"
	"iamscim/scim/tree"
	"iamscim/store"
)

// A wish is what a client wants to be true. What it did not say is not part of
// it: a PUT without active, members, password, entitlements or anything of the
// AWS extensions leaves them as they are. Null and [] take away, but neither a
// path, nor whether somebody is active. What a client leaves out of a PUT and
// is kept nowhere but here is gone, as RFC 7644 §3.5.1 says.

// newUser is the wish of a POST. Who is created is active unless it says
// otherwise.
func (res *resourceType) newUser(t map[string]any) (planner.UserWish, error) {
	w, err := res.userWish(t, in(t))
	if err != nil {
		return w, err
	}
	if w.Active == nil {
		active := true
		w.Active = &active
	}
	p, err := personOf(t)
	w.Person = &p
	return w, err
}

// replacedUser is the wish of a PUT over u.
func (res *resourceType) replacedUser(t map[string]any, u *store.User) (planner.UserWish, error) {
	w, err := res.userWish(t, in(t))
	if err != nil {
		return w, err
	}
	p, err := personOf(t)
	if err != nil {
		return w, err
	}
	keepManagerName(t, &p, &u.Person)
	w.Person = &p
	return w, nil
}

// keepManagerName: manager.displayName is readOnly, so a client cannot write
// back what it was shown; with the same manager, or with one known only by that
// name, it stays.
func keepManagerName(t map[string]any, next, old *store.Person) {
	enterprise, _ := t[enterpriseURN].(map[string]any)
	if enterprise["manager"] != nil && next.Enterprise.Manager.Value == old.Enterprise.Manager.Value {
		next.Enterprise.Manager.DisplayName = old.Enterprise.Manager.DisplayName
	}
}

// patchedUser is the wish of a PATCH of u.
func (res *resourceType) patchedUser(r *patch.Request, u *store.User) (planner.UserWish, error) {
	view, err := res.userView(u)
	if err != nil {
		return planner.UserWish{}, err
	}
	t, err := r.Apply(view)
	if err != nil {
		return planner.UserWish{}, err
	}
	w, err := res.userWish(t, r.Touches)
	if err != nil {
		return w, err
	}
	w.Patched = true
	before, err := personOf(view)
	if err != nil {
		return w, err
	}
	after, err := personOf(t)
	if !reflect.DeepEqual(before, after) {
		w.Person = &after
	}
	return w, err
}

// said tells whether a client said anything about an attribute.
type said func(urn, name string) bool

// in: what is in a representation was said.
func in(t map[string]any) said {
	return func(urn, name string) bool {
		home := t
		if urn != "" {
			home, _ = t[urn].(map[string]any)
		}
		_, ok := home[name]
		return ok
	}
}

// userWish takes from the tree what was said of everything but the person.
func (res *resourceType) userWish(t map[string]any, said said) (w planner.UserWish, err error) {
	aws, _ := t[awsUserURN].(map[string]any)
	if said("", "userName") {
		w.UserName = textIn(t, "userName")
	}
	if active, ok := t["active"].(bool); ok && said("", "active") {
		w.Active = &active
	}
	if said("", "password") {
		w.Password = textIn(t, "password")
	}
	if said(awsUserURN, "path") {
		w.Path = textIn(aws, "path")
	}
	if said(awsUserURN, "permissionsBoundary") {
		w.Boundary = textOrNone(aws, "permissionsBoundary")
	}
	if said("", "entitlements") {
		if w.Entitlements, err = listIn(t, "entitlements"); err != nil {
			return w, err
		}
	}
	if said("", "groups") {
		w.Groups, err = listIn(t, "groups")
	}
	return w, err
}

// textIn returns a text that is there, textOrNone an empty one for none.
func textIn(t map[string]any, name string) *string {
	if s, ok := t[name].(string); ok {
		return &s
	}
	return nil
}

func textOrNone(t map[string]any, name string) *string {
	s, _ := t[name].(string)
	return &s
}

func listIn(t map[string]any, name string) (*[]string, error) {
	values, err := valuesOf(t[name], name)
	return &values, err
}

// groupWish takes from a representation what was said, members included;
// externalId is kept only here, so a PUT without it takes it away.
func groupWish(t map[string]any) (planner.GroupWish, []tree.Member, error) {
	w, err := groupAttributes(t, in(t))
	if err != nil {
		return w, nil, err
	}
	w.ExternalID = textOrNone(t, "externalId")
	list, given := t["members"]
	if !given {
		return w, nil, nil
	}
	members, err := tree.Members(list)
	ids := idsOf(members)
	w.Members = &ids
	return w, members, err
}

// patchedGroup is the wish of a PATCH of g.
func patchedGroup(r *patch.Request, g *store.Group) (planner.GroupWish, error) {
	t, err := r.Apply(groupView(g))
	if err != nil {
		return planner.GroupWish{}, err
	}
	w, err := groupAttributes(t, r.Touches)
	if err != nil {
		return w, err
	}
	w.Patched = true
	if r.Touches("", "externalId") {
		w.ExternalID = textOrNone(t, "externalId")
	}
	if r.Members.Replaced {
		ids := idsOf(r.Members.Set)
		w.Members = &ids
		return w, nil
	}
	w.AddMembers, w.RemoveMembers = idsOf(r.Members.Added), r.Members.Removed
	return w, nil
}

func groupAttributes(t map[string]any, said said) (w planner.GroupWish, err error) {
	aws, _ := t[awsGroupURN].(map[string]any)
	if said("", "displayName") {
		w.DisplayName = textIn(t, "displayName")
	}
	if said(awsGroupURN, "path") {
		w.Path = textIn(aws, "path")
	}
	if said(awsGroupURN, "attachedPolicies") {
		w.Policies, err = listIn(aws, "attachedPolicies")
	}
	return w, err
}

func idsOf(members []tree.Member) []string {
	ids := make([]string, len(members))
	for i, m := range members {
		ids[i] = m.ID
	}
	return ids
}
