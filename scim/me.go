package scim

import (
	"maps"
	"net/http"

	"iamscim/scim/auth"
)

// me makes /Me of what can be done to one user (RFC 7644 §3.11): for a
// credential that is bound to a user it is that user, for any other it does not
// exist. A POST would create who the credential is already bound to.
func me(user verbs) verbs {
	verbs := maps.Clone(user)
	for method, e := range verbs {
		e.do = asMe(e.do)
		verbs[method] = e
	}
	verbs["POST"] = endpoint{auth.Read, func(http.ResponseWriter, *request) error { return errNoMe }, 0}
	return verbs
}

// asMe lets do find the user in the place of an id in the path. Location is
// where they are under their own name.
func asMe(do handler) handler {
	return func(w http.ResponseWriter, r *request) error {
		if r.credential.UserID == "" {
			return errNoMe
		}
		r.actual = r.credential.UserID
		w.Header().Set("Location", r.base+r.account.content.resourceType("User").Endpoint+"/"+r.actual)
		return do(w, r)
	}
}
