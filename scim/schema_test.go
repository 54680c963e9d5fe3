package scim

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"iamscim/scim/filter"
	"iamscim/store"
)

// TestSchemaAndStore: every attribute that is declared can be queried, but for
// those listed here, and every one that can be queried is declared, with the
// same type and the same letter-case rule.
func TestSchemaAndStore(t *testing.T) {
	t.Parallel()
	unstored := map[string][]string{
		"User":        {"meta.version", "schemas"},
		"Group":       {"meta.version", "schemas"},
		"Entitlement": {"limitedAssignmentsPermitted", "meta.version", "schemas", "type"},
		"Role":        {"meta.version", "schemas", "supported", "type"},
	}
	undeclared := map[string][]string{
		"User":        {"enterprise"},
		"Entitlement": {"aws.accountId", "aws.arn"},
		"Role":        {"aws.arn"},
	}
	for _, res := range newResourceTypes(contentOptions{}) {
		stored := store.Attributes(res.kind)
		declared := map[store.Path]*attribute{}
		var missing []string
		for _, a := range res.index.attributes {
			if declared[a.Path] != nil || a.Endpoint != "" {
				continue
			}
			declared[a.Path] = a
			s, ok := stored[a.Path]
			if !ok {
				missing = append(missing, string(a.Path))
				continue
			}
			if want := storeType(a.Type); s.Type != want {
				t.Errorf("%s %s: declared %s, stored as %s", res.Name, a.Path, want, s.Type)
			}
			if a.Type != filter.Complex && s.Multi != a.Multi {
				t.Errorf("%s %s: declared multi %t, stored %t", res.Name, a.Path, a.Multi, s.Multi)
			}
			if a.Type == filter.String && s.CaseExact != a.declared.CaseExact() {
				t.Errorf("%s %s: declared case-exact %t, stored %t", res.Name, a.Path, a.declared.CaseExact(), s.CaseExact)
			}
		}
		slices.Sort(missing)
		if diff := cmp.Diff(unstored[res.Name], missing); diff != "" {
			t.Errorf("%s: declared but not stored (-want +got):\n%s", res.Name, diff)
		}
		var extra []string
		for path := range stored {
			if declared[path] == nil {
				extra = append(extra, string(path))
			}
		}
		slices.Sort(extra)
		if diff := cmp.Diff(undeclared[res.Name], extra); diff != "" {
			t.Errorf("%s: stored but not declared (-want +got):\n%s", res.Name, diff)
		}
	}
}

func storeType(t filter.Type) store.AttributeType {
	if t == filter.Reference || t == filter.Binary {
		return store.String
	}
	return store.AttributeType(t)
}

// TestSchemaDocuments checks what strict readers check: no nulls, every
// characteristic, the three discovery schemas, names in camel case.
func TestSchemaDocuments(t *testing.T) {
	t.Parallel()
	c := &content{types: newResourceTypes(contentOptions{})}
	documents, err := c.schemaDocuments(fixtureBase)
	if err != nil {
		t.Fatal(err)
	}
	var urns []string
	for _, d := range documents {
		urns = append(urns, d.URN)
		if strings.Contains(string(d.Body), "null") {
			t.Errorf("%s has a null", d.URN)
		}
		var s struct {
			ID, Name, Description string
			Schemas               []string
			Meta                  struct{ Location string }
			Attributes            []schemaAttribute
		}
		if err := json.Unmarshal(d.Body, &s); err != nil {
			t.Fatal(err)
		}
		if s.ID != d.URN || s.Name == "" || s.Description == "" || s.Meta.Location != fixtureBase+"/Schemas/"+d.URN || !slices.Equal(s.Schemas, []string{schemaURN}) {
			t.Errorf("%s: incomplete: %+v", d.URN, s)
		}
		for _, a := range s.Attributes {
			a.check(t, d.URN)
		}
	}
	want := []string{
		userURN, enterpriseURN, awsUserURN, groupURN, awsGroupURN, entitlementURN, awsEntitlementURN, roleURN, awsRoleURN,
		"urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig", "urn:ietf:params:scim:schemas:core:2.0:ResourceType", schemaURN,
	}
	if diff := cmp.Diff(want, urns); diff != "" {
		t.Errorf("schemas (-want +got):\n%s", diff)
	}
}

type schemaAttribute struct {
	Name, Type, Mutability, Returned string
	MultiValued, Required            *bool
	SubAttributes                    []schemaAttribute
	ReferenceTypes                   []string
}

func (a schemaAttribute) check(t *testing.T, where string) {
	where += ":" + a.Name
	if a.Name == "" || a.Type == "" || a.Mutability == "" || a.Returned == "" || a.MultiValued == nil || a.Required == nil {
		t.Errorf("%s lacks a characteristic: %+v", where, a)
	}
	if a.Type == "reference" && len(a.ReferenceTypes) == 0 {
		t.Errorf("%s refers to nothing", where)
	}
	if (a.Type == "complex") != (len(a.SubAttributes) > 0) {
		t.Errorf("%s: type %s with %d sub-attributes", where, a.Type, len(a.SubAttributes))
	}
	for _, sub := range a.SubAttributes {
		if a.Mutability == "readOnly" && sub.Mutability != "readOnly" {
			t.Errorf("%s is readOnly, its %s is not", where, sub.Name)
		}
		sub.check(t, where)
	}
}

// TestWritable: what a setting opens is readOnly without it.
func TestWritable(t *testing.T) {
	t.Parallel()
	mutability := func(opt contentOptions, kind, schemaID, name string) string {
		for _, res := range newResourceTypes(opt) {
			for _, s := range res.schemas {
				if a, ok := s.Attributes.ContainsAttribute(name); ok && res.Name == kind && s.ID == schemaID {
					return a.Mutability()
				}
			}
		}
		return "undeclared"
	}
	open := contentOptions{Grantable: true, PathWritable: true, BoundaryWritable: true, Passwords: true}
	for _, tt := range []struct{ kind, schemaID, name, closed, open string }{
		{"User", userURN, "entitlements", "readOnly", "readWrite"},
		{"User", userURN, "password", "undeclared", "writeOnly"},
		{"User", userURN, "userName", "readWrite", "readWrite"},
		{"User", userURN, "groups", "readOnly", "readOnly"},
		{"User", awsUserURN, "path", "readOnly", "readWrite"},
		{"User", awsUserURN, "permissionsBoundary", "readOnly", "readWrite"},
		{"User", awsUserURN, "attachedPolicies", "readOnly", "readOnly"},
		{"Group", awsGroupURN, "attachedPolicies", "readOnly", "readWrite"},
		{"Group", awsGroupURN, "path", "readOnly", "readWrite"},
	} {
		if got := mutability(contentOptions{}, tt.kind, tt.schemaID, tt.name); got != tt.closed {
			t.Errorf("%s is %s, want %s", tt.name, got, tt.closed)
		}
		if got := mutability(open, tt.kind, tt.schemaID, tt.name); got != tt.open {
			t.Errorf("%s is %s when open, want %s", tt.name, got, tt.open)
		}
	}
}
