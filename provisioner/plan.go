package provisioner

import (
	"fmt"
	"strings"
	"time"

	"iamscim/store"
)

// Direction says what becomes of a plan that fails halfway.
type Direction string

const (
	// Forward plans are tried again until done or superseded, and never undone:
	// they take access away.
	Forward Direction = "forward"
	// Undo plans take their completed steps back, in reverse.
	Undo Direction = "undo"
)

// The kinds of plan.
const (
	kindCreateUser  = "user.create"
	kindUpdateUser  = "user.update"
	kindDeactivate  = "user.deactivate"
	kindDeleteUser  = "user.delete"
	kindCreateGroup = "group.create"
	kindUpdateGroup = "group.update"
	kindDeleteGroup = "group.delete"
)

// Plan is the ordered list of IAM calls that make a wish true, and what the
// state file is to say afterwards. Making one asks nobody and changes nothing.
type Plan struct {
	ID        string // of the journal; empty for a dry run
	Kind      string
	Direction Direction
	Object    store.Ref // empty ID: to be created
	Name      string    // IAM name the object has, or is to get
	Steps     []Step
	// Notes say what the plan could not do as it should, for audit and log.
	Notes []string

	// Losing names the people, by UserId, who lose access by the plan; the guards
	// find out.
	Losing []string

	after remembrance
}

// remembrance is what the state file is to say once a plan is done.
type remembrance struct {
	person    *store.Person
	group     *store.GroupAttributes
	owned     bool // the object is ours from now on
	taken     []store.RememberedCredential
	deny      string // the deny about to be placed
	inactive  bool   // remember a deactivation
	forget    bool   // forget the deactivation
	forgotten bool   // forget the object
	// due is when a user who is deactivated is to be deleted; zero: never.
	due time.Time
}

// empty reports whether carrying the plan out would change nothing anywhere.
func (p *Plan) empty() bool {
	a := p.after
	return len(p.Steps) == 0 && a.person == nil && a.group == nil && !a.owned && !a.inactive && !a.forget && !a.forgotten && a.due.IsZero()
}

func (p *Plan) creates() bool {
	return p.Kind == kindCreateUser || p.Kind == kindCreateGroup
}

// cutsOff reports whether the plan is to leave the user without access.
func (p *Plan) cutsOff() bool {
	return p.Kind == kindDeactivate || p.Kind == kindDeleteUser || p.Kind == kindCreateUser && p.after.inactive
}

// reactivates reports whether the plan is to give a user access back. Over a deny
// that is not ours there is no such plan.
func (p *Plan) reactivates() bool { return p.Kind == kindUpdateUser && p.after.forget }

func (p *Plan) add(steps ...Step) { p.Steps = append(p.Steps, steps...) }

func (p *Plan) note(format string, args ...any) {
	p.Notes = append(p.Notes, fmt.Sprintf(format, args...))
}

// String is the plan as text, one call a line: the dry run, the audit entry and
// the test are all this.
func (p *Plan) String() string {
	var b strings.Builder
	for _, s := range p.Steps {
		b.WriteString(s.String())
		b.WriteByte('\n')
	}
	return b.String()
}

// Needs lists the permissions of all steps, each once, in order.
func (p *Plan) Needs() []Need {
	var out []Need
	seen := map[string]bool{}
	for i := range p.Steps {
		for _, n := range p.Steps[i].Needs {
			if key := fmt.Sprint(n); !seen[key] {
				seen[key] = true
				out = append(out, n)
			}
		}
	}
	return out
}

// settings are what the operator decided about plans.
type settings struct {
	MaxCalls       int    // of one plan; 0: no limit
	CreatePath     string // of new users and groups
	CreateBoundary string // of new users
	CreateTags     []store.Tag
	TagAttributes  []string // person attributes to write as tags, too: keys of the table of tags
	Strict         bool     // a deactivation also deletes the password
	Passwords      bool     // write passwords
	GroupsViaUsers bool     // memberships may be written through the user
}

// planner knows what plans depend on besides the object: settings and quotas.
type planner struct {
	settings
	accountID string
	partition string
	summary   map[string]int64         // quotas, as GetAccountSummary names them
	groups    map[string]*store.Group  // those of the user and those wished for, by id
	policies  map[string]*store.Policy // those wished for, by ARN
	known     map[string]*store.User   // members that are touched, by id
	noInline  bool                     // AWS does not allow us inline policies
	attached  []string                 // ARNs of what the object has already
	asShown   bool                     // whoever asks may not change policies, and only writes back what they were shown
}

// defaultQuotas are those of a new account (IAM User Guide, IAM and AWS STS
// quotas), for an account that does not say.
var defaultQuotas = map[string]int64{
	"GroupsPerUserQuota": 10, "AttachedPoliciesPerUserQuota": 10, "AttachedPoliciesPerGroupQuota": 10, "UserPolicySizeQuota": 2048,
}

func (pl *planner) quota(name string) int {
	if n, ok := pl.summary[name]; ok && n > 0 {
		return int(n)
	}
	return int(defaultQuotas[name])
}

// checked refuses a plan that is too long to be carried out.
func (pl *planner) checked(p *Plan) (*Plan, error) {
	if n := len(p.Steps); pl.MaxCalls > 0 && n > pl.MaxCalls {
		return nil, &InvalidError{
			Attribute: "members", TooMany: true,
			Reason: fmt.Sprintf("this change takes %d IAM calls, the limit is %d", n, pl.MaxCalls),
		}
	}
	return p, nil
}

func (pl *planner) denyAll() string { return "arn:" + pl.partition + ":iam::aws:policy/AWSDenyAll" }

// arn is the ARN that an object of the kind, such as "user", has or will have.
func (pl *planner) arn(kind, path, name string) string {
	return "arn:" + pl.partition + ":iam::" + pl.accountID + ":" + kind + path + name
}

// userName encodes a shown user name.
func userName(shown string) (string, error) {
	name := store.EncodeName(shown)
	switch {
	case name == "":
		return "", &InvalidError{Attribute: "userName", Reason: "it must not be empty"}
	case len(name) > store.MaxUserName:
		return "", &InvalidError{Attribute: "userName", Reason: fmt.Sprintf("IAM allows %d characters, this name takes %d", store.MaxUserName, len(name))}
	}
	return name, nil
}

// checkPath applies the rules of IAM paths (IAM API Reference, CreateUser).
func checkPath(path string) error {
	ok := strings.HasPrefix(path, "/") && strings.HasSuffix(path, "/") && len(path) <= 512 && !strings.Contains(path, "//")
	for _, r := range path {
		ok = ok && r > 0x20 && r < 0x7f
	}
	if !ok {
		return &InvalidError{Attribute: "path", Reason: "a path begins and ends with a slash and has at most 512 printable ASCII characters"}
	}
	return nil
}
