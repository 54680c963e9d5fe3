package observer

import (
	"slices"
	"strings"

	"iamscim/store"
)

// The identity types.
const (
	human   = "human"
	service = "service"
)

// DefaultIdentityTags are the tag keys that say outright what a user is.
var DefaultIdentityTags = []string{"identityType", "identity-type", "iamscim:identityType"}

// identityWords are the tag values that are understood; others decide nothing.
var identityWords = map[string]string{
	"human": human, "person": human, "user": human, "employee": human,
	"service": service, "service account": service, "service-account": service, "serviceaccount": service,
	"machine": service, "bot": service, "application": service,
}

// Identify decides between people and machines and names the rule: an
// explicit tag, else a password makes a person, else keys or service
// credentials alone make a service. What is not known decides nothing.
func Identify(u *store.User, keys []string) {
	if keys == nil {
		keys = DefaultIdentityTags
	}
	for _, t := range u.Tags {
		named := slices.ContainsFunc(keys, func(k string) bool { return strings.EqualFold(k, t.Key) })
		if kind := identityWords[strings.ToLower(strings.TrimSpace(t.Value))]; named && kind != "" {
			u.IdentityType, u.IdentityTypeRule = kind, "tag:"+t.Key
			return
		}
	}
	switch {
	case u.ConsoleAccess != nil && *u.ConsoleAccess:
		u.IdentityType, u.IdentityTypeRule = human, "loginProfile"
	case u.ConsoleAccess == nil:
	case len(u.AccessKeys) > 0:
		u.IdentityType, u.IdentityTypeRule = service, "accessKeys"
	case len(u.ServiceCredentials) > 0:
		u.IdentityType, u.IdentityTypeRule = service, "serviceCredentials"
	}
}
