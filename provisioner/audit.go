package provisioner

import (
	"encoding/json"
	"fmt"

	"iamscim/provisioner/planner"
	"iamscim/store"
)

// auditBody is what an audit entry says beside who, what and when. It holds no
// personal attributes, for the log outlives their erasure, and no secret.
type auditBody struct {
	RequestID string        `json:"requestId,omitempty"`
	Plan      string        `json:"plan,omitempty"`
	Name      string        `json:"name,omitempty"`
	Before    *auditSummary `json:"before,omitempty"`
	After     *auditSummary `json:"after,omitempty"`
	Calls     []string      `json:"calls,omitempty"`
	Notes     []string      `json:"notes,omitempty"`
	Remembers []string      `json:"remembers,omitempty"` // what changed in the state file
	Sessions  []string      `json:"sessions,omitempty"`  // roles whose sessions outlive a deactivation
	Rule      string        `json:"rule,omitempty"`
	Error     string        `json:"error,omitempty"`
}

// auditSummary is an object in a few words.
type auditSummary struct {
	Name     string   `json:"name"`
	Path     string   `json:"path"`
	Active   *bool    `json:"active,omitempty"`
	Boundary string   `json:"boundary,omitempty"`
	Attached []string `json:"attached,omitempty"`
	Groups   []string `json:"groups,omitempty"`
}

func summaryOf(x *planner.Subject) *auditSummary {
	var s *auditSummary
	var attached []store.PolicyRef
	switch {
	case x == nil:
		return nil
	case x.User != nil:
		s = &auditSummary{Name: x.User.Name, Path: x.User.Path, Active: &x.User.Active, Boundary: x.User.Boundary, Groups: x.User.Groups}
		attached = x.User.Attached
	case x.Group != nil:
		s = &auditSummary{Name: x.Group.Name, Path: x.Group.Path}
		attached = x.Group.Attached
	default:
		return nil
	}
	for _, p := range attached {
		s.Attached = append(s.Attached, p.ARN)
	}
	return s
}

// audit is the entry of an execution.
func (e *execution) audit(outcome, problem string) store.AuditEntry {
	b := auditBody{
		RequestID: e.actor.RequestID, Plan: e.plan.ID, Name: e.plan.Name, Before: summaryOf(e.before), After: summaryOf(e.x),
		Calls: e.calls, Notes: e.plan.Notes, Error: problem,
	}
	if b.After != nil && b.After.Active != nil {
		active := e.activeAfter(outcome)
		b.After.Active = &active
	}
	a := &e.plan.After
	for what, yes := range map[string]bool{"person": a.Person != nil, "group": a.Group != nil} {
		if yes {
			b.Remembers = append(b.Remembers, what)
		}
	}
	if e.plan.Kind == planner.KindDeactivate && e.x.User != nil {
		for _, r := range e.x.User.Roles {
			b.Sessions = append(b.Sessions, r.ARN)
		}
	}
	entry, err := auditEntry(e.actor, e.plan.Kind, e.plan.Object, outcome, b)
	if err != nil { // strings and lists of strings can always be encoded
		entry.Body = json.RawMessage(`{}`)
	}
	return entry
}

// activeAfter says whether a user is active once the plan has ended like that:
// what a step does to policies does not tell.
func (e *execution) activeAfter(outcome string) bool {
	a := &e.plan.After
	switch {
	case e.plan.Kind == planner.KindDeactivate && outcome != "failed", outcome == "done" && a.Inactive:
		return false
	case outcome == "done" && a.Forget:
		return true
	}
	return e.x.User.Active
}

func auditEntry(a Actor, action string, ref store.Ref, outcome string, body auditBody) (store.AuditEntry, error) {
	text, err := json.Marshal(body)
	entry := store.AuditEntry{Actor: a.Credential, Action: action, Object: ref, Outcome: outcome, Body: text}
	if err != nil {
		return entry, fmt.Errorf("audit: %w", err)
	}
	return entry, nil
}
