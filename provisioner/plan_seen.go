package provisioner

import (
	"slices"

	"iamscim/store"
)

// views are the user with what we wrote a moment ago, and as IAM shows them.
func (now userNow) views() []*store.User {
	if now.read == nil {
		return []*store.User{now.user}
	}
	return []*store.User{now.user, now.read}
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
