package planner

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
	KindCreateUser  = "user.create"
	KindUpdateUser  = "user.update"
	KindDeactivate  = "user.deactivate"
	KindDeleteUser  = "user.delete"
	KindCreateGroup = "group.create"
	KindUpdateGroup = "group.update"
	KindDeleteGroup = "group.delete"
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

	After Remembrance
}

// Remembrance is what the state file is to say once a plan is done.
type Remembrance struct {
	Person    *store.Person
	Group     *store.GroupAttributes
	Owned     bool // the object is ours from now on
	Taken     []store.RememberedCredential
	Deny      string // the deny about to be placed
	Inactive  bool   // remember a deactivation
	Forget    bool   // forget the deactivation
	Forgotten bool   // forget the object
	// Due is when a user who is deactivated is to be deleted; zero: never.
	Due time.Time
}

// Empty reports whether carrying the plan out would change nothing anywhere.
func (p *Plan) Empty() bool {
	a := p.After
	return len(p.Steps) == 0 && a.Person == nil && a.Group == nil && !a.Owned && !a.Inactive && !a.Forget && !a.Forgotten && a.Due.IsZero()
}

// Creates reports whether the plan makes its object.
func (p *Plan) Creates() bool {
	return p.Kind == KindCreateUser || p.Kind == KindCreateGroup
}

// CutsOff reports whether the plan is to leave the user without access.
func (p *Plan) CutsOff() bool {
	return p.Kind == KindDeactivate || p.Kind == KindDeleteUser || p.Kind == KindCreateUser && p.After.Inactive
}

// Reactivates reports whether the plan is to give a user access back. Over a deny
// that is not ours there is no such plan.
func (p *Plan) Reactivates() bool { return p.Kind == KindUpdateUser && p.After.Forget }

// Add appends steps.
func (p *Plan) Add(steps ...Step) { p.Steps = append(p.Steps, steps...) }

// Note adds to Notes.
func (p *Plan) Note(format string, args ...any) {
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

// Settings are what the operator decided about plans.
type Settings struct {
	MaxCalls       int    // of one plan; 0: no limit
	CreatePath     string // of new users and groups
	CreateBoundary string // of new users
	CreateTags     []store.Tag
	TagAttributes  []string // person attributes to write as tags, too: keys of the table of tags
	Strict         bool     // a deactivation also deletes the password
	Passwords      bool     // write passwords
	GroupsViaUsers bool     // memberships may be written through the user
}

// Planner knows what plans depend on besides the object: settings and quotas.
type Planner struct {
	Settings
	AccountID string
	Partition string
	Summary   map[string]int64         // quotas, as GetAccountSummary names them
	Groups    map[string]*store.Group  // those of the user and those wished for, by id
	Policies  map[string]*store.Policy // those wished for, by ARN
	Known     map[string]*store.User   // members that are touched, by id
	NoInline  bool                     // AWS does not allow us inline policies
	Attached  []string                 // ARNs of what the object has already
	AsShown   bool                     // whoever asks may not change policies, and only writes back what they were shown
	// BoundAsShown is AsShown for boundaries.
	BoundAsShown bool
}

// defaultQuotas are those of a new account (IAM User Guide, IAM and AWS STS
// quotas), for an account that does not say.
var defaultQuotas = map[string]int64{
	"GroupsPerUserQuota": 10, "AttachedPoliciesPerUserQuota": 10, "AttachedPoliciesPerGroupQuota": 10, "UserPolicySizeQuota": 2048,
}

func (pl *Planner) quota(name string) int {
	if n, ok := pl.Summary[name]; ok && n > 0 {
		return int(n)
	}
	return int(defaultQuotas[name])
}

// Checked refuses a plan that is too long to be carried out.
func (pl *Planner) Checked(p *Plan) (*Plan, error) {
	if n := len(p.Steps); pl.MaxCalls > 0 && n > pl.MaxCalls {
		return nil, &InvalidError{
			Attribute: "members", TooMany: true,
			Reason: fmt.Sprintf("this change takes %d IAM calls, the limit is %d", n, pl.MaxCalls),
		}
	}
	return p, nil
}

func (pl *Planner) denyAll() string { return "arn:" + pl.Partition + ":iam::aws:policy/AWSDenyAll" }

// ARN is the ARN that an object of the kind, such as "user", has or will have.
func (pl *Planner) ARN(kind, path, name string) string {
	return "arn:" + pl.Partition + ":iam::" + pl.AccountID + ":" + kind + path + name
}

// EncodeUserName encodes a shown user name.
func EncodeUserName(shown string) (string, error) {
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
