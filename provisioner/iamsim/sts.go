package iamsim

import (
	"encoding/base64"
	"maps"
	"strconv"
	"strings"
	"time"

	"iamscim/provisioner/policy"
)

func stsOperations() []operation {
	return []operation{
		// Nobody can be refused this (API page of GetCallerIdentity).
		{name: "GetCallerIdentity", service: "sts", handle: getCallerIdentity},
		{name: "AssumeRole", service: "sts", needs: "RoleArn RoleSessionName",
			takes:   "DurationSeconds ExternalId Policy PolicyArns SerialNumber SourceIdentity Tags TokenCode",
			refuses: "MinimumSessionTokenSize ProvidedContexts TransitiveTagKeys",
			// assumeRole weighs the caller's policies against the trust policy itself.
			handle: assumeRole},
		{name: "GetSessionToken", service: "sts", takes: "DurationSeconds SerialNumber TokenCode", refuses: "MinimumSessionTokenSize", handle: getSessionToken},
	}
}

func getCallerIdentity(c *call) (fields, error) {
	return fields{{"Arn", c.who.arn}, {"UserId", c.who.unique}, {"Account", c.cfg.AccountID}}, nil
}

// chainLimit: "Role chaining limits your … role session to a maximum of one hour"
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining).
const chainLimit = time.Hour

func assumeRole(c *call) (fields, error) {
	if c.who.root {
		return nil, refuse("AccessDenied", "Roles may not be assumed by root accounts.")
	}
	if err := c.checkTokenCode(); err != nil {
		return nil, err
	}
	r, err := c.trusting()
	if err != nil {
		return nil, err
	}
	life, err := c.sessionLife(r)
	if err != nil {
		return nil, err
	}
	docs, err := c.sessionPolicies()
	if err != nil {
		return nil, err
	}
	tags, err := c.newTags()
	if err != nil {
		return nil, err
	}
	name := c.get("RoleSessionName")
	s := c.newSession(life, caller{
		arn:    "arn:" + c.cfg.Partition + ":sts::" + c.cfg.AccountID + ":assumed-role/" + r.Name + "/" + name,
		unique: r.ID + ":" + name, roleID: r.ID,
	})
	s.policies, s.tags, s.source = docs, tags, c.sourceIdentity()
	c.markAssumed(r)
	out := fields{
		{"Credentials", s.fields()},
		{"AssumedRoleUser", fields{{"AssumedRoleId", s.who.unique}, {"Arn", s.who.arn}}},
	}
	if s.source != "" {
		out = append(out, field{"SourceIdentity", s.source})
	}
	return out, nil
}

// trusting returns the role if caller and trust policy agree. A role that does
// not exist is AccessDenied too.
func (c *call) trusting() (*Role, error) {
	arn := c.get("RoleArn")
	if policy.AccountOf(arn) == "" || !strings.Contains(arn, ":iam::"+policy.AccountOf(arn)+":role/") {
		return nil, invalid("%s is invalid", arn)
	}
	denied := refuse("AccessDenied", "User: %s is not authorized to perform: sts:AssumeRole on resource: %s", c.who.arn, arn)
	r := c.roles.find(policyName(arn), c.at)
	if r == nil || c.roleARN(r) != arn {
		return nil, denied
	}
	trust := c.parse(r.Trust)
	if trust == nil {
		return nil, denied
	}
	needs := []string{"sts:AssumeRole"}
	if len(c.tags()) > 0 {
		needs = append(needs, "sts:TagSession")
	}
	if c.has("SourceIdentity") {
		needs = append(needs, "sts:SetSourceIdentity")
	}
	for _, action := range needs {
		if !c.trusts(r, trust, action) {
			return nil, refuse("AccessDenied", "User: %s is not authorized to perform: %s on resource: %s", c.who.arn, action, arn)
		}
	}
	return r, nil
}

// trusts wants the trust policy to allow; the caller's own policies must allow
// too unless the trust policy names the caller itself.
func (c *call) trusts(r *Role, trust *policy.Document, action string) bool {
	in := c.evaluation(need{action: action, resource: c.roleARN(r), tags: r.Tags, context: c.trustContext()})
	in.ResourcePolicy = trust
	result := policy.Evaluate(in)
	return result.Decision == policy.Allowed && result.ByLayer[policy.LayerResource] == policy.Allowed
}

