package provisioner

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"iamscim/provisioner/awsapi"
	"iamscim/provisioner/internal/list"
	"iamscim/provisioner/planner"
)

// Decision says whether an operation is possible.
type Decision string

// The decisions. What is unknown is tried.
const (
	Allowed Decision = "allowed"
	Denied  Decision = "denied"
	Unknown Decision = "unknown"
	Off     Decision = "off" // by configuration
)

// Operation is one thing that SCIM clients ask for: "user.deactivate".
type Operation struct {
	Name     string   `json:"name"`
	Decision Decision `json:"decision"`
	Reason   string   `json:"reason,omitempty"`
	// Missing names the actions that AWS does not allow us, Uncertain those of
	// which the simulation could not tell.
	Missing   []string `json:"missing,omitempty"`
	Uncertain []string `json:"uncertain,omitempty"`
}

// Capability is what our credentials may do, as far as it is known without
// trying.
type Capability struct {
	Mode       string      `json:"mode"`             // "auto", "read-only", "lifecycle"
	Writes     bool        `json:"writes"`           // at least one operation may succeed
	Source     string      `json:"source,omitempty"` // "simulation", or "policies": a guess by the attached policies
	Guess      bool        `json:"guess,omitempty"`
	Problem    string      `json:"problem,omitempty"` // why it is not known, or not known better
	At         *time.Time  `json:"at,omitempty"`
	Operations []Operation `json:"operations"`
}

// Operation returns one of the operations by name.
func (c *Capability) Operation(name string) Operation {
	for _, o := range c.Operations {
		if o.Name == name {
			return o
		}
	}
	return Operation{Name: name, Decision: Unknown}
}

// capability is what is known, and what it is known from.
type capability struct {
	mu      sync.Mutex
	known   Capability
	answers map[string]Decision // by key of the need
	wake    chan struct{}
}

func (c *Capability) clone() Capability {
	out := *c
	out.Operations = slices.Clone(c.Operations)
	return out
}

// Capability tells what was found out last, without asking anybody.
func (p *Provisioner) Capability() Capability {
	c := &p.writes.capability
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known.Operations == nil {
		return p.judge(p.samples(nil), nil)
	}
	return c.known.clone()
}

// ErrIncapable says that WriteConfig.Lifecycle asks for more than AWS allows us.
var ErrIncapable = errors.New("the credentials do not allow lifecycle management")

// CheckCapability asks AWS what our own role or user may do. What it cannot find
// out stays as it was known. The error is ErrIncapable, or from the snapshot.
//
// IAM actions: iam:SimulatePrincipalPolicy, iam:GetRole.
func (p *Provisioner) CheckCapability(ctx context.Context) error {
	grants, err := p.sampleGrants(ctx)
	if err != nil {
		return err
	}
	samples := p.samples(grants)
	if p.writes.cfg.ReadOnly {
		p.learnt(ctx, p.judge(samples, nil), nil)
		return nil
	}
	answers, source, err := p.ask(ctx, samples)
	next := p.judge(samples, answers)
	next.Source, next.Guess = source, source == sourcePolicies
	if err != nil {
		next.Problem = problemOf(err)
	}
	if source != "" {
		now := p.now()
		next.At = &now
	}
	next = p.learnt(ctx, next, answers)
	if p.writes.cfg.Lifecycle {
		return next.incapable()
	}
	return nil
}

func problemOf(err error) string {
	var op interface{ Operation() string }
	if errors.As(err, &op) {
		return "iam:" + op.Operation() + ": " + awsapi.ErrorMessage(err)
	}
	return awsapi.ErrorMessage(err)
}

