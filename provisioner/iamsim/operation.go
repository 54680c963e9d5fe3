package iamsim

import "strings"

// operation is one supported action. Its table entry is the single place that
// says which parameters it takes: whatever is not listed is refused.
type operation struct {
	name    string
	service string // "iam" when empty
	needs   string // required parameters, separated by blanks
	takes   string // optional parameters
	refuses string // parameters AWS has and this account does not support
	// authorise lists what the caller must be allowed; nil means always allowed.
	authorise func(*call) []need
	handle    func(*call) (fields, error)
}

func (op *operation) required() []string { return strings.Fields(op.needs) }

func (op *operation) knows(shape string) bool {
	for _, p := range strings.Fields(op.needs + " " + op.takes) {
		if p == shape || strings.HasPrefix(shape, p+".member.N") && composite[p] != "" && compositeHas(p, shape) {
			return true
		}
	}
	return false
}

func (op *operation) knowsList(shape string) bool {
	for _, p := range strings.Fields(op.needs + " " + op.takes) {
		if p == shape && composite[p] != "" {
			return true
		}
	}
	return false
}

// composite names the list parameters and the members of their elements; "."
// is a list of plain values.
var composite = map[string]string{
	"Tags":                               ".Key .Value",
	"TagKeys":                            ".",
	"Filter":                             ".",
	"ActionNames":                        ".",
	"ResourceArns":                       ".",
	"PolicyInputList":                    ".",
	"PermissionsBoundaryPolicyInputList": ".",
	"ContextEntries":                     ".ContextKeyName .ContextKeyType .ContextKeyValues .ContextKeyValues.member.N",
	"PolicyExclusionList":                ".PolicyArn .PolicyType .InlinePolicyIdentifier.PolicyName .InlinePolicyIdentifier.AttachmentName .InlinePolicyIdentifier.AttachmentType",
	"OrderedOrganizationPolicyInputList": ".ServiceControlPolicyInputList .ServiceControlPolicyInputList.member.N",
	"PolicyArns":                         ".arn",
}

func compositeHas(list, shape string) bool {
	rest := strings.TrimPrefix(shape, list+".member.N")
	for _, m := range strings.Fields(composite[list]) {
		if m == rest || m == "." && rest == "" {
			return true
		}
	}
	return false
}

// writes reports whether the action changes the account.
func (op *operation) writes() bool {
	for _, p := range []string{"Get", "List", "Simulate", "Generate", "Assume"} {
		if strings.HasPrefix(op.name, p) {
			return false
		}
	}
	return true
}

// operations is every supported action by name.
var operations = register(
	accountOperations, userOperations, groupOperations, roleOperations, policyOperations,
	grantOperations, tagOperations, boundaryOperations, accessKeyOperations, loginOperations,
	mfaOperations, sshOperations, certificateOperations, serviceCredentialOperations,
	reportOperations, accessAdvisorOperations, authorizationDetailsOperations, stsOperations,
	simulateOperations,
)

func register(groups ...func() []operation) map[string]*operation {
	all := map[string]*operation{}
	for _, group := range groups {
		for _, op := range group() {
			if op.service == "" {
				op.service = "iam"
			}
			if all[op.name] != nil {
				panic("iamsim: action registered twice: " + op.name)
			}
			all[op.name] = &op
		}
	}
	return all
}
