package iamsim

import (
	"iamscim/provisioner/policy"
)

// need is one permission an action asks for.
type need struct {
	action   string // "iam:CreateUser"
	resource string
	tags     []Tag // of the resource
	// context holds further condition keys.
	context map[string][]string
}

// documentCache keeps parsed policies by their text.
type documentCache map[string]*policy.Document

// parse returns the parsed document, or nil when the text is no policy; stored
// texts have all been parsed once before.
func (a *Account) parse(text string) *policy.Document {
	if d, ok := a.documents[text]; ok {
		return d
	}
	d, err := policy.Parse(text)
	if err != nil {
		return nil
	}
	if a.documents == nil || len(a.documents) > 20000 {
		a.documents = documentCache{}
	}
	a.documents[text] = d
	return d
}

// allowed refuses the call unless every need is met.
func (c *call) allowed() *apiError {
	if c.op.authorise == nil {
		return nil
	}
	s := c.who.session
	if c.op.service == "iam" && c.who.userID != "" && s != nil && !s.mfa {
		// "You cannot call any IAM API operations unless MFA authentication
		// information is included in the request"
		// (https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html).
		return refuse("InvalidClientTokenId", badToken)
	}
	for _, n := range c.op.authorise(c) {
		if refused := c.allow(n); refused != nil {
			return refused
		}
	}
	return nil
}

func (c *call) allow(n need) *apiError {
	in := c.evaluation(n)
	result := policy.Evaluate(in)
	if result.Decision == policy.Allowed {
		return nil
	}
	return denied(c.who, n, result)
}

// evaluation gathers everything that decides about one need.
func (c *call) evaluation(n need) policy.Input {
	in := policy.Input{
		Action: n.action, Resource: n.resource, SCPs: c.dials.scps,
		Principal: policy.Principal{ARN: c.who.arn, AccountID: c.cfg.AccountID, UserID: c.who.unique},
		Context:   c.context(n),
	}
	switch {
	case c.who.root:
		in.Principal.Type = policy.Account
		in.Identity = []*policy.Document{c.parse(allowEverything)}
	case c.who.userID != "":
		c.asUser(&in)
	default:
		c.asRole(&in)
	}
	if s := c.who.session; s != nil {
		in.Session = s.policies
	}
	return in
}

const allowEverything = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`

func (c *call) asUser(in *policy.Input) {
	u := c.users.get(c.who.userID, c.at)
	in.Principal.Type, in.Principal.Username = policy.User, u.Name
	in.Principal.Tags = tagMap(u.Tags)
	in.Identity = c.userDocuments(u)
	in.Boundary = c.boundaryDocument(u.Boundary)
}

func (c *call) asRole(in *policy.Input) {
	r := c.roles.get(c.who.roleID, c.at)
	in.Principal.Type, in.Principal.RoleARN = policy.AssumedRole, c.roleARN(r)
	in.Principal.Tags = tagMap(append(append([]Tag{}, r.Tags...), c.who.session.tags...))
	in.Identity = c.grantDocuments(r.Grants)
	in.Boundary = c.boundaryDocument(r.Boundary)
}

// userDocuments are the user's own policies and those of their groups.
func (c *call) userDocuments(u *User) []*policy.Document {
	docs := c.grantDocuments(u.Grants)
	for _, id := range u.Groups {
		if g := c.groups.get(id, c.at); g != nil {
			docs = append(docs, c.grantDocuments(g.Grants)...)
		}
	}
	return docs
}

func (c *call) grantDocuments(g Grants) []*policy.Document {
	var docs []*policy.Document
	add := func(text string) {
		if d := c.parse(text); d != nil {
			docs = append(docs, d)
		}
	}
	for _, arn := range g.Attached {
		if p := c.policyByARN(arn); p != nil {
			add(p.document())
		}
	}
	for _, in := range g.Inline {
		add(in.Document)
	}
	return docs
}

// boundaryDocument is nil without a boundary. A boundary whose policy is gone
// allows nothing.
func (c *call) boundaryDocument(arn string) *policy.Document {
	if arn == "" {
		return nil
	}
	if p := c.policyByARN(arn); p != nil {
		return c.parse(p.document())
	}
	return &policy.Document{}
}

func boolText(b bool) string {
	if b {
		return "true"
	}
	return "false"
}

func tagMap(tags []Tag) map[string]string {
	m := make(map[string]string, len(tags))
	for _, t := range tags {
		m[t.Key] = t.Value
	}
	return m
}

var layerNames = map[policy.Layer][2]string{
	policy.LayerSCP:      {"a service control policy", "no service control policy"},
	policy.LayerIdentity: {"an identity-based policy", "no identity-based policy"},
	policy.LayerBoundary: {"a permissions boundary", "no permissions boundary"},
	policy.LayerSession:  {"a session policy", "no session policy"},
	policy.LayerResource: {"a resource-based policy", "no resource-based policy"},
}

// denied words an AccessDenied as AWS does
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html).
func denied(who *caller, n need, result policy.Result) *apiError {
	names := layerNames[result.By]
	if result.Decision == policy.ExplicitDeny {
		return refuse("AccessDenied", "User: %s is not authorized to perform: %s on resource: %s with an explicit deny in %s",
			who.arn, n.action, n.resource, names[0])
	}
	return refuse("AccessDenied", "User: %s is not authorized to perform: %s on resource: %s because %s allows the %s action",
		who.arn, n.action, n.resource, names[1], n.action)
}
