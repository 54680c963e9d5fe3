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

// Validate reports why IAM would answer MalformedPolicyDocument, nil if it
// would accept the document ("Grammar of the IAM JSON policy language").
func (d *Document) Validate(use Use) error {
	if d.Version != "" && d.Version != "2012-10-17" && d.Version != "2008-10-17" {
		return fmt.Errorf("the policy must contain a valid version string: %w", ErrMalformed)
	}
	if len(d.Statements) == 0 {
		return fmt.Errorf("syntax errors in policy: no statement: %w", ErrMalformed)
	}
	seen := map[string]bool{}
	for i := range d.Statements {
		s := &d.Statements[i]
		if s.Sid != "" && seen[s.Sid] {
			return fmt.Errorf("statement IDs (SID) in a single policy must be unique: %w", ErrMalformed)
		}
		seen[s.Sid] = true
		if fault := s.fault(use); fault != "" {
			return fmt.Errorf("%s: %w", fault, ErrMalformed)
		}
	}
	return nil
}

func (s *Statement) fault(use Use) string {
	switch {
	case len(s.unknown) > 0:
		return "syntax errors in policy: element " + s.unknown[0]
	case len(s.Actions) == 0 && len(s.NotActions) == 0:
		return "policy statement must contain actions"
	case s.Actions != nil && s.NotActions != nil:
		return "syntax errors in policy: Action and NotAction"
	}
	if fault := s.actionFault(); fault != "" {
		return fault
	}
	for i := range s.Conditions {
		if !s.Conditions[i].op.known {
			return "invalid condition type: " + s.Conditions[i].Operator
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
				return "actions/conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc"
			}
		}
	}
	return ""
}

func (s *Statement) trustFault() string {
	switch {
	case s.Resources != nil || s.NotResources != nil:
		return "has prohibited field Resource"
	case s.Principals == nil && s.NotPrincipals == nil:
		return "missing required field Principal"
	}
	return ""
}

func (s *Statement) identityFault() string {
	switch {
	case s.Principals != nil || s.NotPrincipals != nil:
		return "policy document should not specify a principal"
	case len(s.Resources) == 0 && len(s.NotResources) == 0:
		return "policy statement must contain resources"
	case s.Resources != nil && s.NotResources != nil:
		return "syntax errors in policy: Resource and NotResource"
	}
	for _, list := range [][]string{s.Resources, s.NotResources} {
		for _, resource := range list {
			if resource != "*" && !strings.HasPrefix(resource, "arn:") && strings.Trim(resource, "*") != "" {
				return fmt.Sprintf("resource %s must be in ARN format or \"*\"", resource)
			}
		}
	}
	return ""
}
