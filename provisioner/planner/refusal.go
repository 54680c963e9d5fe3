package planner

// InvalidError says that a wish cannot be met as it is. Its text is safe to
// show to the client.
type InvalidError struct {
	Attribute string
	Reason    string
	TooMany   bool // the request is too large, not wrong
}

func (e *InvalidError) Error() string {
	if e.Attribute == "" { // IAM refused what no attribute stands for
		return e.Reason
	}
	return e.Attribute + ": " + e.Reason
}

// The rules a DeniedError names.
const (
	RuleReadOnly   = "read-only"
	RuleScope      = "scope"
	RuleProtected  = "protected"
	RuleForeign    = "foreign-deny"
	RuleQuarantine = "quarantine"
	RuleAWS        = "aws"
	RuleCapability = "capability"
	RuleManagePath = "manage-path"
	RulePolicies   = "grantable-policies"
	RuleGroups     = "grantable-groups"
	RuleBoundary   = "boundary"
	RuleBrake      = "brake"
)

// DeniedError says that a rule forbids the write, and which. For RuleAWS,
// Action and Resource are what AWS does not allow us.
type DeniedError struct {
	Rule     string
	Reason   string
	Action   string
	Resource string
}

func (e *DeniedError) Error() string { return e.Rule + ": " + e.Reason }
