package scim

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestProject(t *testing.T) {
	t.Parallel()
	s := fixtureSetting()
	user := richUser()
	user.Person.PhoneNumbers = nil
	body := s.user(nil, &user, nil, "v")
	res := newResourceTypes(contentOptions{})[0]
	for _, tt := range []struct {
		name       string
		attributes string
		excluded   string
		has, not   string // paths in the result, blanks between
	}{
		{"nothing asked", "", "", "id schemas userName emails.value meta.version " + enterpriseURN, "members"},
		{"one attribute", "userName", "", "id schemas userName", "emails meta active " + awsUserURN},
		{"any case", "USERNAME,nAmE.gIvEnNaMe", "", "userName name.givenName", "name.familyName"},
		{"with the URN", userURN + ":userName", "", "userName", "name"},
		{"sub-attribute of many", "emails.value", "", "emails.value", "emails.type emails.primary"},
		{"sub-attribute that few have", "emails.primary", "", "emails.primary", "emails.value"},
		{"whole beats part", "emails,emails.value", "", "emails.value emails.type", ""},
		{"part after whole", "emails.value,emails", "", "emails.value emails.type", ""},
		{"meta", "meta.version", "", "meta.version", "meta.created userName"},
		{"whole extension", enterpriseURN, "", enterpriseURN + ".department " + enterpriseURN + ".manager.value", "userName"},
		{"part of an extension", enterpriseURN + ":manager.displayName", "", enterpriseURN + ".manager.displayName", enterpriseURN + ".manager.value " + enterpriseURN + ".department"},
		{"extension without URN", "accessKeys.id", "", awsUserURN + ".accessKeys.id", awsUserURN + ".accessKeys.status " + awsUserURN + ".arn"},
		{"nothing left", "phoneNumbers,nonsense", "", "id schemas", "phoneNumbers userName"},
		{"excluded", "", "emails,meta.version", "userName meta.created", "emails meta.version"},
		{"excluded part", "", "emails.type", "emails.value", "emails.type"},
		{"excluded extension", "", strings.ToUpper(awsUserURN), "userName " + enterpriseURN, awsUserURN},
		{"always", "", "id,schemas,userName", "id schemas", "userName"},
		{"unknown", "", "nonsense", "userName emails.value", ""},
		{"both", "emails,name", "emails.type", "emails.value name.givenName", "emails.type userName"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := res.project(selection{splitNames(tt.attributes), splitNames(tt.excluded)}, false)
			out := p.apply(nil, body)
			var resource map[string]any
			if err := json.Unmarshal(out, &resource); err != nil {
				t.Fatalf("%s: %v", out, err)
			}
			got := map[string]bool{}
			collect(&resourceType{}, got, "", resource)
			for _, path := range strings.Fields(tt.has) {
				if !got[spaced(path)] {
					t.Errorf("%s is missing in %s", path, out)
				}
			}
			for _, path := range strings.Fields(tt.not) {
				if got[spaced(path)] {
					t.Errorf("%s is in %s", path, out)
				}
			}
		})
	}
}

// spaced writes a path as collect does; URNs have dots of their own.
func spaced(path string) string {
	for _, urn := range []string{enterpriseURN, awsUserURN} {
		if rest, ok := strings.CutPrefix(path, urn); ok {
			return urn + strings.ReplaceAll(rest, ".", " ")
		}
	}
	return strings.ReplaceAll(path, ".", " ")
}

// TestParts: what a projection does not show is not read.
func TestParts(t *testing.T) {
	t.Parallel()
	res := newResourceTypes(contentOptions{})[1]
	for _, tt := range []struct {
		attributes, excluded string
		want                 groupParts
	}{
		{"displayName", "", groupParts{}},
		{"", "members", groupParts{}},
		{"", "MEMBERS", groupParts{}},
		{"members", "", groupParts{members: true}},
		{"members.value", "", groupParts{members: true}},
		{"members,members.display", "", groupParts{members: true, display: true}},
		{"", "displayName", groupParts{members: true}},
		{"", "members.type", groupParts{members: true}},
		{"members", "members", groupParts{}},
	} {
		p := res.project(selection{splitNames(tt.attributes), splitNames(tt.excluded)}, false)
		if p.parts != tt.want {
			t.Errorf("attributes=%s excludedAttributes=%s: %+v, want %+v", tt.attributes, tt.excluded, p.parts, tt.want)
		}
	}
	if res.project(selection{}, false) != nil {
		t.Error("an empty selection is a projection")
	}
}

func FuzzProject(f *testing.F) {
	f.Add("emails.value,"+enterpriseURN, "name")
	s := fixtureSetting()
	user := richUser()
	body := s.user(nil, &user, nil, "v")
	res := newResourceTypes(contentOptions{})[0]
	f.Fuzz(func(t *testing.T, attributes, excluded string) {
		out := res.project(selection{splitNames(attributes), splitNames(excluded)}, false).apply(nil, body)
		var got struct{ ID string }
		if err := json.Unmarshal(out, &got); err != nil || got.ID != user.ID {
			t.Errorf("%q %q: %v: %s", attributes, excluded, err, out)
		}
	})
}
