package policy

import "strings"

// Input is one request and everything that decides about it.
type Input struct {
	Action    string
	Resource  string // an ARN, or "*"
	Principal Principal
	// Context holds condition keys of the request; keys ignore case. The
	// properties of the principal (aws:username and so on) follow from
	// Principal unless given here.
	Context map[string][]string

	Identity []*Document
	// Boundary is nil when the principal has none.
	Boundary *Document
	// SCPs, if there are any, must between them allow the action.
	SCPs []*Document
	// Session policies, if there are any, must allow it too.
	Session []*Document
	// ResourcePolicy is the policy attached to the resource, if it has one.
	ResourcePolicy *Document
}

// Decision is the outcome of an evaluation.
type Decision uint8

// An implicit deny means that nothing allows the action.
const (
	ImplicitDeny Decision = iota
	ExplicitDeny
	Allowed
)

// Layer names a set of policies.
type Layer string

// The layers, in the order in which Evaluate asks them.
const (
	LayerNone     Layer = ""
	LayerSCP      Layer = "scp"
	LayerIdentity Layer = "identity"
	LayerBoundary Layer = "boundary"
	LayerSession  Layer = "session"
	LayerResource Layer = "resource"
)

// Match points at a statement that applied.
type Match struct {
	Layer     Layer
	Document  *Document
	Position  int // of the document in its layer
	Statement int // in the document
	Effect    Effect
}

// Result is the outcome of Evaluate.
type Result struct {
	Decision Decision
	// By is the layer that denied, explicitly or by not allowing.
	By Layer
	// MissingContext lists the condition keys that were asked for and are
	// not in the request, in the spelling of the policy.
	MissingContext []string
	Matched        []Match
	// ByLayer tells what each layer that has policies said by itself.
	ByLayer map[Layer]Decision
}

// Evaluate decides one request within one account, as in IAM User Guide,
// "How AWS enforcement code logic evaluates requests".
func Evaluate(in Input) Result {
	env := newEnvironment(&in.Principal, in.Context, false)
	e := evaluation{
		env: env, action: strings.ToLower(in.Action), resource: in.Resource,
		result: Result{ByLayer: map[Layer]Decision{}},
	}
	e.layer(LayerSCP, in.SCPs)
	e.layer(LayerIdentity, in.Identity)
	if in.Boundary != nil {
		e.layer(LayerBoundary, []*Document{in.Boundary})
	}
	e.layer(LayerSession, in.Session)
	if in.ResourcePolicy != nil {
		e.resourceLayer(in.ResourcePolicy)
	}
	e.decide(len(in.Identity) == 0)
	e.result.MissingContext = env.missing
	return e.result
}

type evaluation struct {
	env              *environment
	action, resource string
	result           Result
	grant            Via // how the resource policy allows
}

// layer evaluates policies without principals; a layer without policies is
// not recorded.
func (e *evaluation) layer(layer Layer, docs []*Document) {
	if len(docs) == 0 {
		return
	}
	decision := ImplicitDeny
	for position, doc := range docs {
		for i := range doc.Statements {
			s := &doc.Statements[i]
			if s.applies(e.action, e.resource, e.env) != yes {
				continue
			}
			decision = e.record(decision, Match{layer, doc, position, i, s.Effect})
		}
	}
	e.result.ByLayer[layer] = decision
}

// record adds a match; a deny once seen stays.
func (e *evaluation) record(so Decision, m Match) Decision {
	e.result.Matched = append(e.result.Matched, m)
	if m.Effect == Deny || so == ExplicitDeny {
		return ExplicitDeny
	}
	return Allowed
}

func (e *evaluation) resourceLayer(doc *Document) {
	decision := ImplicitDeny
	for i := range doc.Statements {
		s := &doc.Statements[i]
		via := s.names(e.env.principal)
		if via == ViaNobody || s.applies(e.action, e.resource, e.env) != yes {
			continue
		}
		decision = e.record(decision, Match{LayerResource, doc, 0, i, s.Effect})
		if s.Effect == Allow {
			e.grant = max(e.grant, via)
		}
	}
	e.result.ByLayer[LayerResource] = decision
}

// decide combines the layers.
func (e *evaluation) decide(noIdentity bool) {
	order := []Layer{LayerSCP, LayerIdentity, LayerBoundary, LayerSession, LayerResource}
	for _, layer := range order {
		if e.result.ByLayer[layer] == ExplicitDeny {
			e.result.Decision, e.result.By = ExplicitDeny, layer
			return
		}
	}
	if layer := e.silent(noIdentity); layer != LayerNone {
		e.result.Decision, e.result.By = ImplicitDeny, layer
		return
	}
	e.result.Decision = Allowed
}

// silent finds the first layer that had to allow and did not. A resource
// policy that names the principal directly needs no identity policy; one that
// names a user, or the very session, is not limited by the boundary either
// ("Evaluating identity-based policies with resource-based policies").
func (e *evaluation) silent(noIdentity bool) Layer {
	direct := e.grant.direct()
	unlimited := e.grant >= ViaUserID && e.env.principal.Type != AssumedRole
	for _, layer := range []Layer{LayerSCP, LayerIdentity, LayerBoundary, LayerSession} {
		decision, asked := e.result.ByLayer[layer]
		switch {
		case decision == Allowed:
		case layer == LayerIdentity && direct:
		case (layer == LayerBoundary || layer == LayerSession) && unlimited:
		case asked, layer == LayerIdentity && noIdentity:
			return layer
		}
	}
	return LayerNone
}

// applies reports whether the statement speaks about the request, leaving the
// principal aside. Conditions are looked at only if action and resource fit,
// so that only relevant keys are reported as missing.
func (s *Statement) applies(action, resource string, env *environment) truth {
	if !s.actions.match(action) {
		return no
	}
	target := s.targets.match(resource, env)
	if target == no {
		return no
	}
	return min(target, holdAll(s.Conditions, env))
}
