package planner

import (
	"maps"
	"slices"

	"iamscim/provisioner/internal/list"
	"iamscim/store"
)

// views are the user with what we wrote a moment ago, and as IAM shows them.
func (now UserNow) views() []*store.User {
	if now.Read == nil {
		return []*store.User{now.User}
	}
	return []*store.User{now.User, now.Read}
}

// differences plans how to come to what is wanted, whichever view is true: what
// either shows is taken away, and what one does not show is given. Doing it twice is
// harmless; believing that it is done is not. Of a list that was only patched nobody
// asked for what it kept: if somebody took that away meanwhile, it stays away.
func differences(known, shown, wanted []string, patched bool) (drop, gain []string) {
	have := slices.DeleteFunc(slices.Clone(known), func(id string) bool { return !patched && !slices.Contains(shown, id) })
	return list.Without(append(slices.Clone(known), shown...), wanted), list.Without(wanted, have)
}

// inBoth reports whether both views show it: only then does an undoing give back what
// was taken. What one of them does not have, somebody else may have taken before.
func inBoth(known, shown []string, id string) bool {
	return slices.Contains(known, id) && slices.Contains(shown, id)
}

// Whole is the user with everything that one of the views shows.
func (now UserNow) Whole() *store.User {
	u := *now.User
	for _, view := range now.views()[1:] {
		u.Groups = append(slices.Clone(u.Groups), list.Without(view.Groups, u.Groups)...)
		for _, arn := range list.Without(ARNsOf(view.Attached), ARNsOf(u.Attached)) {
			u.Attached = WithPolicy(u.Attached, arn)
		}
	}
	for _, c := range now.activeCredentials() {
		EditCredential(&u, c.Kind, c.ID, StatusActive)
	}
	return &u
}

// ARNsOf lists the policies that are attached.
func ARNsOf(list []store.PolicyRef) []string {
	arns := make([]string, len(list))
	for i, p := range list {
		arns[i] = p.ARN
	}
	return arns
}

// Shows reports whether IAM shows a user as a member.
func (now GroupNow) Shows(id string) bool {
	if now.Shown == nil {
		return now.Members[id]
	}
	return now.Shown[id]
}

// everybody lists whom one of the views has as a member.
func (now GroupNow) everybody() (ids []string) {
	all := maps.Clone(now.Members)
	if all == nil {
		all = map[string]bool{}
	}
	for id, member := range now.Shown {
		all[id] = all[id] || member
	}
	return slices.DeleteFunc(slices.Sorted(maps.Keys(all)), func(id string) bool { return !all[id] })
}

// attached are the ARNs of the policies in both views.
func (now GroupNow) attached() (known, shown []string) {
	known = ARNsOf(now.Group.Attached)
	if now.Read == nil {
		return known, known
	}
	return known, ARNsOf(now.Read.Attached)
}

// denied reports whether a deny of ours is in place, whichever view is true.
func (now UserNow) denied() bool {
	return !slices.ContainsFunc(now.views(), func(u *store.User) bool { return !HasDeny(u, now.Record) })
}

// mayUseConsole reports whether there is a password in one of the views.
func (now UserNow) mayUseConsole() bool {
	return slices.ContainsFunc(now.views(), func(u *store.User) bool { return u.ConsoleAccess != nil && *u.ConsoleAccess })
}

// activeCredentials lists the credentials that are active in one of the views.
func (now UserNow) activeCredentials() (list []Credential) {
	for _, u := range now.views() {
		for _, c := range CredentialsOf(u) {
			known := slices.ContainsFunc(list, func(other Credential) bool { return other.Kind == c.Kind && other.ID == c.ID })
			if c.Status == StatusActive && !known {
				list = append(list, c)
			}
		}
	}
	return list
}
