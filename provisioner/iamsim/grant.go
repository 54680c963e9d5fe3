package iamsim

import (
	"slices"
	"strings"
	"unicode"

	"iamscim/provisioner/policy"
)

// holder is a kind of object that policies are given to. The seven actions per
// kind differ only in their names.
type holder struct {
	kind        string // "User"
	on          func(*call) []need
	name        func(*call) string // as stored, of a holder that is there
	grants      func(*call) (Grants, error)
	change      func(*call, func(*Grants) error) error
	inlineQuota int // characters without white space, all inline policies together
}

// Inline quotas: IAM User Guide, "IAM and AWS STS quotas".
func holders() []holder {
	return []holder{
		{kind: "User", on: onUser, inlineQuota: 2048,
			name: func(c *call) string { return c.users.find(c.get("UserName"), c.at).Name },
			grants: func(c *call) (Grants, error) {
				u, _, err := c.user()
				if err != nil {
					return Grants{}, err
				}
				return u.Grants, nil
			},
			change: func(c *call, f func(*Grants) error) error {
				return c.changeUser(func(u *User) error { return f(&u.Grants) })
			}},
		{kind: "Group", on: onGroup, inlineQuota: 5120,
			name: func(c *call) string { return c.groups.find(c.get("GroupName"), c.at).Name },
			grants: func(c *call) (Grants, error) {
				g, _, err := c.group()
				if err != nil {
					return Grants{}, err
				}
				return g.Grants, nil
			},
			change: func(c *call, f func(*Grants) error) error {
				return c.changeGroup(func(g *Group) error { return f(&g.Grants) })
			}},
		{kind: "Role", on: onRole, inlineQuota: 10240,
			name: func(c *call) string { return c.roles.find(c.get("RoleName"), c.at).Name },
			grants: func(c *call) (Grants, error) {
				r, _, err := c.role()
				if err != nil {
					return Grants{}, err
				}
				return r.Grants, nil
			},
			change: func(c *call, f func(*Grants) error) error {
				return c.changeRole(func(r *Role) error { return f(&r.Grants) })
			}},
	}
}

func grantOperations() []operation {
	var ops []operation
	for _, h := range holders() {
		name := h.kind + "Name"
		ops = append(ops,
			operation{name: "Attach" + h.kind + "Policy", needs: name + " PolicyArn", authorise: h.on, handle: h.attach},
			operation{name: "Detach" + h.kind + "Policy", needs: name + " PolicyArn", authorise: h.on, handle: h.detach},
			operation{name: "ListAttached" + h.kind + "Policies", needs: name, takes: "Marker MaxItems PathPrefix", authorise: h.on, handle: h.listAttached},
			operation{name: "List" + h.kind + "Policies", needs: name, takes: "Marker MaxItems", authorise: h.on, handle: h.listInline},
			operation{name: "Get" + h.kind + "Policy", needs: name + " PolicyName", authorise: h.on, handle: h.getInline},
			operation{name: "Put" + h.kind + "Policy", needs: name + " PolicyName PolicyDocument", authorise: h.on, handle: h.putInline},
			operation{name: "Delete" + h.kind + "Policy", needs: name + " PolicyName", authorise: h.on, handle: h.deleteInline},
		)
	}
	return ops
}

// attachLimit: groups have a fixed quota of ten.
func (h holder) attachLimit(c *call) int {
	if h.kind == "Group" {
		return 10
	}
	return c.cfg.AttachLimit
}

// attach succeeds for a policy that is attached already.
func (h holder) attach(c *call) (fields, error) {
	arn := c.get("PolicyArn")
	if err := c.checkPolicyARN(arn); err != nil {
		return nil, err
	}
	return nil, h.change(c, func(g *Grants) error {
		if c.policyByARN(arn) == nil {
			return noSuchPolicy(arn)
		}
		if slices.Contains(g.Attached, arn) {
			return nil
		}
		if limit := h.attachLimit(c); len(g.Attached) >= limit {
			return overLimit("PoliciesPer"+h.kind, limit)
		}
		g.Attached = append(g.Attached, arn)
		return nil
	})
}

