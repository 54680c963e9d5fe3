package planner

import (
	"fmt"
	"reflect"
	"slices"

	"iamscim/provisioner/internal/list"
	"iamscim/provisioner/policy"
	"iamscim/store"
)

// UserWish is the desired writable state of a user; a nil field is left as it
// is.
type UserWish struct {
	UserName     *string       // shown name; equal regardless of case is no change
	Person       *store.Person // replaces all person attributes, externalId included
	Active       *bool
	Password     *string   // only with WriteConfig.Passwords
	Entitlements *[]string // ARNs wanted as direct attachments; denies and inherited ones are not part of it
	Path         *string
	Boundary     *string   // "" removes it
	Groups       *[]string // GroupIDs; only with WriteConfig.GroupsViaUsers
	Patched      bool      // Entitlements and Groups are those shown, with changes
}

// UserNow is the current state of a user, all of it read live.
type UserNow struct {
	User *store.User
	// Read is the user as IAM showed them, without what we wrote a moment ago: it
	// may not show yet, or somebody took it back. nil: the same as user.
	Read    *store.User
	Record  *store.Deactivation // nil: we did not deactivate them
	Adopted bool                // the person attributes are ours already
	Full    Full
}

// Full says where IAM refused a deny although the quota seemed to allow it.
type Full struct{ Attached, Inline bool }

// ManagedTag is on every user we created; its value is journaled before the
// call, so that a lost answer can be told from somebody else's user.
const ManagedTag = "iamscim:managed"

// CreateUser plans a new user. managed is the value of the managed tag.
func (pl *Planner) CreateUser(w *UserWish, managed string) (*Plan, error) {
	if w.UserName == nil {
		return nil, &InvalidError{Attribute: "userName", Reason: "it is required"}
	}
	name, err := EncodeUserName(*w.UserName)
	if err != nil {
		return nil, err
	}
	path, boundary := pl.CreatePath, pl.CreateBoundary
	if w.Path != nil {
		path = *w.Path
	}
	if w.Boundary != nil {
		boundary = *w.Boundary
	}
	if err := checkPath(path); err != nil {
		return nil, err
	}
	at := userTarget{name: name, arn: pl.ARN("user", path, name), boundary: boundary}
	u := &userPlan{Planner: pl, at: at, now: &store.User{Name: name, Path: path}}
	u.plan = &Plan{Kind: KindCreateUser, Direction: Undo, Object: store.Ref{Kind: store.KindUser}, Name: name}
	u.plan.After = Remembrance{Owned: true, Person: &store.Person{}}
	if w.Person != nil {
		u.plan.After.Person = w.Person
	}
	create := Step{Action: "CreateUser"}.with("user", name)
	if path != "/" {
		create = create.with("path", path)
	}
	create = create.with("boundary", boundary).with("tag", ManagedTag+"="+managed)
	for _, t := range pl.CreateTags {
		create = create.with("tag", t.Key+"="+t.Value)
	}
	for _, t := range pl.personTags(w.Person) {
		if t.Value != "" {
			create = create.with("tag", t.Key+"="+t.Value)
		}
	}
	create = create.needing("CreateUser", at.arn, "iam:PermissionsBoundary", boundary).needing("TagUser", at.arn)
	u.plan.Add(create.undoneBy(at.step("DeleteUser")))
	inactive := w.Active != nil && !*w.Active
	if inactive {
		u.plan.Add(at.attach(pl.denyAll()))
		u.plan.After.Inactive, u.plan.After.Deny = true, pl.denyAll()
		u.now.Attached = []store.PolicyRef{{ARN: pl.denyAll(), Deny: true}}
	}
	if err := u.grants(w); err != nil {
		return nil, err
	}
	if w.Password != nil && pl.Passwords && !inactive {
		u.password(*w.Password)
	}
	return pl.Checked(u.plan)
}

// userPlan is a plan for one user in the making.
type userPlan struct {
	*Planner
	now  *store.User
	read *store.User // as UserNow.read; nil: the same as now
	at   userTarget
	plan *Plan
	full Full

	patched bool // see UserWish
}

// UpdateUser plans every change but a deactivation, which is a plan of its
// own: it has another direction.
func (pl *Planner) UpdateUser(now UserNow, w *UserWish) (*Plan, error) {
	u := &userPlan{Planner: pl, now: now.User, read: now.Read, at: targetOf(now.User), patched: w.Patched}
	u.plan = &Plan{Kind: KindUpdateUser, Direction: Undo, Object: store.Ref{Kind: store.KindUser, ID: now.User.ID}, Name: now.User.Name}
	if err := u.grants(w); err != nil {
		return nil, err
	}
	u.attributes(now, w)
	if err := u.identity(w); err != nil {
		return nil, err
	}
	if w.Active != nil && *w.Active && !now.User.Active {
		if err := u.reactivate(now.Record); err != nil {
			return nil, err
		}
	}
	stays := now.User.Active && (w.Active == nil || *w.Active) || w.Active != nil && *w.Active
	if w.Password != nil && pl.Passwords && stays {
		u.password(*w.Password)
	}
	return pl.Checked(u.plan)
}

func targetOf(u *store.User) userTarget {
	return userTarget{name: u.Name, id: u.ID, arn: u.ARN, boundary: u.Boundary}
}

