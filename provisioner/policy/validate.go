package policy

import (
	"fmt"
	"strings"
)

// Use is where a document is to be stored; IAM's grammar differs by it.
type Use uint8

// Managed and inline policies are identity policies.
const (
	IdentityPolicy Use = iota
	TrustPolicy
)

// Validate is Fault as an error that wraps ErrMalformed.
func (d *Document) Validate(use Use) error {
	if fault := d.Fault(use); fault != "" {
		return fmt.Errorf("%s: %w", fault, ErrMalformed)
	}
	return nil
}

// Fault says why IAM would answer MalformedPolicyDocument, much in its words;
// empty if it would accept the document ("Grammar of the IAM JSON policy
// language").
func (d *Document) Fault(use Use) string {
	if d.Version != "" && d.Version != "2012-10-17" && d.Version != "2008-10-17" {
		return "The policy must contain a valid version string"
	}
	if len(d.Statements) == 0 {
		return "Syntax errors in policy."
	}
	seen := map[string]bool{}
	for i := range d.Statements {
		s := &d.Statements[i]
		if s.Sid != "" && seen[s.Sid] {
			return "Statement IDs (SID) in a single policy must be unique."
		}
		seen[s.Sid] = true
		if fault := s.fault(use); fault != "" {
			return fault
		}
	}
	return ""
}

func (s *Statement) fault(use Use) string {
	switch {
	case len(s.unknown) > 0:
		return "Syntax errors in policy: unknown element " + s.unknown[0]
	case len(s.Actions) == 0 && len(s.NotActions) == 0:
		return "Policy statement must contain actions."
	case s.Actions != nil && s.NotActions != nil:
		return "Syntax errors in policy: both Action and NotAction"
	}
	if fault := s.actionFault(); fault != "" {
		return fault
	}
	for i := range s.Conditions {
		if !s.Conditions[i].op.known {
			return "Invalid Condition type : " + s.Conditions[i].Operator
		}
	}
	if use == TrustPolicy {
		return s.trustFault()
	}
	return s.identityFault()
}

func (s *Statement) actionFault() string {
	for _, list := range [][]string{s.Actions, s.NotActions} {
		for _, action := range list {
			vendor, name, found := strings.Cut(action, ":")
			if action != "*" && (!found || vendor == "" || name == "") {
				return "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
			}
		}
	}
	return ""
}

func (s *Statement) trustFault() string {
	switch {
	case s.Resources != nil || s.NotResources != nil:
		return "Has prohibited field Resource"
	case s.Principals == nil && s.NotPrincipals == nil:
		return "AssumeRolepolicy must contain a principal"
	}
	for _, list := range [][]string{s.Actions, s.NotActions} {
		for _, action := range list {
			if service, _, _ := strings.Cut(action, ":"); !strings.EqualFold(service, "sts") {
				return "AssumeRole policy may only specify STS AssumeRole actions."
			}
		}
	}
	for _, ps := range []*Principals{s.Principals, s.NotPrincipals} {
		if ps != nil && len(ps.unknown) > 0 {
			return fmt.Sprintf("Invalid principal in policy: %q", ps.unknown[0])
		}
	}
	return ""
}

func (s *Statement) identityFault() string {
	switch {
	case s.Principals != nil || s.NotPrincipals != nil:
		return "Policy document should not specify a principal."
	case len(s.Resources) == 0 && len(s.NotResources) == 0:
		return "Policy statement must contain resources."
	case s.Resources != nil && s.NotResources != nil:
		return "Syntax errors in policy: both Resource and NotResource"
	}
	for _, list := range [][]string{s.Resources, s.NotResources} {
		for _, resource := range list {
			if resource != "*" && !strings.HasPrefix(resource, "arn:") && strings.Trim(resource, "*") != "" {
				return fmt.Sprintf("Resource %s must be in ARN format or \"*\".", resource)
			}
		}
	}
	return ""
}
