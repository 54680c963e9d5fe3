package provisioner

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"iamscim/provisioner/policy"
	"iamscim/store"
)

// Flag is a record that could not be understood as a whole. It is served with
// what is sound; nothing fails because of it.
type Flag struct {
	Kind    store.Kind `json:"kind"`
	ID      string     `json:"id,omitempty"`
	Name    string     `json:"name,omitempty"`
	Problem string     `json:"problem"`
}

// composing is what the operator decided about it.
type composing struct {
	accountID string
	derive    Derive
	grantable []string // patterns of policies that may be granted
}

// composer makes resources of facts. It asks nobody.
type composer struct {
	composing
	facts  *facts
	prior  *prior
	memory *memory

	obs       *store.Observation
	documents map[string]*policy.Document // by JSON text; nil: unreadable
	policies  map[string]*store.Policy    // by ARN
	groups    map[string]*store.Group     // by folded IAM name
	// groupsByID holds the same groups.
	groupsByID map[string]*store.Group
	flags      []Flag
	urgent     []string // users whose details contradict the report
	leftOut    map[string]bool
	doubtful   []string // kept users who are not as we left them
}

// compose turns what AWS said into one observation.
func (c *composer) compose() *store.Observation {
	f := c.facts
	c.documents = map[string]*policy.Document{}
	c.policies = map[string]*store.Policy{}
	c.groups, c.groupsByID = map[string]*store.Group{}, map[string]*store.Group{}
	c.obs = &store.Observation{
		AccountID: c.accountID, Started: f.started, Summary: f.summary, Alias: f.alias, Sources: f.sources,
	}
	if f.summary == nil {
		c.obs.Summary = c.prior.status.Summary
	}
	if f.sources["ListAccountAliases"].Err != "" {
		c.obs.Alias = c.prior.status.Alias
	}
	c.composePolicies()
	c.composeGroups()
	c.composeRoles()
	c.composeUsers()
	c.obs.Groups = make([]store.Group, 0, len(f.groups))
	for i := range f.groups {
		if g := c.groups[store.Fold(aws.ToString(f.groups[i].GroupName))]; g != nil {
			c.obs.Groups = append(c.obs.Groups, *g)
		}
	}
	return c.obs
}

func (c *composer) flag(kind store.Kind, id, name, format string, args ...any) {
	c.flags = append(c.flags, Flag{Kind: kind, ID: id, Name: name, Problem: fmt.Sprintf(format, args...)})
}

// composeGroups keeps the groups by name, because that is how users refer to them.
func (c *composer) composeGroups() {
	names := make([]string, len(c.facts.groups))
	for i := range c.facts.groups {
		names[i] = aws.ToString(c.facts.groups[i].GroupName)
	}
	shown := store.ShowNames(names)
	for i := range c.facts.groups {
		d := &c.facts.groups[i]
		g := &store.Group{
			ID: aws.ToString(d.GroupId), Name: names[i], DisplayName: shown[i],
			Path: aws.ToString(d.Path), ARN: aws.ToString(d.Arn), Created: aws.ToTime(d.CreateDate).UTC(),
		}
		if g.ID == "" || g.Name == "" {
			c.flag(store.KindGroup, g.ID, g.Name, "it has no id or no name and is left out")
			continue
		}
		g.Inline = c.inline(store.KindGroup, g.ID, g.Name, d.GroupPolicyList)
		g.Attached = c.attached(d.AttachedManagedPolicies)
		kept := c.memory.groups[g.ID]
		g.ExternalID = kept.ExternalID
		if long, ok := kept.LongName(g.Name); ok {
			g.DisplayName = long
		}
		_, g.Managed = c.memory.owned[store.Ref{Kind: store.KindGroup, ID: g.ID}]
		c.groups[store.Fold(g.Name)], c.groupsByID[g.ID] = g, g
	}
}

func (c *composer) composeRoles() {
	for i := range c.facts.roles {
		d := &c.facts.roles[i]
		r := store.Role{
			ID: aws.ToString(d.RoleId), Name: aws.ToString(d.RoleName), Path: aws.ToString(d.Path),
			ARN: aws.ToString(d.Arn), Created: aws.ToTime(d.CreateDate).UTC(), Tags: tags(d.Tags), Boundary: boundary(d.PermissionsBoundary),
		}
		if r.ID == "" || r.ARN == "" {
			c.flag(store.KindRole, r.ID, r.Name, "it has no id or no ARN and is left out")
			continue
		}
		c.roleExtras(&r)
		r.Inline = c.inline(store.KindRole, r.ID, r.Name, d.RolePolicyList)
		r.Attached = c.attached(d.AttachedManagedPolicies)
		if used := d.RoleLastUsed; used != nil {
			r.LastUsed, r.LastUsedRegion = utc(used.LastUsedDate), aws.ToString(used.Region)
		}
		c.trust(&r, aws.ToString(d.AssumeRolePolicyDocument))
		c.obs.Roles = append(c.obs.Roles, r)
	}
}

func (c *composer) roleExtras(r *store.Role) {
	if extra, ok := c.facts.roleExtras[r.ID]; ok {
		r.Description, r.MaxSession = aws.ToString(extra.Description), int64(aws.ToInt32(extra.MaxSessionDuration))
		return
	}
	if prev := c.prior.roles[r.ID]; prev != nil {
		r.Description, r.MaxSession = prev.Description, prev.MaxSession
	}
}

// trust adds who may assume the role.
func (c *composer) trust(r *store.Role, encoded string) {
	text, err := decodeDocument(aws.String(encoded))
	if err != nil {
		c.flag(store.KindRole, r.ID, r.Name, "its trust policy cannot be decoded: %v", err)
		return
	}
	r.Trust = text
	doc, err := c.parse(text)
	if err != nil {
		c.flag(store.KindRole, r.ID, r.Name, "its trust policy cannot be read: %v", err)
		return
	}
	t := policy.Summarize(doc, c.accountID)
	r.Trusted = store.TrustSummary{
		Services: t.Services, Accounts: t.Accounts, Principals: t.Principals, Federated: t.Federated,
		CrossAccount: t.CrossAccount, Conditional: len(t.ConditionKeys) > 0,
	}
	if t.Anyone {
		r.Trusted.Principals = append(r.Trusted.Principals, "*")
	}
}

func tags(list []iamtypes.Tag) []store.Tag {
	var out []store.Tag
	for _, t := range list {
		out = append(out, store.Tag{Key: aws.ToString(t.Key), Value: aws.ToString(t.Value)})
	}
	slices.SortFunc(out, func(a, b store.Tag) int { return cmp.Compare(a.Key, b.Key) })
	return out
}

func boundary(b *iamtypes.AttachedPermissionsBoundary) string {
	if b == nil {
		return ""
	}
	return aws.ToString(b.PermissionsBoundaryArn)
}
