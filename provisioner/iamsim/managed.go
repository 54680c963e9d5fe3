package iamsim

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

func policyOperations() []operation {
	return []operation{
		{name: "ListPolicies", takes: "Marker MaxItems OnlyAttached PathPrefix PolicyUsageFilter Scope", authorise: under("policy"), handle: listPolicies},
		{name: "GetPolicy", needs: "PolicyArn", authorise: onPolicy, handle: getPolicy},
		{name: "GetPolicyVersion", needs: "PolicyArn VersionId", authorise: onPolicy, handle: getPolicyVersion},
		{name: "ListPolicyVersions", needs: "PolicyArn", takes: "Marker MaxItems", authorise: onPolicy, handle: listPolicyVersions},
		{name: "CreatePolicy", needs: "PolicyName PolicyDocument", takes: "Description Path Tags", authorise: onNewPolicy, handle: createPolicy},
		{name: "DeletePolicy", needs: "PolicyArn", authorise: onPolicy, handle: deletePolicy},
		{name: "CreatePolicyVersion", needs: "PolicyArn PolicyDocument", takes: "SetAsDefault", authorise: onPolicy, handle: createPolicyVersion},
		{name: "DeletePolicyVersion", needs: "PolicyArn VersionId", authorise: onPolicy, handle: deletePolicyVersion},
		{name: "SetDefaultPolicyVersion", needs: "PolicyArn VersionId", authorise: onPolicy, handle: setDefaultPolicyVersion},
		{name: "ListEntitiesForPolicy", needs: "PolicyArn", takes: "EntityFilter Marker MaxItems PathPrefix PolicyUsageFilter", authorise: onPolicy, handle: listEntitiesForPolicy},
	}
}

// Quotas of customer managed policies (IAM User Guide, "IAM and AWS STS quotas").
const (
	policiesQuota   = 1500
	policySizeQuota = 6144
	versionsQuota   = 5
)

// usage counts how often policies are attached and used as boundaries.
type usage struct{ attached, boundary map[string]int }

func (c *call) usage() usage {
	u := usage{map[string]int{}, map[string]int{}}
	count := func(g Grants, boundary string) {
		for _, arn := range g.Attached {
			u.attached[arn]++
		}
		if boundary != "" {
			u.boundary[boundary]++
		}
	}
	for _, x := range c.users.all(c.at) {
		count(x.Grants, x.Boundary)
	}
	for _, x := range c.groups.all(c.at) {
		count(x.Grants, "")
	}
	for _, x := range c.roles.all(c.at) {
		count(x.Grants, x.Boundary)
	}
	return u
}

// policyFields is what ListPolicies shows: neither description nor tags
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListPolicies.html).
func policyFields(p *Policy, u usage) fields {
	return fields{
		{"PolicyName", p.Name}, {"PolicyId", p.ID}, {"Arn", p.ARN}, {"Path", p.Path},
		{"DefaultVersionId", p.Default}, {"AttachmentCount", u.attached[p.ARN]},
		{"PermissionsBoundaryUsageCount", u.boundary[p.ARN]}, {"IsAttachable", true},
		{"CreateDate", p.Created}, {"UpdateDate", p.Updated},
	}
}

func fullPolicyFields(p *Policy, u usage) fields {
	return append(policyFields(p, u), field{"Description", opt(p.Description)}, field{"Tags", tagList(p.Tags)})
}

func listPolicies(c *call) (fields, error) {
	used := c.usage()
	var out []*Policy
	for _, p := range withPrefix(c, c.policies.all(c.at), func(p *Policy) string { return p.Path }) {
		if c.listsPolicy(p, used) {
			out = append(out, p)
		}
	}
	return c.listPage("Policies", itemsOf(out, func(p *Policy) string { return p.ARN }, func(p *Policy) fields { return policyFields(p, used) }))
}

func (c *call) listsPolicy(p *Policy, used usage) bool {
	switch c.get("Scope") {
	case "AWS":
		if !p.AWSManaged {
			return false
		}
	case "Local":
		if p.AWSManaged {
			return false
		}
	}
	attached, boundary := used.attached[p.ARN] > 0, used.boundary[p.ARN] > 0
	switch c.get("PolicyUsageFilter") {
	case "PermissionsPolicy":
		return attached || !c.flag("OnlyAttached")
	case "PermissionsBoundary":
		return boundary
	}
	return attached || boundary || !c.flag("OnlyAttached")
}

func getPolicy(c *call) (fields, error) {
	p, _, err := c.policy()
	if err != nil {
		return nil, err
	}
	return fields{{"Policy", fullPolicyFields(p, c.usage())}}, nil
}

func noSuchVersion(c *call) error {
	return refuse("NoSuchEntity", "Policy %s version %s does not exist or is not attachable.", c.get("PolicyArn"), c.get("VersionId"))
}

func getPolicyVersion(c *call) (fields, error) {
	p, _, err := c.policy()
	if err != nil {
		return nil, err
	}
	v, ok := p.version(c.get("VersionId"))
	if !ok {
		return nil, noSuchVersion(c)
	}
	return fields{{"PolicyVersion", append(fields{{"Document", encodeDocument(v.Document)}}, versionFields(p, v)...)}}, nil
}

