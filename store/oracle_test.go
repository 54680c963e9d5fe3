package store_test

import (
	"cmp"
	"encoding/base64"
	"encoding/pem"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/cases"

	"iamscim/store"
)

// The oracle answers queries by looking at every resource in plain Go. It shares
// nothing with the compiler but the catalogue's types.

// item is a resource, or an element of one: string, bool, int64, time.Time, or a
// list of items. A missing or empty value is absent.
type item map[store.Path]any

func elements[T any](list []T, f func(T) item) []item {
	var out []item
	for _, x := range list {
		out = append(out, f(x))
	}
	return out
}

func values(list []store.MultiValue) []item {
	return elements(list, func(m store.MultiValue) item {
		return item{"value": m.Value, "display": m.Display, "type": m.Type, "primary": m.Primary}
	})
}

func policies(list []store.PolicyRef) []item {
	return elements(list, func(p store.PolicyRef) item { return item{"value": p.ARN, "display": p.Name} })
}

func tags(list []store.Tag) []item {
	return elements(list, func(t store.Tag) item { return item{"key": t.Key, "value": t.Value} })
}

func inline(list []store.InlinePolicy) []item {
	return elements(list, func(p store.InlinePolicy) item { return item{"name": p.Name, "document": p.Document} })
}

// userItem is a user as the catalogue names its attributes.
func userItem(u *store.User, groups map[string]*store.Group) item {
	p, e := &u.Person, &u.Person.Enterprise
	it := item{
		"id": u.ID, "userName": u.UserName, "externalId": p.ExternalID, "displayName": p.DisplayName, "active": u.Active,
		"name.familyName": p.Name.FamilyName, "name.givenName": p.Name.GivenName, "name.formatted": p.Name.Formatted,
		"name.middleName": p.Name.MiddleName, "name.honorificPrefix": p.Name.HonorificPrefix, "name.honorificSuffix": p.Name.HonorificSuffix,
		"title": p.Title, "userType": p.UserType, "nickName": p.NickName, "profileUrl": p.ProfileURL,
		"preferredLanguage": p.PreferredLanguage, "locale": p.Locale, "timezone": p.Timezone,
		"emails": values(p.Emails), "phoneNumbers": values(p.PhoneNumbers),
		"enterprise.employeeNumber": e.EmployeeNumber, "enterprise.department": e.Department, "enterprise.costCenter": e.CostCenter,
		"enterprise.organization": e.Organization, "enterprise.division": e.Division, "enterprise.manager.value": e.Manager.Value,
		"enterprise.manager.$ref": e.Manager.Ref, "enterprise.manager.displayName": e.Manager.DisplayName,
		"meta.resourceType": "User", "meta.created": u.Created, "meta.lastModified": u.LastModified,
		"aws.accountId": account, "aws.arn": u.ARN, "aws.path": u.Path, "aws.identityType": u.IdentityType,
		"aws.identityTypeRule": u.IdentityTypeRule, "aws.consoleAccess": u.ConsoleAccess, "aws.mfaActive": u.MFAActive,
		"aws.managed": u.Managed, "aws.passwordLastChanged": u.PasswordLastChanged, "aws.permissionsBoundary": u.Boundary,
		"aws.passwordLastUsed": u.Activity.PasswordLastUsed, "aws.lastActivity": u.Activity.Last(), "aws.observedAt": u.Activity.ObservedAt,
		"aws.reportedAt": u.Activity.ReportedAt, "aws.detailsAt": u.Activity.DetailsAt,
		"aws.inlinePolicies": inline(u.Inline), "aws.attachedPolicies": policies(u.Attached), "aws.tags": tags(u.Tags),
	}
	it["addresses"] = elements(p.Addresses, func(a store.Address) item {
		return item{"formatted": a.Formatted, "streetAddress": a.StreetAddress, "locality": a.Locality, "region": a.Region,
			"postalCode": a.PostalCode, "country": a.Country, "type": a.Type, "primary": a.Primary}
	})
	it["roles"] = elements(u.Roles, func(r store.RoleRef) item { return item{"value": r.ARN, "display": r.Name, "type": r.Type} })
	userMemberships(it, u, groups)
	userCredentials(it, u)
	return it
}