// incapable lists what is denied, for an operator.
func (c *Capability) incapable() error {
	var missing []string
	for _, o := range c.Operations {
		if o.Decision == Denied {
			missing = append(missing, o.Name+" needs "+strings.Join(o.Missing, ", "))
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %s", ErrIncapable, strings.Join(missing, "; "))
}

// learnt remembers the result and logs what changed. A check that found nothing
// out keeps what an earlier one did.
func (p *Provisioner) learnt(ctx context.Context, next Capability, answers map[string]Decision) Capability {
	c := &p.writes.capability
	c.mu.Lock()
	defer c.mu.Unlock()
	if next.Source == "" && c.known.Source != "" && !p.writes.cfg.ReadOnly {
		c.known.Problem = next.Problem
		return c.known.clone()
	}
	before := c.known
	c.known, c.answers = next, answers
	p.tellCapability(ctx, &before, &next)
	return next.clone()
}

// judge sums the answers up by operation.
func (p *Provisioner) judge(samples []planner.Sample, answers map[string]Decision) Capability {
	c := Capability{Mode: "auto"}
	switch {
	case p.writes.cfg.ReadOnly:
		c.Mode = "read-only"
	case p.writes.cfg.Lifecycle:
		c.Mode = "lifecycle"
	}
	for _, s := range samples {
		o := Operation{Name: s.Operation, Decision: Allowed}
		switch {
		case p.writes.cfg.ReadOnly:
			o.Decision, o.Reason = Off, "this server only reads"
		case s.Off != "":
			o.Decision, o.Reason = Off, s.Off
		default:
			o.sum(s.Needs, answers)
		}
		c.Writes = c.Writes || o.Decision == Allowed || o.Decision == Unknown
		c.Operations = append(c.Operations, o)
	}
	return c
}

func (o *Operation) sum(needs []planner.Need, answers map[string]Decision) {
	if len(needs) == 0 {
		o.Decision = Unknown
	}
	for _, n := range needs {
		switch d := answers[n.Key()]; {
		case d == Denied:
			o.Missing = append(o.Missing, n.Action)
		case d != Allowed:
			o.Uncertain = append(o.Uncertain, n.Action)
		}
	}
	o.Missing, o.Uncertain = list.Unique(o.Missing), list.Unique(o.Uncertain)
	switch {
	case len(o.Missing) > 0:
		o.Decision = Denied
	case len(o.Uncertain) > 0:
		o.Decision = Unknown
	}
}

// denies reports whether AWS is known not to allow what is needed.
func (p *Provisioner) denies(needs ...planner.Need) *planner.Need {
	c := &p.writes.capability
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range needs {
		if c.answers[needs[i].Key()] == Denied {
			return &needs[i]
		}
	}
	return nil
}

// guardCapability refuses what AWS would refuse, before the first call.
func (p *Provisioner) guardCapability(plan *planner.Plan) error {
	n := p.denies(plan.Needs()...)
	if n == nil {
		return nil
	}
	return &planner.DeniedError{Rule: planner.RuleCapability, Action: n.Action, Resource: n.Resource, Reason: fmt.Sprintf("AWS does not allow this server %s", n.Action)}
}

// incapableOf refuses a kind of plan before anything is read.
func (p *Provisioner) incapableOf(kind string) error {
	c := p.Capability()
	denied := func(o Operation) error {
		d := &planner.DeniedError{Rule: planner.RuleCapability, Reason: fmt.Sprintf("AWS does not allow this server %s, which %s needs", strings.Join(o.Missing, ", "), o.Name)}
		if len(o.Missing) > 0 {
			d.Action = o.Missing[0]
		}
		return d
	}
	if o := c.Operation(kind); o.Decision == Denied {
		return denied(o)
	}
	prefix, _, _ := strings.Cut(kind, ".")
	var first *Operation
	for i, o := range c.Operations {
		if !strings.HasPrefix(o.Name, prefix+".") || o.Decision == Off {
			continue
		}
		if o.Decision != Denied {
			return nil
		}
		if first == nil {
			first = &c.Operations[i]
		}
	}
	if first == nil {
		return nil
	}
	return denied(*first)
}
