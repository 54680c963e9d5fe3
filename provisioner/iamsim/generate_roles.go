package iamsim

import (
	"fmt"
	"strings"
	"time"
)

// addRoles makes roles of every kind of trust in the proportions of a grown
// account, within IAM's quota of 1,000.
func (g *generator) addRoles(users int) {
	g.serviceLinkedRoles()
	want := scale(28, users, 6, 950)
	for i := 0; g.roles.size() < want; i++ {
		kind := roleKinds[i%len(roleKinds)]
		r := kind(g, i)
		r.ID, r.MaxSession = g.newID("AROA", 17), time.Duration(1+g.rng.IntN(12))*time.Hour
		r.Created = g.ago(30, 2000)
		if g.chance(70) {
			r.LastUsed, r.LastRegion = g.between(r.Created, g.today), one(g, regions)
		}
		g.roles.put(r, time.Time{})
	}
}

// roleKinds is the mixture; half of the roles belong to services.
var roleKinds = []func(*generator, int) *Role{
	(*generator).serviceRole, (*generator).accountRole, (*generator).serviceRole, (*generator).crossAccountRole,
	(*generator).serviceRole, (*generator).userRole, (*generator).serviceRole, (*generator).samlRole,
	(*generator).serviceRole, (*generator).mfaRole, (*generator).serviceRole, (*generator).oidcRole,
	(*generator).serviceRole, (*generator).formerUserRole, (*generator).serviceRole, (*generator).vendorRole,
}

// trust is a trust policy with one statement.
func trust(principal, action, condition string) string {
	if condition != "" {
		condition = `,"Condition":` + condition
	}
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":%s,"Action":%q%s}]}`, principal, action, condition)
}

func trustAWS(arn, condition string) string {
	return trust(fmt.Sprintf(`{"AWS":%q}`, arn), "sts:AssumeRole", condition)
}

var linkedServices = []string{
	"AutoScaling:autoscaling", "ElasticLoadBalancing:elasticloadbalancing", "Organizations:organizations",
	"RDS:rds", "SSO:sso", "Support:support", "TrustedAdvisor:trustedadvisor", "CloudTrail:cloudtrail",
}

// serviceLinkedRoles are made by AWS under a path of their own
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/using-service-linked-roles.html).
func (g *generator) serviceLinkedRoles() {
	for _, entry := range linkedServices {
		name, host, _ := strings.Cut(entry, ":")
		host += ".amazonaws.com"
		g.roles.put(&Role{
			ID: g.newID("AROA", 17), Name: "AWSServiceRoleFor" + name, Path: "/aws-service-role/" + host + "/",
			Created: g.ago(800, 2000), MaxSession: time.Hour,
			Trust: trust(fmt.Sprintf(`{"Service":%q}`, host), "sts:AssumeRole", ""),
		}, time.Time{})
	}
}

func (g *generator) serviceRole(i int) *Role {
	host := one(g, []string{"lambda", "ec2", "ecs-tasks", "states", "glue", "codebuild"}) + ".amazonaws.com"
	return &Role{
		Name: fmt.Sprintf("%s-%s-%03d", one(g, serviceThings), strings.TrimSuffix(host, ".amazonaws.com"), i), Path: "/service/",
		Trust:  trust(fmt.Sprintf(`{"Service":%q}`, host), "sts:AssumeRole", ""),
		Grants: Grants{Attached: []string{one(g, g.local)}}, Tags: []Tag{{"environment", one(g, stages)}},
	}
}

// accountRole trusts the account: who may assume it is decided by the users'
// own policies. Members of the operations group can.
func (g *generator) accountRole(i int) *Role {
	return &Role{
		Name: fmt.Sprintf("operations-%03d", i), Path: "/operations/", Trust: trustAWS(g.rootARN(), ""),
		Grants: Grants{Attached: []string{g.managed("PowerUserAccess")}}, Description: "Day-to-day operations",
	}
}

func (g *generator) mfaRole(i int) *Role {
	r := g.accountRole(i)
	r.Name = fmt.Sprintf("administration-%03d", i)
	r.Trust = trustAWS(g.rootARN(), `{"Bool":{"aws:MultiFactorAuthPresent":"true"}}`)
	r.Attached = []string{g.managed("AdministratorAccess")}
	return r
}

func (g *generator) crossAccountRole(i int) *Role {
	return &Role{
		Name: fmt.Sprintf("shared-services-%03d", i), Path: "/", Boundary: g.boundary,
		Trust:  trustAWS(fmt.Sprintf("arn:%s:iam::%012d:root", g.cfg.Partition, 210000000000+int64(g.rng.IntN(40))), ""),
		Grants: Grants{Attached: []string{g.managed("ReadOnlyAccess")}},
	}
}

// vendorRole is the third-party role with an external id.
func (g *generator) vendorRole(i int) *Role {
	vendor := one(g, []string{"governance", "monitoring", "backup", "finops"})
	return &Role{
		Name: fmt.Sprintf("vendor-%s-%03d", vendor, i), Path: "/vendors/",
		Trust: trustAWS("arn:"+g.cfg.Partition+":iam::998877665544:root",
			fmt.Sprintf(`{"StringEquals":{"sts:ExternalId":%q}}`, g.newUUID())),
		Grants: Grants{Attached: []string{g.managed("SecurityAudit")}},
	}
}

func (g *generator) userRole(i int) *Role {
	users := g.people
	if g.chance(50) && len(g.services) > 0 {
		users = g.services
	}
	return &Role{
		Name: fmt.Sprintf("personal-%03d", i), Path: "/", Trust: trustAWS(g.userARN(one(g, users)), ""),
		Grants: Grants{Attached: []string{one(g, g.local)}},
	}
}

// formerUserRole trusts somebody deleted: AWS shows the unique id in place of
// the ARN (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html).
func (g *generator) formerUserRole(i int) *Role {
	return &Role{
		Name: fmt.Sprintf("legacy-%03d", i), Path: "/", Trust: trustAWS(g.newID("AIDA", 17), ""),
		Grants: Grants{Inline: []InlinePolicy{{"legacy", fmt.Sprintf(onlyBucket, "legacy")}}},
	}
}

func (g *generator) samlRole(i int) *Role {
	principal := fmt.Sprintf(`{"Federated":%q}`, g.arn("saml-provider/CorporateIdP"))
	return &Role{
		Name: fmt.Sprintf("sso-%s-%03d", strings.ToLower(one(g, departments)), i), Path: "/sso/",
		Trust:  trust(principal, "sts:AssumeRoleWithSAML", `{"StringEquals":{"SAML:aud":"https://signin.aws.amazon.com/saml"}}`),
		Grants: Grants{Attached: []string{g.managed("ReadOnlyAccess")}},
	}
}

func (g *generator) oidcRole(i int) *Role {
	principal := fmt.Sprintf(`{"Federated":%q}`, g.arn("oidc-provider/token.actions.githubusercontent.com"))
	condition := fmt.Sprintf(`{"StringEquals":{"token.actions.githubusercontent.com:aud":"sts.amazonaws.com"},"StringLike":{"token.actions.githubusercontent.com:sub":"repo:example/%s:*"}}`, one(g, serviceThings))
	return &Role{
		Name: fmt.Sprintf("ci-deploy-%03d", i), Path: "/ci/", Trust: trust(principal, "sts:AssumeRoleWithWebIdentity", condition),
		Grants: Grants{Attached: []string{one(g, g.local)}},
	}
}