func userMemberships(it item, u *store.User, groups map[string]*store.Group) {
	var entitlements, memberships, inherited []item
	for _, p := range u.Attached {
		if !p.Deny && !p.Quarantine {
			entitlements = append(entitlements, item{"value": p.ARN, "display": p.Name, "type": "ManagedPolicy"})
		}
	}
	for _, id := range u.Groups {
		memberships = append(memberships, item{"value": id, "display": groups[id].DisplayName, "type": "direct"})
		for _, p := range groups[id].Attached {
			inherited = append(inherited, item{"value": p.ARN, "display": p.Name, "group": id})
		}
		for _, p := range groups[id].Inline {
			inherited = append(inherited, item{"value": groups[id].ARN + "#" + p.Name, "display": p.Name, "group": id})
		}
	}
	it["entitlements"], it["groups"], it["aws.inheritedPolicies"] = entitlements, memberships, inherited
}

func userCredentials(it item, u *store.User) {
	var keys []item
	for i, k := range u.AccessKeys {
		key := item{"id": k.ID, "status": k.Status, "created": k.Created, "lastRotated": k.LastRotated}
		if i < len(u.Activity.Keys) {
			use := u.Activity.Keys[i]
			key["lastUsed"], key["lastUsedService"], key["lastUsedRegion"] = use.LastUsed, use.Service, use.Region
		}
		keys = append(keys, key)
	}
	it["aws.accessKeys"] = keys
	it["x509Certificates"] = elements(u.Certificates, func(c store.Certificate) item {
		it := item{"display": c.ID, "type": c.Status}
		if block, _ := pem.Decode([]byte(c.Body)); block != nil {
			it["value"] = base64.StdEncoding.EncodeToString(block.Bytes)
		}
		return it
	})
	it["aws.mfaDevices"] = elements(u.MFADevices, func(m store.MFADevice) item {
		return item{"serialNumber": m.SerialNumber, "type": m.Type, "enabled": m.Enabled}
	})
	it["aws.sshPublicKeys"] = elements(u.SSHPublicKeys, func(c store.Credential) item {
		return item{"id": c.ID, "status": c.Status, "created": c.Created}
	})
	it["aws.serviceSpecificCredentials"] = elements(u.ServiceCredentials, func(c store.ServiceCredential) item {
		return item{"id": c.ID, "service": c.Service, "user": c.User, "status": c.Status, "created": c.Created, "expires": c.Expires}
	})
	it["aws.disabledBy"] = elements(u.DisabledBy, func(d store.Deny) item {
		return item{"type": d.Type, "value": d.Value, "group": d.Group, "ours": d.Ours}
	})
	it["aws.attributeSources"] = elements(u.AttributeSources, func(s store.AttributeSource) item {
		return item{"attribute": s.Attribute, "source": s.Source}
	})
}

// groupItem is a group as the catalogue names its attributes.
func groupItem(g *store.Group, users []*store.User) item {
	var members []item
	for _, u := range users {
		if slices.Contains(u.Groups, g.ID) {
			members = append(members, item{"value": u.ID, "display": u.UserName, "type": "User"})
		}
	}
	return item{
		"id": g.ID, "displayName": g.DisplayName, "externalId": g.ExternalID, "members": members,
		"meta.resourceType": "Group", "meta.created": g.Created, "meta.lastModified": g.LastModified,
		"aws.accountId": account, "aws.arn": g.ARN, "aws.path": g.Path, "aws.managed": g.Managed,
		"aws.attachedPolicies": policies(g.Attached), "aws.inlinePolicies": inline(g.Inline),
	}
}