func (h holder) detach(c *call) (fields, error) {
	arn := c.get("PolicyArn")
	if err := c.checkPolicyARN(arn); err != nil {
		return nil, err
	}
	return nil, h.change(c, func(g *Grants) error {
		i := slices.Index(g.Attached, arn)
		if i < 0 {
			return refuse("NoSuchEntity", "Policy %s was not found.", arn)
		}
		g.Attached = slices.Delete(g.Attached, i, i+1)
		return nil
	})
}

func (h holder) listAttached(c *call) (fields, error) {
	g, err := h.grants(c)
	if err != nil {
		return nil, err
	}
	arns := withPrefix(c, g.Attached, policyPath)
	return c.listPage("AttachedPolicies", inOrder(arns, attachedFields))
}

// policyPath and policyName read a policy ARN: …:policy/path/Name.
func policyPath(arn string) string {
	_, rest, _ := strings.Cut(arn, ":policy")
	return rest[:strings.LastIndexByte(rest, '/')+1]
}

func policyName(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }

func attachedFields(arn string) fields {
	return fields{{"PolicyName", policyName(arn)}, {"PolicyArn", arn}}
}

func (h holder) listInline(c *call) (fields, error) {
	g, err := h.grants(c)
	if err != nil {
		return nil, err
	}
	served, tail, err := c.page(inOrder(g.Inline, func(p InlinePolicy) fields { return fields{{"PolicyName", p.Name}} }))
	if err != nil {
		return nil, err
	}
	names := make(list, 0, len(served))
	for _, r := range served {
		name := strings.TrimSuffix(strings.TrimPrefix(string(r.xml), "<PolicyName>"), "</PolicyName>")
		names = append(names, raw(name))
	}
	return append(fields{{"PolicyNames", names}}, tail...), nil
}

func (h holder) missing(c *call) error {
	return refuse("NoSuchEntity", "The %s policy with name %s cannot be found.", strings.ToLower(h.kind), c.get("PolicyName"))
}

func (h holder) getInline(c *call) (fields, error) {
	g, err := h.grants(c)
	if err != nil {
		return nil, err
	}
	i := g.inline(c.get("PolicyName"))
	if i < 0 {
		return nil, h.missing(c)
	}
	return fields{
		{h.kind + "Name", h.name(c)}, {"PolicyName", g.Inline[i].Name},
		{"PolicyDocument", encodeDocument(g.Inline[i].Document)},
	}, nil
}

func (g *Grants) inline(name string) int {
	return slices.IndexFunc(g.Inline, func(p InlinePolicy) bool { return p.Name == name })
}

// putInline adds or replaces.
func (h holder) putInline(c *call) (fields, error) {
	p := InlinePolicy{c.get("PolicyName"), c.get("PolicyDocument")}
	if err := c.checkDocument(p.Document); err != nil {
		return nil, err
	}
	return nil, h.change(c, func(g *Grants) error {
		if i := g.inline(p.Name); i >= 0 {
			g.Inline[i] = p
		} else {
			g.Inline = append(g.Inline, p)
		}
		total := 0
		for _, in := range g.Inline {
			total += size(in.Document)
		}
		if total > h.inlineQuota {
			return refuse("LimitExceeded", "Maximum policy size of %d bytes exceeded for %s %s",
				h.inlineQuota, strings.ToLower(h.kind), c.get(h.kind+"Name"))
		}
		return nil
	})
}

func (h holder) deleteInline(c *call) (fields, error) {
	return nil, h.change(c, func(g *Grants) error {
		i := g.inline(c.get("PolicyName"))
		if i < 0 {
			return h.missing(c)
		}
		g.Inline = slices.Delete(g.Inline, i, i+1)
		return nil
	})
}

// checkDocument wants an identity policy: parsable, without principals.
func (c *call) checkDocument(text string) error {
	doc := c.parse(text)
	if doc == nil {
		return refuse("MalformedPolicyDocument", "Syntax errors in policy.")
	}
	if fault := doc.Fault(policy.IdentityPolicy); fault != "" {
		return refuse("MalformedPolicyDocument", "%s", fault)
	}
	return nil
}

// size counts a document as quotas do: without white space.
func size(document string) int {
	n := 0
	for _, r := range document {
		if !unicode.IsSpace(r) {
			n++
		}
	}
	return n
}
