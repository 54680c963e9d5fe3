package iamsim

import (
	"net/http"
	"slices"
	"time"

	"iamscim/provisioner/policy"
)

// caller is who signed the request.
type caller struct {
	root   bool
	arn    string // as GetCallerIdentity shows it
	unique string // as GetCallerIdentity shows it
	userID string // of a user; empty for a role or root
	roleID string // of an assumed role
	// session is nil for a long-term key.
	session *session
}

// session is a set of temporary credentials.
type session struct {
	keyID, secret, token string
	issued, expires      time.Time
	who                  caller
	mfa                  bool               // proved when the session began
	policies             []*policy.Document // session policies
	tags                 []Tag
	source               string // source identity
}

const badToken = "The security token included in the request is invalid."

// authenticate finds the secret of the key and checks the signature. A key that
// is unknown and one that is Inactive are answered alike (observed).
func (a *Account) authenticate(at time.Time, sig *signature, r *http.Request, body []byte) (*caller, *apiError) {
	if refused := sig.fresh(); refused != nil {
		return nil, refused
	}
	token := r.Header.Get("X-Amz-Security-Token")
	who, secret, refused := a.credential(at, sig.keyID, token)
	if refused != nil {
		return nil, refused
	}
	if !sig.matches(secret, r, body) {
		return nil, refuse("SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.")
	}
	if s := who.session; s != nil && !at.Before(s.expires) {
		return nil, refuse("ExpiredToken", "The security token included in the request is expired")
	}
	a.markUsed(at, who, sig)
	return who, nil
}

func (a *Account) credential(at time.Time, keyID, token string) (*caller, string, *apiError) {
	if s := a.sessions[keyID]; s != nil {
		if token != s.token {
			return nil, "", refuse("InvalidClientTokenId", badToken)
		}
		who := s.who
		who.session = s
		if !a.alive(at, &who) {
			return nil, "", refuse("InvalidClientTokenId", badToken)
		}
		return &who, s.secret, nil
	}
	if token != "" {
		return nil, "", refuse("InvalidClientTokenId", badToken)
	}
	if i := slices.IndexFunc(a.root.keys, func(k AccessKey) bool { return k.ID == keyID && k.Status == active }); i >= 0 {
		return &caller{root: true, arn: a.rootARN(), unique: a.cfg.AccountID}, a.root.keys[i].Secret, nil
	}
	u := a.users.get(a.keyOwner[keyID], at)
	if u == nil {
		return nil, "", refuse("InvalidClientTokenId", badToken)
	}
	for _, k := range u.Keys {
		if k.ID == keyID && k.Status == active {
			return &caller{arn: a.userARN(u), unique: u.ID, userID: u.ID}, k.Secret, nil
		}
	}
	return nil, "", refuse("InvalidClientTokenId", badToken)
}

// alive reports whether the principal behind a session still exists.
func (a *Account) alive(at time.Time, who *caller) bool {
	switch {
	case who.userID != "":
		return a.users.get(who.userID, at) != nil
	case who.roleID != "":
		return a.roles.get(who.roleID, at) != nil
	}
	return who.root
}

// markUsed notes the use of a key, once in a span of 15 minutes
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccessKeyLastUsed.html).
func (a *Account) markUsed(at time.Time, who *caller, sig *signature) {
	if who.root {
		a.root.lastUsed = at
	}
	u := a.users.current(who.userID)
	if u == nil || who.session != nil {
		return
	}
	i := slices.IndexFunc(u.Keys, func(k AccessKey) bool { return k.ID == sig.keyID })
	if i < 0 || at.Sub(u.Keys[i].LastUsed) < 15*time.Minute {
		return
	}
	next := u.clone()
	k := &next.Keys[i]
	k.LastUsed, k.LastRegion, k.LastService = at, sig.region, sig.service
	a.users.put(next, time.Time{})
}
