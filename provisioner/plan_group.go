package provisioner

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
}

// groupNow is the current state of a group, all of it read live. A group may
// have thousands of members, so only those that the wish names are here; all of
// them only if it replaces or deletes all.
type groupNow struct {
	group      *store.Group // nil: to be created
	attributes store.GroupAttributes
	members    map[string]bool // users that are touched: whether they are members
	// read and shown are policies and members as IAM showed them, without what we
	// wrote a moment ago. nil: the same.
	read  *store.Group
	shown map[string]bool
}

// groupPlan is a plan for one group in the making.
type groupPlan struct {
	*planner
	now  groupNow
	at   groupTarget
	plan *Plan
}

func (pl *planner) planCreateGroup(w *GroupWish) (*Plan, error) {
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
	arn := pl.arn("group", path, name)
	g := &groupPlan{planner: pl, at: groupTarget{name: name, arn: arn}, now: groupNow{group: &store.Group{Name: name, ARN: arn, Path: path}}}
	g.plan = &Plan{Kind: kindCreateGroup, Direction: Undo, Object: store.Ref{Kind: store.KindGroup}, Name: name}
	g.plan.after.owned = true
	create := Step{Action: "CreateGroup"}.with("group", name)
	if path != "/" {
		create = create.with("path", path)
	}
	g.plan.add(create.needing("CreateGroup", arn).undoneBy(g.at.step("DeleteGroup")))
	if err := g.content(w); err != nil {
		return nil, err
	}
	g.attributes(w, name)
	return pl.checked(g.plan)
}

func (pl *planner) planUpdateGroup(now groupNow, w *GroupWish) (*Plan, error) {
	g := &groupPlan{planner: pl, now: now, at: groupTarget{name: now.group.Name, id: now.group.ID, arn: now.group.ARN}}
	g.plan = &Plan{Kind: kindUpdateGroup, Direction: Undo, Object: store.Ref{Kind: store.KindGroup, ID: now.group.ID}, Name: now.group.Name}
	if err := g.content(w); err != nil {
		return nil, err
	}
	name, path := now.group.Name, now.group.Path
	if w.DisplayName != nil && *w.DisplayName == "" {
		return nil, &InvalidError{Attribute: "displayName", Reason: "it is required"}
	}
	if w.DisplayName != nil && store.Fold(*w.DisplayName) != store.Fold(now.group.DisplayName) {
		name, _ = store.EncodeGroupName(*w.DisplayName)
	}
	if w.Path != nil && *w.Path != path {
		path = *w.Path
		if err := checkPath(path); err != nil {
			return nil, err
		}
	}
	if store.Fold(name) == store.Fold(now.group.Name) {
		name = now.group.Name
	}
	if name != now.group.Name || path != now.group.Path {
		next := groupTarget{name: name, id: g.at.id, arn: arnOf(now.group.ARN, "group", path, name)}
		g.plan.add(g.at.rename(next, now.group.Path, path))
	}
	g.attributes(w, name)
	return pl.checked(g.plan)
}

// attributes plans what IAM has no field for.
func (g *groupPlan) attributes(w *GroupWish, name string) {
	next := g.now.attributes
	if w.ExternalID != nil {
		next.ExternalID = *w.ExternalID
	}
	if w.DisplayName != nil && store.Fold(*w.DisplayName) != store.Fold(g.now.group.DisplayName) {
		next.DisplayName, next.IAMName = "", ""
		if _, long := store.EncodeGroupName(*w.DisplayName); long {
			next.DisplayName, next.IAMName = *w.DisplayName, name
		}
	}
	if next != g.now.attributes {
		g.plan.after.group = &next
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
		if g.now.members[id] || g.now.shows(id) {
			g.plan.add(g.member(id).leave(g.asGroup()).again(!g.now.members[id]))
		}
	}
	for _, id := range add {
		member := g.now.members[id]
		if member && g.now.shows(id) {
			continue
		}
		if err := g.admits(id); err != nil && !member {
			return err
		}
		g.plan.add(g.member(id).join(g.asGroup()).again(member))
	}
	return nil
}

func (g *groupPlan) asGroup() *store.Group {
	return &store.Group{ID: g.at.id, Name: g.at.name, ARN: g.at.arn}
}

func (g *groupPlan) member(id string) userTarget { return targetOf(g.known[id]) }

// admits checks that the user exists and may be in one group more.
func (g *groupPlan) admits(id string) error {
	u := g.known[id]
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
	if g.asShown {
		shown = have
	}
	drop, gain := differences(have, shown, wanted)
	quota := g.quota("AttachedPoliciesPerGroupQuota")
	if n := len(list.Unique(wanted)); len(gain) > 0 && n > quota {
		return &InvalidError{Attribute: "attachedPolicies", Reason: fmt.Sprintf("IAM allows %d policies attached to a group, this would be %d", quota, n)}
	}
	for _, arn := range drop {
		g.plan.add(g.at.detach(arn).again(!slices.Contains(have, arn)))
	}
	for _, arn := range gain {
		g.plan.add(g.at.attach(arn).again(slices.Contains(have, arn)))
	}
	return nil
}

// planDeleteGroup empties the group and deletes it (IAM API Reference,
// DeleteGroup).
func (pl *planner) planDeleteGroup(now groupNow) (*Plan, error) {
	g := &groupPlan{planner: pl, now: now, at: groupTarget{name: now.group.Name, id: now.group.ID, arn: now.group.ARN}}
	g.plan = &Plan{Kind: kindDeleteGroup, Direction: Forward, Object: store.Ref{Kind: store.KindGroup, ID: now.group.ID}, Name: now.group.Name}
	g.plan.after.forgotten = true
	for _, id := range now.everybody() {
		g.plan.add(g.member(id).leave(g.asGroup()))
	}
	for _, p := range now.group.Inline {
		g.plan.add(g.at.step("DeleteGroupPolicy").with("name", p.Name).destroying())
	}
	known, shown := now.attached()
	attached, _ := differences(known, shown, nil)
	for _, arn := range attached {
		g.plan.add(g.at.detach(arn))
	}
	g.plan.add(g.at.step("DeleteGroup").destroying())
	return pl.checked(g.plan)
}
