package observer

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

// Settings is what the operator decided about it.
type Settings struct {
	AccountID string
	Derive    Derive
	Grantable []string // patterns of policies that may be granted
}

// Composer makes resources of facts. It asks nobody.
type Composer struct {
	Settings
	Facts  *Facts
	Prior  *Prior
	Memory *Memory

	obs       *store.Observation
	documents map[string]*policy.Document // by JSON text; nil: unreadable
	Policies  map[string]*store.Policy    // by ARN
	groups    map[string]*store.Group     // by folded IAM name
	// groupsByID holds the same groups.
	groupsByID map[string]*store.Group
	Flags      []Flag
	Urgent     []string // users whose details contradict the report
	leftOut    map[string]bool
	Doubtful   []string // kept users who are not as we left them
}

// Compose turns what AWS said into one observation.
func (c *Composer) Compose() *store.Observation {
	f := c.Facts
	c.documents = map[string]*policy.Document{}
	c.Policies = map[string]*store.Policy{}
	c.groups, c.groupsByID = map[string]*store.Group{}, map[string]*store.Group{}
	c.obs = &store.Observation{
		AccountID: c.AccountID, Started: f.Started, Summary: f.summary, Alias: f.alias, Sources: f.sources,
	}
	if f.summary == nil {
		c.obs.Summary = c.Prior.Status.Summary
	}
	if f.sources["ListAccountAliases"].Err != "" {
		c.obs.Alias = c.Prior.Status.Alias
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

func (c *Composer) flag(kind store.Kind, id, name, format string, args ...any) {
	c.Flags = append(c.Flags, Flag{Kind: kind, ID: id, Name: name, Problem: fmt.Sprintf(format, args...)})
}

// composeGroups keeps the groups by name, because that is how users refer to them.
func (c *Composer) composeGroups() {
	names := make([]string, len(c.Facts.groups))
	for i := range c.Facts.groups {
		names[i] = aws.ToString(c.Facts.groups[i].GroupName)
	}
	shown := store.ShowNames(names)
	for i := range c.Facts.groups {
		d := &c.Facts.groups[i]
		g := &store.Group{
			ID: aws.ToString(d.GroupId), Name: names[i], DisplayName: shown[i],
			Path: aws.ToString(d.Path), ARN: aws.ToString(d.Arn), Created: aws.ToTime(d.CreateDate).UTC(),
		}
		if g.ID == "" || g.Name == "" {
			c.flag(store.KindGroup, g.ID, g.Name, "it has no id or no name and is left out")
			continue
		}
		g.Inline = c.Inline(store.KindGroup, g.ID, g.Name, d.GroupPolicyList)
		g.Attached = c.Attached(d.AttachedManagedPolicies)
		kept := c.Memory.Groups[g.ID]
		g.ExternalID = kept.ExternalID
		if long, ok := kept.LongName(g.Name); ok {
			g.DisplayName = long
		}
		_, g.Managed = c.Memory.Owned[store.Ref{Kind: store.KindGroup, ID: g.ID}]
		c.groups[store.Fold(g.Name)], c.groupsByID[g.ID] = g, g
	}
}

func (c *Composer) composeRoles() {
	for i := range c.Facts.roles {
		d := &c.Facts.roles[i]
		r := store.Role{
			ID: aws.ToString(d.RoleId), Name: aws.ToString(d.RoleName), Path: aws.ToString(d.Path),
			ARN: aws.ToString(d.Arn), Created: aws.ToTime(d.CreateDate).UTC(), Tags: tags(d.Tags), Boundary: boundary(d.PermissionsBoundary),
		}
		if r.ID == "" || r.ARN == "" {
			c.flag(store.KindRole, r.ID, r.Name, "it has no id or no ARN and is left out")
			continue
		}
		c.roleExtras(&r)
		r.Inline = c.Inline(store.KindRole, r.ID, r.Name, d.RolePolicyList)
		r.Attached = c.Attached(d.AttachedManagedPolicies)
		if used := d.RoleLastUsed; used != nil {
			r.LastUsed, r.LastUsedRegion = UTC(used.LastUsedDate), aws.ToString(used.Region)
		}
		c.trust(&r, aws.ToString(d.AssumeRolePolicyDocument))
		c.obs.Roles = append(c.obs.Roles, r)
	}
}

func (c *Composer) roleExtras(r *store.Role) {
	if extra, ok := c.Facts.roleExtras[r.ID]; ok {
		r.Description, r.MaxSession = aws.ToString(extra.Description), int64(aws.ToInt32(extra.MaxSessionDuration))
		return
	}
	if prev := c.Prior.roles[r.ID]; prev != nil {
		r.Description, r.MaxSession = prev.Description, prev.MaxSession
	}
}

// trust adds who may assume the role.
func (c *Composer) trust(r *store.Role, encoded string) {
	text, err := DecodeDocument(aws.String(encoded))
	if err != nil {
		c.flag(store.KindRole, r.ID, r.Name, "its trust policy cannot be decoded: %v", err)
		return
	}
	r.Trust = text
	doc, err := c.Parse(text)
	if err != nil {
		c.flag(store.KindRole, r.ID, r.Name, "its trust policy cannot be read: %v", err)
		return
	}
	t := policy.Summarize(doc, c.AccountID)
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
