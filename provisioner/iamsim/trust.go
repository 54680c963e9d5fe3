package iamsim

import (
	"regexp"
	"strings"

	"iamscim/provisioner/policy"
)

// Trust policies:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html

// checkTrust wants a policy with principals that exist and without resources.
func (c *call) checkTrust(text string) error {
	doc := c.parse(text)
	if doc == nil {
		return refuse("MalformedPolicyDocument", "This policy contains invalid Json")
	}
	if fault := doc.Fault(policy.TrustPolicy); fault != "" {
		return refuse("MalformedPolicyDocument", "%s", fault)
	}
	for i := range doc.Statements {
		for _, ps := range []*policy.Principals{doc.Statements[i].Principals, doc.Statements[i].NotPrincipals} {
			if err := c.checkPrincipals(ps); err != nil {
				return err
			}
		}
	}
	if size(text) > trustPolicyQuota {
		return overLimit("ACLSizePerRole", trustPolicyQuota)
	}
	return nil
}

// checkPrincipals words its refusal as AWS does (observed).
func (c *call) checkPrincipals(ps *policy.Principals) error {
	if ps == nil {
		return nil
	}
	for _, name := range ps.AWS {
		if !c.isPrincipal(name) {
			return refuse("MalformedPolicyDocument", `Invalid principal in policy: "AWS":"%s"`, name)
		}
	}
	for _, name := range ps.Service {
		if !servicePattern.MatchString(name) {
			return refuse("MalformedPolicyDocument", `Invalid principal in policy: "SERVICE":"%s"`, name)
		}
	}
	return nil
}

var (
	servicePattern = regexp.MustCompile(`^[a-z0-9.-]+\.amazonaws\.com(\.cn)?$`)
	sessionPattern = regexp.MustCompile(`^(assumed-role/[^/*]+/[^/*]+|federated-user/[^/*]+)$`)
)

// isPrincipal: users and roles must exist under exactly this ARN or unique id,
// because IAM turns the one into the other when it stores the policy. Of other
// accounts nothing is known; a wildcard inside an ARN is never a principal.
func (c *call) isPrincipal(name string) bool {
	if name == "*" || policy.AccountOf(name) == name {
		return true
	}
	parts := strings.SplitN(name, ":", 6)
	if len(parts) < 6 {
		return c.users.get(name, c.at) != nil || c.roles.get(name, c.at) != nil
	}
	account, resource := policy.AccountOf(name), parts[5]
	if account == "" || parts[1] != c.cfg.Partition {
		return false
	}
	if parts[2] == "sts" {
		return sessionPattern.MatchString(resource)
	}
	if resource == "root" {
		return parts[2] == "iam"
	}
	kind, _, _ := strings.Cut(resource, "/")
	if parts[2] != "iam" || kind != "user" && kind != "role" || strings.Contains(resource, "*") {
		return false
	}
	u, _, r := c.entity(name)
	return account != c.cfg.AccountID || u != nil && c.userARN(u) == name || r != nil && c.roleARN(r) == name
}

// retrust puts another name of a principal into the trust policies that name it.
func (c *call) retrust(from, to string) {
	if from == to {
		return
	}
	for _, r := range c.roles.collect(func(x *cell[Role]) *Role { return x.now }) {
		if text := policy.ReplacePrincipal(r.Trust, from, to); text != r.Trust {
			next := r.clone()
			next.Trust = text
			c.roles.put(next, c.until)
		}
	}
}
