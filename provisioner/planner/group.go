package planner

import (
	"fmt"
	"slices"

	"iamscim/provisioner/internal/list"
	"iamscim/store"
)

// GroupWish is the desired writable state of a group; a nil field is left as it
// is. Members replaces all of them and excludes AddMembers and RemoveMembers.
type GroupWish struct {
	DisplayName, ExternalID, Path *string
	Members                       *[]string // UserIDs
	AddMembers                    []string  // already a member is no step
	RemoveMembers                 []string  // no member is no step
	Policies                      *[]string // ARNs of managed policies wanted as attachments
	Patched                       bool      // Policies are those shown, with changes
}

// GroupNow is the current state of a group, all of it read live. A group may
// have thousands of members, so only those that the wish names are here; all of
// them only if it replaces or deletes all.
type GroupNow struct {
	Group      *store.Group // nil: to be created
	Attributes store.GroupAttributes
	Members    map[string]bool // users that are touched: whether they are members
	// Read and Shown are policies and members as IAM showed them, without what we
	// wrote a moment ago. nil: the same.
	Read  *store.Group
	Shown map[string]bool
}

// groupPlan is a plan for one group in the making.
type groupPlan struct {
	*Planner
	now  GroupNow
	at   groupTarget
	plan *Plan

	patched bool // see GroupWish
}

// CreateGroup plans a new group.
func (pl *Planner) CreateGroup(w *GroupWish) (*Plan, error) {
	if w.DisplayName == nil || *w.DisplayName == "" {
		return nil, &InvalidError{Attribute: "displayName", Reason: "it is required"}
	}
	name, _ := store.EncodeGroupName(*w.DisplayName)
	path := pl.CreatePath
	if w.Path != nil {
		path = *w.Path
	}
	if err := checkPath(path); err != nil {
		return nil, err
	}
	arn := pl.ARN("group", path, name)
	g := &groupPlan{Planner: pl, at: groupTarget{name: name, arn: arn}, now: GroupNow{Group: &store.Group{Name: name, ARN: arn, Path: path}}}
	g.plan = &Plan{Kind: KindCreateGroup, Direction: Undo, Object: store.Ref{Kind: store.KindGroup}, Name: name}
	g.plan.After.Owned = true
	create := Step{Action: "CreateGroup"}.with("group", name)
	if path != "/" {
		create = create.with("path", path)
	}
	g.plan.Add(create.needing("CreateGroup", arn).undoneBy(g.at.step("DeleteGroup")))
	if err := g.content(w); err != nil {
		return nil, err
	}
	g.attributes(w, name)
	return pl.Checked(g.plan)
}

// UpdateGroup plans every change of a group.
func (pl *Planner) UpdateGroup(now GroupNow, w *GroupWish) (*Plan, error) {
	g := &groupPlan{Planner: pl, now: now, at: groupTarget{name: now.Group.Name, id: now.Group.ID, arn: now.Group.ARN}, patched: w.Patched}
	g.plan = &Plan{Kind: KindUpdateGroup, Direction: Undo, Object: store.Ref{Kind: store.KindGroup, ID: now.Group.ID}, Name: now.Group.Name}
	if err := g.content(w); err != nil {
		return nil, err
	}
	name, path := now.Group.Name, now.Group.Path
	if w.DisplayName != nil && *w.DisplayName == "" {
		return nil, &InvalidError{Attribute: "displayName", Reason: "it is required"}
	}
	if w.DisplayName != nil && store.Fold(*w.DisplayName) != store.Fold(now.Group.DisplayName) {
		name, _ = store.EncodeGroupName(*w.DisplayName)
	}
	if w.Path != nil && *w.Path != path {
		path = *w.Path
		if err := checkPath(path); err != nil {
			return nil, err
		}
	}
	if store.Fold(name) == store.Fold(now.Group.Name) {
		name = now.Group.Name
	}
	if name != now.Group.Name || path != now.Group.Path {
		next := groupTarget{name: name, id: g.at.id, arn: arnOf(now.Group.ARN, "group", path, name)}
		g.plan.Add(g.at.rename(next, now.Group.Path, path))
	}
	g.attributes(w, name)
	return pl.Checked(g.plan)
}

