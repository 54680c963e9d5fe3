package iamsim

import (
	"fmt"
	"slices"
	"strings"

	"iamscim/provisioner/policy"
)

// source is a policy of a simulation with where it comes from.
type source struct {
	id    string // as SourcePolicyId shows it (observed: role_NAME_POLICY for inline)
	shown string // as SourcePolicyType shows it
	kind  string // as PolicyExclusionList names it
	arn   string // of a managed policy
	// owner and name belong to an inline policy.
	ownerKind, owner, name string
	text                   string
	doc                    *policy.Document
}

func documentsOf(list []source) []*policy.Document {
	docs := make([]*policy.Document, len(list))
	for i, s := range list {
		docs[i] = s.doc
	}
	return docs
}

func indexed(key string, i int) string { return fmt.Sprintf("%s.member.%d", key, i) }

// parseList reads policies handed in as text.
func (s *simulation) parseList(key string) ([]source, error) {
	var list []source
	for i, text := range s.values(key) {
		doc, err := policy.Parse(text)
		if err != nil {
			return nil, refuse("InvalidInput", "Invalid policy %d in %s: %v", i+1, key, err)
		}
		list = append(list, source{id: fmt.Sprintf("%s.%d", key, i+1), shown: "IAM Policy", text: text, doc: doc})
	}
	return list, nil
}

// entity finds a user, group or role by ARN; like AWS by its name, so that an
// ARN without the path is found too (observed).
func (c *call) entity(arn string) (*User, *Group, *Role) {
	resource, ok := strings.CutPrefix(arn, c.arn(""))
	if !ok {
		return nil, nil, nil
	}
	kind, rest, _ := strings.Cut(resource, "/")
	name := rest[strings.LastIndexByte(rest, '/')+1:]
	switch kind {
	case "user":
		return c.users.find(name, c.at), nil, nil
	case "group":
		return nil, c.groups.find(name, c.at), nil
	case "role":
		return nil, nil, c.roles.find(name, c.at)
	}
	return nil, nil, nil
}

// fromPrincipal gathers the policies of PolicySourceArn: its own, and for a
// user those of the groups.
func (s *simulation) fromPrincipal() error {
	arn := s.get("PolicySourceArn")
	u, g, r := s.entity(arn)
	var boundary string
	switch {
	case u != nil:
		s.addGrants("user", u.Name, u.Grants)
		for _, id := range u.Groups {
			if group := s.groups.get(id, s.at); group != nil {
				s.addGrants("group", group.Name, group.Grants)
			}
		}
		boundary = u.Boundary
	case g != nil:
		s.addGrants("group", g.Name, g.Grants)
	case r != nil:
		s.addGrants("role", r.Name, r.Grants)
		boundary = r.Boundary
	default:
		return s.absentSource(arn)
	}
	if doc := s.boundaryDocument(boundary); doc != nil {
		s.boundary = []source{{id: boundary, kind: "permission-boundary", doc: doc}}
	}
	if s.principal.ARN == "" {
		return s.caller(arn)
	}
	return nil
}

func (s *simulation) absentSource(arn string) error {
	for _, kind := range []string{"user", "group", "role"} {
		if strings.HasPrefix(arn, s.arn(kind+"/")) {
			return refuse("NoSuchEntity", "The entity with ARN %s cannot be found.", arn)
		}
	}
	return refuse("InvalidInput", "Invalid Entity Arn: %s does not clearly define entity type and name.", arn)
}

func (s *simulation) addGrants(ownerKind, owner string, grants Grants) {
	for _, arn := range grants.Attached {
		p := s.policyByARN(arn)
		if p == nil {
			continue
		}
		kind := "user-managed"
		if p.AWSManaged {
			kind = "aws-managed"
		}
		s.add(source{id: p.Name, kind: kind, arn: arn, text: p.document()})
	}
	for _, in := range grants.Inline {
		s.add(source{
			id: ownerKind + "_" + owner + "_" + in.Name, kind: "inline", text: in.Document,
			ownerKind: ownerKind, owner: owner, name: in.Name,
		})
	}
}

func (s *simulation) add(from source) {
	from.shown = "IAM Policy"
	if from.doc = s.parse(from.text); from.doc != nil {
		s.identity = append(s.identity, from)
	}
}

// excludeAll applies PolicyExclusionList
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_PolicyIdentifier.html).
func (s *simulation) excludeAll() error {
	for _, i := range s.positions("PolicyExclusionList") {
		if err := s.exclude(indexed("PolicyExclusionList", i)); err != nil {
			return err
		}
	}
	return nil
}

func (s *simulation) exclude(at string) error {
	var given int
	inline := at + ".InlinePolicyIdentifier"
	for _, key := range []string{at + ".PolicyArn", at + ".PolicyType", inline + ".PolicyName"} {
		if s.has(key) {
			given++
		}
	}
	if given != 1 {
		return refuse("InvalidInput", "Each policy to exclude must have exactly one of PolicyArn, PolicyType, InlinePolicyIdentifier")
	}
	var drop func(source) bool
	switch {
	case s.has(at + ".PolicyArn"):
		drop = func(p source) bool { return p.arn != "" && policy.Wildcard(s.get(at+".PolicyArn"), p.arn) }
	case s.has(at + ".PolicyType"):
		return s.excludeType(s.get(at + ".PolicyType"))
	default:
		drop = func(p source) bool {
			return p.name == s.get(inline+".PolicyName") && p.ownerKind == s.get(inline+".AttachmentType") &&
				policy.Wildcard(s.get(inline+".AttachmentName"), p.owner)
		}
	}
	s.identity = slices.DeleteFunc(s.identity, drop)
	return nil
}

func (s *simulation) excludeType(kind string) error {
	switch kind {
	case "scp":
		s.levels = nil
	case "rcp": // not simulated, so there is nothing to exclude
	case "permission-boundary":
		s.boundary = nil
	case "inline", "aws-managed", "user-managed":
		s.identity = slices.DeleteFunc(s.identity, func(p source) bool { return p.kind == kind })
	default:
		return refuse("InvalidInput", "Invalid policy type: %s", kind)
	}
	return nil
}