func (c *call) trustContext() map[string][]string {
	ctx := map[string][]string{"sts:RoleSessionName": {c.get("RoleSessionName")}}
	for key, param := range map[string]string{"sts:ExternalId": "ExternalId", "sts:SourceIdentity": "SourceIdentity"} {
		if c.has(param) {
			ctx[key] = []string{c.get(param)}
		}
	}
	if c.has("TokenCode") { // which has been checked
		ctx["aws:MultiFactorAuthPresent"], ctx["aws:MultiFactorAuthAge"] = []string{"true"}, []string{"0"}
	}
	return ctx
}

func (c *call) sessionLife(r *Role) (time.Duration, error) {
	life := time.Duration(c.number("DurationSeconds", 3600)) * time.Second
	switch {
	case c.who.session != nil && c.who.roleID != "" && life > chainLimit:
		return 0, invalid("The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.")
	case life > r.MaxSession:
		return 0, invalid("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
	}
	return life, nil
}

// sourceIdentity stays with a session through role chaining
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html).
func (c *call) sourceIdentity() string {
	if s := c.who.session; s != nil && s.source != "" {
		return s.source
	}
	return c.get("SourceIdentity")
}

// sessionPolicyLimit: "up to 10 managed policy ARNs"
// (https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html).
const sessionPolicyLimit = 10

func (c *call) sessionPolicies() ([]*policy.Document, error) {
	var docs []*policy.Document
	if c.has("Policy") {
		if err := c.checkDocument(c.get("Policy")); err != nil {
			return nil, err
		}
		docs = append(docs, c.parse(c.get("Policy")))
	}
	arns := c.positions("PolicyArns")
	if len(arns) > sessionPolicyLimit {
		return nil, constraint("policyArns", "have length less than or equal to %d", sessionPolicyLimit)
	}
	for _, i := range arns {
		arn := c.get("PolicyArns.member." + strconv.Itoa(i) + ".arn")
		p := c.policyByARN(arn)
		if p == nil {
			return nil, refuse("NoSuchEntity", "Policy %s does not exist.", arn)
		}
		docs = append(docs, c.parse(p.document()))
	}
	return docs, nil
}

func (c *call) newSession(life time.Duration, who caller) *session {
	s := &session{
		keyID: c.newID("ASIA", 16), secret: c.newSecret(), issued: c.at, expires: c.at.Add(life), who: who,
		token: base64.StdEncoding.EncodeToString(c.randomBytes(96)),
	}
	maps.DeleteFunc(c.sessions, func(_ string, old *session) bool { return c.at.After(old.expires.Add(time.Hour)) })
	c.sessions[s.keyID] = s
	return s
}

func (s *session) fields() fields {
	return fields{{"AccessKeyId", s.keyID}, {"SecretAccessKey", s.secret}, {"SessionToken", s.token}, {"Expiration", s.expires}}
}

// markAssumed notes the use of a role, once in a span of 15 minutes.
func (c *call) markAssumed(r *Role) {
	real := c.roles.current(r.ID)
	if real == nil || c.at.Sub(real.LastUsed) < 15*time.Minute {
		return
	}
	next := real.clone()
	next.LastUsed, next.LastRegion = c.at, c.region
	c.roles.put(next, time.Time{})
}

// getSessionToken is for users and root with long-term keys
// (https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html).
func getSessionToken(c *call) (fields, error) {
	if c.who.session != nil {
		return nil, refuse("AccessDenied", "Cannot call GetSessionToken with session credentials")
	}
	if err := c.checkTokenCode(); err != nil {
		return nil, err
	}
	life := time.Duration(c.number("DurationSeconds", 43200)) * time.Second
	if c.who.root {
		life = min(life, time.Hour)
	}
	s := c.newSession(life, *c.who)
	s.mfa = c.has("TokenCode")
	return fields{{"Credentials", s.fields()}}, nil
}

// checkTokenCode refuses a wrong code also where nobody asks for one.
func (c *call) checkTokenCode() error {
	if c.has("SerialNumber") != c.has("TokenCode") {
		return invalid("Both SerialNumber and TokenCode must be given.")
	}
	if c.has("TokenCode") && !c.provesMFA() {
		return refuse("AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code.")
	}
	return nil
}

// provesMFA checks the one-time code of a device of the calling user.
func (c *call) provesMFA() bool {
	u := c.users.get(c.who.userID, c.at)
	serial := c.get("SerialNumber")
	if u == nil || u.device(serial) < 0 {
		return false
	}
	if !strings.HasPrefix(serial, "arn:") {
		return c.has("TokenCode")
	}
	d := c.devices.find(serial, c.at)
	if d == nil {
		return false
	}
	for step := -1; step <= 1; step++ {
		if oneTimeCode(d.Seed, c.at.Add(time.Duration(step)*codeStep)) == c.get("TokenCode") {
			return true
		}
	}
	return false
}