// attributes plans what IAM has no field for.
func (g *groupPlan) attributes(w *GroupWish, name string) {
	next := g.now.Attributes
	if w.ExternalID != nil {
		next.ExternalID = *w.ExternalID
	}
	if w.DisplayName != nil && store.Fold(*w.DisplayName) != store.Fold(g.now.Group.DisplayName) {
		next.DisplayName, next.IAMName = "", ""
		if _, long := store.EncodeGroupName(*w.DisplayName); long {
			next.DisplayName, next.IAMName = *w.DisplayName, name
		}
	}
	if next != g.now.Attributes {
		g.plan.After.Group = &next
	}
}

// content plans attachments and members.
func (g *groupPlan) content(w *GroupWish) error {
	if w.Policies != nil {
		if err := g.policiesWanted(*w.Policies); err != nil {
			return err
		}
	}
	add, remove := list.Unique(w.AddMembers), list.Unique(w.RemoveMembers)
	if w.Members != nil {
		add = list.Unique(*w.Members)
		remove = nil
		for _, id := range g.now.everybody() {
			if !slices.Contains(add, id) {
				remove = append(remove, id)
			}
		}
	}
	for _, id := range remove {
		if g.now.Members[id] || g.now.Shows(id) {
			g.plan.Add(g.member(id).leave(g.asGroup()).again(!g.now.Members[id] || !g.now.Shows(id)))
		}
	}
	for _, id := range add {
		member := g.now.Members[id]
		if member && g.now.Shows(id) {
			continue
		}
		if err := g.admits(id); err != nil && !member {
			return err
		}
		g.plan.Add(g.member(id).join(g.asGroup()).again(member))
	}
	return nil
}

func (g *groupPlan) asGroup() *store.Group {
	return &store.Group{ID: g.at.id, Name: g.at.name, ARN: g.at.arn}
}

func (g *groupPlan) member(id string) userTarget { return targetOf(g.Known[id]) }

// admits checks that the user exists and may be in one group more.
func (g *groupPlan) admits(id string) error {
	u := g.Known[id]
	if u == nil {
		return &InvalidError{Attribute: "members", Reason: fmt.Sprintf("there is no user %q", id)}
	}
	if quota := g.quota("GroupsPerUserQuota"); len(u.Groups) >= quota {
		return &InvalidError{Attribute: "members", Reason: fmt.Sprintf("user %q is in %d groups already, and IAM allows no more", id, quota)}
	}
	return nil
}

func (g *groupPlan) policiesWanted(wanted []string) error {
	have, shown := g.now.attached()
	if g.AsShown {
		shown = have
	}
	drop, gain := differences(have, shown, wanted, g.patched)
	quota := g.quota("AttachedPoliciesPerGroupQuota")
	if n := len(list.Unique(wanted)); len(gain) > 0 && n > quota {
		return &InvalidError{Attribute: "attachedPolicies", Reason: fmt.Sprintf("IAM allows %d policies attached to a group, this would be %d", quota, n)}
	}
	for _, arn := range drop {
		g.plan.Add(g.at.detach(arn).again(!inBoth(have, shown, arn)))
	}
	for _, arn := range gain {
		g.plan.Add(g.at.attach(arn).again(slices.Contains(have, arn)))
	}
	return nil
}

// DeleteGroup empties the group and deletes it (IAM API Reference,
// DeleteGroup).
func (pl *Planner) DeleteGroup(now GroupNow) (*Plan, error) {
	g := &groupPlan{Planner: pl, now: now, at: groupTarget{name: now.Group.Name, id: now.Group.ID, arn: now.Group.ARN}}
	g.plan = &Plan{Kind: KindDeleteGroup, Direction: Forward, Object: store.Ref{Kind: store.KindGroup, ID: now.Group.ID}, Name: now.Group.Name}
	g.plan.After.Forgotten = true
	for _, id := range now.everybody() {
		g.plan.Add(g.member(id).leave(g.asGroup()))
	}
	for _, p := range now.Group.Inline {
		g.plan.Add(g.at.step("DeleteGroupPolicy").with("name", p.Name).destroying())
	}
	known, shown := now.attached()
	attached, _ := differences(known, shown, nil, false)
	for _, arn := range attached {
		g.plan.Add(g.at.detach(arn))
	}
	g.plan.Add(g.at.step("DeleteGroup").destroying())
	return pl.Checked(g.plan)
}