func versionFields(p *Policy, v PolicyVersion) fields {
	return fields{{"VersionId", v.ID}, {"IsDefaultVersion", v.ID == p.Default}, {"CreateDate", v.Created}}
}

func listPolicyVersions(c *call) (fields, error) {
	p, _, err := c.policy()
	if err != nil {
		return nil, err
	}
	return c.listPage("Versions", inOrder(p.Versions, func(v PolicyVersion) fields { return versionFields(p, v) }))
}

func onNewPolicy(c *call) []need {
	return c.creating(c.arn("policy"+c.pathOr("Path", "/")+c.get("PolicyName")), "iam:TagPolicy")
}

func createPolicy(c *call) (fields, error) {
	name := c.get("PolicyName")
	count := 0
	for _, p := range c.policies.collect(func(x *cell[Policy]) *Policy { return x.now }) {
		if p.AWSManaged {
			continue
		}
		count++
		if strings.EqualFold(p.Name, name) {
			return nil, refuse("EntityAlreadyExists", "A policy called %s already exists. Duplicate names are not allowed.", name)
		}
	}
	if count >= policiesQuota {
		return nil, overLimit("PoliciesPerAccount", policiesQuota)
	}
	if err := c.checkManaged(); err != nil {
		return nil, err
	}
	tags, err := c.newTags()
	if err != nil {
		return nil, err
	}
	p := c.newPolicy(Policy{Name: name, Path: c.pathOr("Path", "/"), Description: c.get("Description"), Tags: tags}, c.get("PolicyDocument"))
	c.policies.put(p, c.until)
	return fields{{"Policy", fullPolicyFields(p, c.usage())}}, nil
}

// newPolicy completes a customer policy with its first version.
func (a *Account) newPolicy(p Policy, document string) *Policy {
	now := a.now()
	p.ID = a.newID("ANPA", 17)
	p.ARN = a.arn("policy" + p.Path + p.Name)
	if p.Created.IsZero() {
		p.Created = now
	}
	p.Updated, p.Default, p.Issued = p.Created, "v1", 1
	p.Versions = []PolicyVersion{{"v1", document, p.Created}}
	return &p
}

func (c *call) checkManaged() error {
	text := c.get("PolicyDocument")
	if err := c.checkDocument(text); err != nil {
		return err
	}
	if size(text) > policySizeQuota {
		return overLimit("PolicySize", policySizeQuota)
	}
	return nil
}

// deletePolicy wants the policy detached and without other versions
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeletePolicy.html).
func deletePolicy(c *call) (fields, error) {
	var id string
	err := c.changePolicy(func(p *Policy) error {
		used := c.usage()
		if used.attached[p.ARN]+used.boundary[p.ARN] > 0 {
			return refuse("DeleteConflict", "Cannot delete a policy attached to entities.")
		}
		if len(p.Versions) > 1 {
			return refuse("DeleteConflict", "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.")
		}
		id = p.ID
		return nil
	})
	if err == nil {
		c.policies.remove(id, c.until)
	}
	return nil, err
}

func createPolicyVersion(c *call) (fields, error) {
	var out fields
	err := c.changePolicy(func(p *Policy) error {
		if err := c.checkManaged(); err != nil {
			return err
		}
		if len(p.Versions) >= versionsQuota {
			return refuse("LimitExceeded", "A managed policy can have up to %d versions. Before you create a new version, you must delete an existing version.", versionsQuota)
		}
		p.Issued++
		v := PolicyVersion{"v" + strconv.Itoa(p.Issued), c.get("PolicyDocument"), c.at}
		p.Versions = slices.Insert(p.Versions, 0, v)
		p.Updated = c.at
		if c.flag("SetAsDefault") {
			p.Default = v.ID
		}
		out = versionFields(p, v)
		return nil
	})
	return fields{{"PolicyVersion", out}}, err
}

func deletePolicyVersion(c *call) (fields, error) {
	return nil, c.changePolicy(func(p *Policy) error {
		id := c.get("VersionId")
		if _, ok := p.version(id); !ok {
			return noSuchVersion(c)
		}
		if id == p.Default {
			return refuse("DeleteConflict", "Cannot delete the default version of a policy.")
		}
		p.Versions = slices.DeleteFunc(p.Versions, func(v PolicyVersion) bool { return v.ID == id })
		return nil
	})
}

func setDefaultPolicyVersion(c *call) (fields, error) {
	return nil, c.changePolicy(func(p *Policy) error {
		if _, ok := p.version(c.get("VersionId")); !ok {
			return noSuchVersion(c)
		}
		p.Default, p.Updated = c.get("VersionId"), c.at
		return nil
	})
}

// AddPolicy stores a customer policy of which Name, Path, Description, Tags and
// Created are taken, with one version per document, the last being the default.
func (a *Account) AddPolicy(p Policy, documents ...string) Policy {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.fillNew(&p.Path, &p.Created)
	next := a.newPolicy(p, documents[0])
	for _, d := range documents[1:] {
		next.Issued++
		next.Default = "v" + strconv.Itoa(next.Issued)
		next.Versions = slices.Insert(next.Versions, 0, PolicyVersion{next.Default, d, next.Created})
	}
	a.policies.put(next, time.Time{})
	return *next.clone()
}