// plain removes pointers and what counts as absent.
func plain(v any) any {
	switch v := v.(type) {
	case string:
		if v == "" {
			return nil
		}
	case *bool:
		if v == nil {
			return nil
		}
		return *v
	case *time.Time:
		if v == nil {
			return nil
		}
		return *v
	case time.Time:
		if v.IsZero() {
			return nil
		}
	}
	return v
}

// oracle evaluates expressions on one item.
type oracle struct {
	attributes map[store.Path]store.Attribute
	it         item
	within     store.Path // the multi-valued attribute that it is an element of
}

func (o oracle) attribute(path store.Path) store.Attribute {
	if o.within != "" {
		path = o.within + "." + path
	}
	return o.attributes[path]
}

func (o oracle) holds(x store.Expr) bool {
	switch x := x.(type) {
	case store.And:
		return !slices.ContainsFunc(x, func(x store.Expr) bool { return !o.holds(x) })
	case store.Or:
		return slices.ContainsFunc(x, o.holds)
	case store.Not:
		return !o.holds(x.X)
	case store.Present:
		return len(o.all(x.Path)) > 0
	case store.Match:
		list, _ := o.it[x.Path].([]item)
		return slices.ContainsFunc(list, func(e item) bool { return oracle{o.attributes, e, x.Path}.holds(x.Where) })
	case store.Compare:
		return o.compare(x)
	}
	panic("unknown expression")
}

// all returns the values that are present, of a complex attribute those of its parts.
func (o oracle) all(path store.Path) []any {
	var out []any
	for name, v := range o.it {
		if list, ok := v.([]item); ok {
			for _, e := range list {
				if name == path {
					out = append(out, e)
				}
				if sub, ok := strings.CutPrefix(string(path), string(name)+"."); ok && plain(e[store.Path(sub)]) != nil {
					out = append(out, plain(e[store.Path(sub)]))
				}
			}
			continue
		}
		if (name == path || strings.HasPrefix(string(name), string(path)+".")) && plain(v) != nil {
			out = append(out, plain(v))
		}
	}
	return out
}

func (o oracle) compare(x store.Compare) bool {
	a := o.attribute(x.Path)
	if x.Value == nil {
		return (len(o.all(x.Path)) > 0) == (x.Op == store.Ne)
	}
	if a.Type == store.Complex {
		x.Path += ".value"
		a = o.attribute(x.Path)
	}
	if !a.Multi || o.within != "" {
		return holds(a, plain(o.it[x.Path]), x.Op, x.Value)
	}
	for name, v := range o.it {
		sub, ok := strings.CutPrefix(string(x.Path), string(name)+".")
		list, isList := v.([]item)
		if ok && isList && slices.ContainsFunc(list, func(e item) bool { return holds(a, plain(e[store.Path(sub)]), x.Op, x.Value) }) {
			return true
		}
	}
	return false
}

func holds(a store.Attribute, have any, op store.Op, want any) bool {
	if have == nil {
		return op == store.Ne
	}
	if s, ok := have.(string); ok {
		h, w := s, want.(string)
		if !a.CaseExact {
			h, w = cases.Fold().String(h), cases.Fold().String(w)
		}
		switch op {
		case store.Co:
			return strings.Contains(h, w)
		case store.Sw:
			return strings.HasPrefix(h, w)
		case store.Ew:
			return strings.HasSuffix(h, w)
		}
		return ordered(op, strings.Compare(h, w))
	}
	return ordered(op, compareValues(have, want))
}

func compareValues(have, want any) int {
	switch h := have.(type) {
	case bool:
		return cmp.Compare(number(h), number(want.(bool)))
	case time.Time:
		return h.Compare(want.(time.Time))
	case int64:
		return cmp.Compare(h, want.(int64))
	}
	return strings.Compare(have.(string), want.(string))
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}

func ordered(op store.Op, c int) bool {
	switch op {
	case store.Eq:
		return c == 0
	case store.Ne:
		return c != 0
	case store.Gt:
		return c > 0
	case store.Ge:
		return c >= 0
	case store.Lt:
		return c < 0
	}
	return c <= 0
}
