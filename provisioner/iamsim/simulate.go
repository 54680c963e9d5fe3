package iamsim

import (
	"strings"

	"iamscim/provisioner/policy"
)

// The policy simulator:
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulateCustomPolicy.html
//
// It evaluates with the same engine that authorises requests, but only what
// the request gives it: a condition key that is neither in ContextEntries nor a
// property of the simulated caller is absent, and is reported as missing.

const simulateTakes = "CallerArn ContextEntries Marker MaxItems PermissionsBoundaryPolicyInputList ResourceArns ResourcePolicy"

// These are about resources of EC2 and S3, which the account does not have.
const simulateRefuses = "ResourceHandlingOption ResourceOwner"

func simulateOperations() []operation {
	return []operation{
		{
			name: "SimulatePrincipalPolicy", needs: "ActionNames PolicySourceArn",
			takes: simulateTakes + " PolicyInputList PolicyExclusionList", refuses: simulateRefuses,
			authorise: onPolicySource, handle: (*call).simulatePrincipal,
		},
		{
			name: "SimulateCustomPolicy", needs: "ActionNames PolicyInputList",
			takes: simulateTakes + " OrderedOrganizationPolicyInputList", refuses: simulateRefuses,
			authorise: onAny, handle: (*call).simulateCustom,
		},
	}
}

func onPolicySource(c *call) []need {
	return []need{{action: c.action(), resource: c.get("PolicySourceArn")}}
}

// simulation is everything one request evaluates.
type simulation struct {
	*call
	principal policy.Principal
	identity  []source
	boundary  []source             // none or one
	resource  []source             // none or one
	levels    [][]*policy.Document // of service control policies
	keys      map[string][]string
	resources []string
}

func (c *call) simulatePrincipal() (fields, error) {
	s, err := c.newSimulation()
	if err != nil {
		return nil, err
	}
	if err := s.fromPrincipal(); err != nil {
		return nil, err
	}
	if len(c.dials.scps) > 0 {
		s.levels = [][]*policy.Document{c.dials.scps}
	}
	if err := s.excludeAll(); err != nil {
		return nil, err
	}
	// Policies that are handed in come after, so that an exclusion by type does
	// not take them away; a boundary that is handed in replaces the attached one.
	return s.run()
}

func (c *call) simulateCustom() (fields, error) {
	s, err := c.newSimulation()
	if err != nil {
		return nil, err
	}
	for _, i := range c.positions("OrderedOrganizationPolicyInputList") {
		level, err := s.parseList(indexed("OrderedOrganizationPolicyInputList", i) + ".ServiceControlPolicyInputList")
		if err != nil {
			return nil, err
		}
		s.levels = append(s.levels, documentsOf(level))
	}
	return s.run()
}

func (c *call) newSimulation() (*simulation, error) {
	s := &simulation{call: c, keys: map[string][]string{}, resources: c.values("ResourceArns")}
	for _, name := range c.values("ActionNames") {
		if service, action, found := strings.Cut(name, ":"); !found || service == "" || action == "" {
			return nil, refuse("InvalidInput", "Invalid action name: %s", name)
		}
	}
	for _, arn := range s.resources {
		if arn != "*" && !strings.HasPrefix(arn, "arn:") {
			return nil, refuse("InvalidInput", "Invalid resource ARN: %s", arn)
		}
	}
	for _, i := range c.positions("ContextEntries") {
		if err := s.contextEntry(indexed("ContextEntries", i)); err != nil {
			return nil, err
		}
	}
	return s, s.caller(c.get("CallerArn"))
}

// caller sets the simulated caller. An assumed role, a federated user or a
// service cannot be one.
func (s *simulation) caller(arn string) error {
	if arn == "" {
		return nil
	}
	u, g, r := s.entity(arn)
	switch {
	case u != nil:
		s.principal = policy.Principal{
			ARN: s.userARN(u), AccountID: s.cfg.AccountID, Username: u.Name, UserID: u.ID,
			Type: policy.User, Tags: tagMap(u.Tags),
		}
	case r != nil:
		s.principal = policy.Principal{ARN: s.roleARN(r), RoleARN: s.roleARN(r), AccountID: s.cfg.AccountID, UserID: r.ID, Type: policy.AssumedRole, Tags: tagMap(r.Tags)}
	case g != nil:
		s.principal = policy.Principal{ARN: s.groupARN(g), AccountID: s.cfg.AccountID}
	default:
		return s.absentCaller(arn)
	}
	return nil
}

// absentCaller accepts callers that do not exist: a simulation may be about a
// user who is yet to be made, or of another account.
func (s *simulation) absentCaller(arn string) error {
	account := policy.AccountOf(arn)
	parts := strings.SplitN(arn, ":", 6)
	if account == "" || parts[2] != "iam" {
		return refuse("InvalidInput", "Invalid caller ARN: %s", arn)
	}
	kind, rest, _ := strings.Cut(parts[5], "/")
	s.principal = policy.Principal{ARN: arn, AccountID: account}
	switch kind {
	case "user":
		s.principal.Type, s.principal.Username = policy.User, rest[strings.LastIndexByte(rest, '/')+1:]
	case "role":
		s.principal.Type, s.principal.RoleARN = policy.AssumedRole, arn
	}
	return nil
}

// run reads what is common to both actions and answers.
func (s *simulation) run() (fields, error) {
	for _, list := range []struct {
		key  string
		into *[]source
	}{{"PolicyInputList", &s.identity}, {"PermissionsBoundaryPolicyInputList", &s.boundary}} {
		given, err := s.parseList(list.key)
		if err != nil {
			return nil, err
		}
		if list.into == &s.boundary && len(given) > 0 {
			s.boundary = nil
		}
		*list.into = append(*list.into, given...)
	}
	if len(s.boundary) > 1 {
		return nil, refuse("InvalidInput", "Only one permissions boundary policy can be given")
	}
	if err := s.readResourcePolicy(); err != nil {
		return nil, err
	}
	actions := s.values("ActionNames")
	return s.listPage("EvaluationResults", inOrder(actions, s.result))
}

func (s *simulation) readResourcePolicy() error {
	if !s.has("ResourcePolicy") {
		return nil
	}
	if s.principal.ARN == "" {
		return refuse("InvalidInput", "CallerArn is required when a resource policy is given")
	}
	doc, err := policy.Parse(s.get("ResourcePolicy"))
	if err != nil {
		return refuse("InvalidInput", "Invalid resource policy: %v", err)
	}
	s.resource = []source{{id: "ResourcePolicy", shown: "Resource Policy", text: s.get("ResourcePolicy"), doc: doc}}
	return nil
}