// attributes plans what the state file is to say. The first write adopts what
// was shown so far, and nothing is derived any more.
func (u *userPlan) attributes(now UserNow, w *UserWish) {
	next := w.Person
	if next == nil {
		next = &now.User.Person
	}
	if !now.Adopted || !reflect.DeepEqual(*next, now.User.Person) {
		u.plan.After.Person = next
		u.tagging(next)
	}
}

// grants plans attachments, boundary and memberships.
func (u *userPlan) grants(w *UserWish) error {
	if w.Entitlements != nil {
		if err := u.entitlements(*w.Entitlements); err != nil {
			return err
		}
	}
	if w.Boundary != nil && u.now.ID != "" {
		u.bound(*w.Boundary)
	}
	if w.Groups != nil && u.GroupsViaUsers {
		return u.memberships(*w.Groups)
	}
	return nil
}

// bound plans the boundary. Since it takes away, one is set unless both views show
// it, and removed only if we know of it.
func (u *userPlan) bound(wanted string) {
	so := wanted == u.now.Boundary
	if so && (wanted == "" || u.read == nil || u.BoundAsShown || u.read.Boundary == wanted) {
		return
	}
	u.plan.Add(u.at.setBoundary(u.now.Boundary, wanted).again(so))
}

// granted splits the attachments of a view from those that deny or quarantine.
func granted(v *store.User, denied map[string]bool) (have []string) {
	for _, p := range v.Attached {
		if p.Deny || p.Quarantine {
			denied[p.ARN] = true
		} else {
			have = append(have, p.ARN)
		}
	}
	return have
}

func (u *userPlan) entitlements(wanted []string) error {
	denied := map[string]bool{}
	have := granted(u.now, denied)
	shown := have
	if u.read != nil && !u.AsShown {
		shown = granted(u.read, denied)
	}
	var want []string
	for _, arn := range list.Unique(wanted) {
		if denied[arn] || u.inherited(arn) && !slices.Contains(have, arn) {
			continue // written back as it was shown
		}
		p := u.Policies[arn]
		if policy.IsDenyAll(arn) || policy.IsQuarantine(arn) || p != nil && p.Deny {
			return &InvalidError{Attribute: "entitlements", Reason: fmt.Sprintf("%s denies everything; set active to false instead", arn)}
		}
		want = append(want, arn)
	}
	drop, gain := differences(have, shown, want, u.patched)
	quota := u.quota("AttachedPoliciesPerUserQuota")
	if n := len(u.now.Attached) - len(have) + len(want); len(gain) > 0 && n > quota {
		return &InvalidError{Attribute: "entitlements", Reason: fmt.Sprintf("IAM allows %d policies attached to a user, this would be %d", quota, n)}
	}
	for _, arn := range drop {
		u.plan.Add(u.at.detach(arn).again(!inBoth(have, shown, arn)))
	}
	for _, arn := range gain {
		u.plan.Add(u.at.attach(arn).again(slices.Contains(have, arn)))
	}
	return nil
}

// inherited reports whether a group of theirs has the policy.
func (u *userPlan) inherited(arn string) bool {
	return slices.ContainsFunc(u.now.Groups, func(id string) bool {
		g := u.Groups[id]
		return g != nil && slices.ContainsFunc(g.Attached, func(p store.PolicyRef) bool { return p.ARN == arn })
	})
}

func (u *userPlan) memberships(wanted []string) error {
	have := u.now.Groups
	shown := have
	if u.read != nil {
		shown = u.read.Groups
	}
	leave, join := differences(have, shown, wanted, u.patched)
	quota := u.quota("GroupsPerUserQuota")
	if n := len(list.Unique(wanted)); len(join) > 0 && n > quota {
		return &InvalidError{Attribute: "groups", Reason: fmt.Sprintf("IAM allows a user to be in %d groups, this would be %d", quota, n)}
	}
	for _, id := range leave {
		if g := u.Groups[id]; g != nil {
			u.plan.Add(u.at.leave(g).again(!inBoth(have, shown, id)))
		}
	}
	for _, id := range join {
		g := u.Groups[id]
		if g == nil {
			return &InvalidError{Attribute: "groups", Reason: fmt.Sprintf("there is no group %q", id)}
		}
		u.plan.Add(u.at.join(g).again(slices.Contains(have, id)))
	}
	return nil
}

// identity plans name and path.
func (u *userPlan) identity(w *UserWish) error {
	name, path := u.now.Name, u.now.Path
	if w.UserName != nil && store.Fold(*w.UserName) != store.Fold(u.now.UserName) {
		var err error
		if name, err = EncodeUserName(*w.UserName); err != nil {
			return err
		}
	}
	if w.Path != nil && *w.Path != path {
		path = *w.Path
		if err := checkPath(path); err != nil {
			return err
		}
	}
	if store.Fold(name) == store.Fold(u.now.Name) {
		name = u.now.Name // IAM refuses to change the case only
	}
	if name == u.now.Name && path == u.now.Path {
		return nil
	}
	next := u.at
	next.name, next.arn = name, arnOf(u.now.ARN, "user", path, name)
	u.plan.Add(u.at.rename(u.at, next, u.now.Path, path))
	u.at = next
	return nil
}

// password is the last step: the old one cannot be brought back.
func (u *userPlan) password(password string) {
	s := u.at.step("CreateLoginProfile").undoneBy(u.at.step("DeleteLoginProfile"))
	if on := u.now.ConsoleAccess; on != nil && *on {
		s = u.at.step("UpdateLoginProfile").destroying()
	}
	s.secret = func() string { return password }
	u.plan.Add(s)
}
