package provisioner

import (
	"maps"
	"slices"

	"iamscim/provisioner/internal/list"
	"iamscim/store"
)

// views are the user with what we wrote a moment ago, and as IAM shows them.
func (now userNow) views() []*store.User {
	if now.read == nil {
		return []*store.User{now.user}
	}
	return []*store.User{now.user, now.read}
}

// differences plans how to come to what is wanted, whichever view is true: what
// either shows is taken away, and what one does not show is given. Doing it twice is
// harmless; believing that it is done is not.
func differences(known, shown, wanted []string) (drop, gain []string) {
	drop = list.Without(append(slices.Clone(known), shown...), wanted)
	gain = list.Without(wanted, slices.DeleteFunc(slices.Clone(known), func(id string) bool { return !slices.Contains(shown, id) }))
	return drop, gain
}

// whole is the user with everything that one of the views shows.
func (now userNow) whole() *store.User {
	u := *now.user
	for _, view := range now.views()[1:] {
		u.Groups = append(slices.Clone(u.Groups), list.Without(view.Groups, u.Groups)...)
		for _, arn := range list.Without(arnsIn(view.Attached), arnsIn(u.Attached)) {
			u.Attached = withPolicy(u.Attached, arn)
		}
	}
	for _, c := range now.activeCredentials() {
		editCredential(&u, c.kind, c.id, statusActive)
	}
	return &u
}

func arnsIn(list []store.PolicyRef) []string {
	arns := make([]string, len(list))
	for i, p := range list {
		arns[i] = p.ARN
	}
	return arns
}

// shows reports whether IAM shows a user as a member.
func (now groupNow) shows(id string) bool {
	if now.shown == nil {
		return now.members[id]
	}
	return now.shown[id]
}

// everybody lists whom one of the views has as a member.
func (now groupNow) everybody() (ids []string) {
	all := maps.Clone(now.members)
	if all == nil {
		all = map[string]bool{}
	}
	for id, member := range now.shown {
		all[id] = all[id] || member
	}
	return slices.DeleteFunc(slices.Sorted(maps.Keys(all)), func(id string) bool { return !all[id] })
}

// attached are the ARNs of the policies in both views.
func (now groupNow) attached() (known, shown []string) {
	known = arnsIn(now.group.Attached)
	if now.read == nil {
		return known, known
	}
	return known, arnsIn(now.read.Attached)
}

// denied reports whether a deny of ours is in place, whichever view is true.
func (now userNow) denied() bool {
	return !slices.ContainsFunc(now.views(), func(u *store.User) bool { return !hasDeny(u, now.record) })
}

// mayUseConsole reports whether there is a password in one of the views.
func (now userNow) mayUseConsole() bool {
	return slices.ContainsFunc(now.views(), func(u *store.User) bool { return u.ConsoleAccess != nil && *u.ConsoleAccess })
}

// activeCredentials lists the credentials that are active in one of the views.
func (now userNow) activeCredentials() (list []credentialState) {
	for _, u := range now.views() {
		for _, c := range credentialsOf(u) {
			known := slices.ContainsFunc(list, func(other credentialState) bool { return other.kind == c.kind && other.id == c.id })
			if c.status == statusActive && !known {
				list = append(list, c)
			}
		}
	}
	return list
}
