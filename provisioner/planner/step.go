package planner

import (
	"strconv"
	"strings"

	"iamscim/store"
)

// Step is one IAM call of a plan, as data: it can be printed, journaled,
// carried out and taken back. What it does is in the step table.
type Step struct {
	Action string  `json:"action"` // API action, without the service
	Params []Param `json:"params"`
	// UserID and GroupID are the objects it is about; empty for one that the
	// plan itself creates.
	UserID  string `json:"userId,omitempty"`
	GroupID string `json:"groupId,omitempty"`

	Needs    []Need `json:"-"` // what AWS must allow us
	Destroys bool   `json:"-"` // something is lost that the inverse cannot bring back
	Inverse  *Step  `json:"-"` // nil: the step is final
	// secret is never journaled, printed or logged; as a function it cannot be.
	secret func() string
}

// Param is one printed parameter. Several may have the same name.
type Param struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Need is one permission: an action on a resource, with the condition keys the
// call sends.
type Need struct {
	Action   string // with the service
	Resource string
	Context  map[string]string
}

// Key is what of a need the answer depends on: the resource follows from the
// action, since all samples are where this server writes.
func (n *Need) Key() string {
	if arn := n.Context["iam:PolicyARN"]; arn != "" {
		return n.Action + " " + arn
	}
	return n.Action
}

// String is the call, for people: iam:AddUserToGroup user=ann group=dev.
func (s Step) String() string { return s.print(func(p Param) string { return p.Value }) }

// Logged is the call for audit, logs and errors, which outlive the erasure of
// personal attributes: of tags, but for our own, it has the keys only.
func (s *Step) Logged() string {
	return s.print(func(p Param) string {
		key, _, _ := strings.Cut(p.Value, "=")
		if p.Name != "tag" || key == ManagedTag {
			return p.Value
		}
		return key
	})
}

func (s *Step) print(value func(Param) string) string {
	var b strings.Builder
	b.WriteString("iam:")
	b.WriteString(s.Action)
	for _, p := range s.Params {
		b.WriteByte(' ')
		b.WriteString(p.Name)
		b.WriteByte('=')
		b.WriteString(Quoted(value(p)))
	}
	return b.String()
}

// Quoted is a value as it is printed: in quotes if it has a space in it.
func Quoted(s string) string {
	if s == "" || strings.ContainsAny(s, " \"\t\n") {
		return strconv.Quote(s)
	}
	return s
}

// Param is the value of the first parameter of that name, or "".
func (s *Step) Param(name string) string {
	for _, p := range s.Params {
		if p.Name == name {
			return p.Value
		}
	}
	return ""
}

// tags reads the parameters called tag, which are key=value.
func (s *Step) tags() []store.Tag {
	var out []store.Tag
	for _, p := range s.Params {
		if p.Name == "tag" {
			key, value, _ := strings.Cut(p.Value, "=")
			out = append(out, store.Tag{Key: key, Value: value})
		}
	}
	return out
}

// with adds a parameter unless it is empty.
func (s Step) with(name, value string) Step {
	if value != "" {
		s.Params = append(s.Params[:len(s.Params):len(s.Params)], Param{name, value})
	}
	return s
}

// needing adds a permission.
func (s Step) needing(action, resource string, context ...string) Step {
	n := Need{Action: "iam:" + action, Resource: resource}
	for i := 0; i+1 < len(context); i += 2 {
		if context[i+1] == "" {
			continue
		}
		if n.Context == nil {
			n.Context = map[string]string{}
		}
		n.Context[context[i]] = context[i+1]
	}
	s.Needs = append(s.Needs[:len(s.Needs):len(s.Needs)], n)
	return s
}

// undoneBy sets the inverse.
func (s Step) undoneBy(inverse Step) Step {
	s.Inverse = &inverse
	return s
}

// again has no inverse if it may be so already: an undo gives back what both views
// showed, and takes back what by all we know was not there.
func (s Step) again(already bool) Step {
	if already {
		s.Inverse = nil
	}
	return s
}

// destroying marks a step after which something is gone for good.
func (s Step) destroying() Step {
	s.Destroys = true
	return s
}

// SetName replaces the name of the object that was renamed meanwhile.
func (s *Step) SetName(param, name string) {
	for i := range s.Params {
		if s.Params[i].Name == param {
			s.Params[i].Value = name
		}
	}
}
