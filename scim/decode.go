package scim

import (
	"encoding/json"
	"fmt"

	scimerrors "github.com/elimity-com/scim/errors"

	"iamscim/scim/tree"
	"iamscim/store"
)

// representation reads the body of a POST or PUT: what is in the tree was sent
// and may be written.
func (c *change) representation() (map[string]any, error) {
	s := c.schema()
	t, err := s.Resource(c.body)
	if err != nil {
		return nil, err
	}
	return t, s.Require(t)
}

// schema is what the client may write, in the profile of its credential.
func (c *change) schema() *tree.Schema {
	if c.strict {
		return c.res.strict
	}
	return c.res.writes
}

// userView is what a client may write of u, as it is now: what a PATCH changes.
func (res *resourceType) userView(u *store.User) (map[string]any, error) {
	t, err := personTree(&u.Person)
	if err != nil {
		return nil, err
	}
	t["userName"], t["active"] = u.UserName, u.Active
	if res.canWrite("", "entitlements") {
		setList(t, "entitlements", entitlementsOf(u))
	}
	if res.canWrite("", "groups") {
		setList(t, "groups", u.Groups)
	}
	aws := map[string]any{"path": u.Path}
	if u.Boundary != "" {
		aws["permissionsBoundary"] = u.Boundary
	}
	t[awsUserURN] = aws
	return t, nil
}

// entitlementsOf lists what entitlements shows.
func entitlementsOf(u *store.User) []string {
	var arns []string
	for i := range u.Attached {
		if a := &u.Attached[i]; !a.Deny && !a.Quarantine {
			arns = append(arns, a.ARN)
		}
	}
	return arns
}

// groupView is the same for a group, without its members: a PATCH of members is
// a delta.
func groupView(g *store.Group) map[string]any {
	t := map[string]any{"displayName": g.DisplayName}
	if g.ExternalID != "" {
		t["externalId"] = g.ExternalID
	}
	aws := map[string]any{"path": g.Path}
	var arns []string
	for i := range g.Attached {
		arns = append(arns, g.Attached[i].ARN)
	}
	setList(aws, "attachedPolicies", arns)
	t[awsGroupURN] = aws
	return t
}

// canWrite reports whether a client may write the attribute, as /Schemas says.
func (res *resourceType) canWrite(urn, name string) bool {
	a := res.writes.Attribute(urn, name)
	return a != nil && !a.ReadOnly
}

// setList sets a list of elements that have nothing but a value.
func setList(t map[string]any, name string, values []string) {
	if len(values) == 0 {
		return
	}
	list := make([]any, len(values))
	for i, v := range values {
		list[i] = map[string]any{"value": v}
	}
	t[name] = list
}

// valuesOf is the inverse: the values of a list of elements, each once.
func valuesOf(list any, name string) ([]string, error) {
	elements, _ := list.([]any)
	values := make([]string, 0, len(elements))
	for _, e := range elements {
		element, _ := e.(map[string]any)
		v, _ := element["value"].(string)
		if v == "" {
			return nil, badRequest(scimerrors.ScimTypeInvalidValue, "%s: an element has no value.", name)
		}
		values = append(values, v)
	}
	return values, nil
}

// personTree and personOf convert between the attributes that are kept as they
// came and the tree. store.Person has the JSON names of RFC 7643, so JSON does
// the work.
func personTree(p *store.Person) (map[string]any, error) {
	b, err := json.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("person: %w", err)
	}
	t, err := tree.Read(b)
	if err != nil {
		return nil, fmt.Errorf("person: %w", err)
	}
	if e, ok := t["enterprise"]; ok {
		delete(t, "enterprise")
		t[enterpriseURN] = e
	}
	return t, nil
}

func personOf(t map[string]any) (store.Person, error) {
	said := map[string]any{}
	for name, v := range t {
		if list, isList := v.([]any); isList && len(list) == 0 || name == "password" {
			continue
		}
		if name == enterpriseURN {
			name = "enterprise"
		}
		said[name] = v
	}
	var p store.Person
	b, err := json.Marshal(said)
	if err == nil {
		err = json.Unmarshal(b, &p)
	}
	if err != nil { // the tree was checked against the schema
		return store.Person{}, fmt.Errorf("person: %w", err)
	}
	return p, nil
}
