package scim

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/elimity-com/scim/optional"
	"github.com/elimity-com/scim/schema"
	"github.com/gorilla/mux"

	"iamscim/store"
)

// Okta does not know the catalogues of draft-ietf-scim-roles-entitlements. It
// looks in /ResourceTypes for schemas of its own and reads their endpoints,
// whatever they are called (Okta's guide "SCIM 2.0 server with entitlements").
// What it finds there is assigned by id, so the id is what users have as the
// value of entitlements and roles: the ARN.
//
// With Config.OktaEntitlements the same policies and roles are served once more
// in that form. A list of all resources does not have them twice.
const (
	oktaEntitlementURN = "urn:okta:scim:schemas:core:1.0:Entitlement"
	oktaRoleURN        = "urn:okta:scim:schemas:core:1.0:Role"
)

// oktaTypes are the resource types that no list of all resources has.
func oktaTypes() []*resourceType {
	aliases := map[string]store.Path{"id": "value", "displayName": "display", "description": "aws.description"}
	types := []*resourceType{
		{
			Name: "ManagedPolicy", Endpoint: "/ManagedPolicies", Description: "Managed policies, for Okta", kind: store.KindPolicy,
			schemas: []schema.Schema{oktaSchema(oktaEntitlementURN, "Entitlement", typeManagedPolicy)}, aliases: aliases,
			constants: map[string][]string{"type": {typeManagedPolicy}},
		},
		{
			Name: "IAMRole", Endpoint: "/IAMRoles", Description: "IAM roles, for Okta", kind: store.KindRole,
			schemas: []schema.Schema{oktaSchema(oktaRoleURN, "Role", typeRole)}, aliases: aliases,
			constants: map[string][]string{"type": {typeRole}},
		},
	}
	for _, res := range types {
		res.complete()
		res.okta = true
	}
	return types
}

func oktaSchema(urn, name, kind string) schema.Schema {
	id := stringParams("id", "The ARN.", []trait{exact, readOnly, unique, required})
	id.Returned = schema.AttributeReturnedAlways()
	return schema.Schema{
		ID: urn, Name: optional.NewString(name), Description: optional.NewString("What Okta can assign."),
		Attributes: simple(
			schema.SimpleStringParams(id),
			text("displayName", "The name.", readOnly, required),
			text("type", "The kind of thing.", canonical(kind), readOnly),
			text("description", "The description.", readOnly)),
	}
}

// oktaResource is a policy or a role as Okta reads it.
type oktaResource struct {
	urn, arn, name, kind, description string
	meta                              metaOf
}

func (s *setting) okta(b []byte, x oktaResource) []byte {
	p := &pen{b: b}
	p.open()
	p.schemas(x.urn)
	p.text("id", x.arn)
	p.text("displayName", x.name)
	p.text("type", x.kind)
	p.text("description", x.description)
	x.meta.id = url.PathEscape(x.arn)
	s.meta(p, x.meta)
	p.close()
	return p.b
}

func (l *loader) oktaPolicies(ctx context.Context, ids []string) ([]fragment, error) {
	policies, err := l.tx.Policies(ctx, ids...)
	if err != nil {
		return nil, err
	}
	fragments := make([]fragment, len(policies))
	for i, x := range policies {
		f := &fragments[i]
		f.id, f.modified, f.etag = x.ID, x.LastModified, l.setting.versions.of(x.Changed)
		r := oktaResource{oktaEntitlementURN, x.ARN, x.Name, typeManagedPolicy, x.Description,
			metaOf{kind: "ManagedPolicy", endpoint: "/ManagedPolicies", version: f.etag, modified: x.LastModified}}
		if x.Created != nil {
			r.meta.created = *x.Created
		}
		f.body = l.setting.okta(nil, r)
	}
	return fragments, nil
}

func (l *loader) oktaRoles(ctx context.Context, ids []string) ([]fragment, error) {
	roles, err := l.tx.Roles(ctx, ids...)
	if err != nil {
		return nil, err
	}
	fragments := make([]fragment, len(roles))
	for i, x := range roles {
		f := &fragments[i]
		f.id, f.modified, f.etag = x.ID, x.LastModified, l.setting.versions.of(x.Changed)
		f.body = l.setting.okta(nil, oktaResource{oktaRoleURN, x.ARN, x.Name, typeRole, x.Description,
			metaOf{kind: "IAMRole", endpoint: "/IAMRoles", version: f.etag, created: x.Created, modified: x.LastModified}})
	}
	return fragments, nil
}

// location is the URL of the resource of a request that was found.
func (r *request) location(res *resourceType) string {
	id := r.id()
	if res.okta {
		id = url.PathEscape(mux.Vars(r.Request)["id"])
	}
	return r.base + res.Endpoint + "/" + id
}

// byARN lets do find the resource whose ARN is in the place of an id.
func (s *Server) byARN(name string) handler {
	get := s.get(name)
	return func(w http.ResponseWriter, r *request) error {
		c := r.account.content
		res, arn := c.resourceType(name), r.id()
		find := func(tx *store.SnapshotTx) error {
			found, err := tx.Select(r.Context(), res.kind, store.Query{Where: store.Compare{Path: "value", Op: store.Eq, Value: arn}})
			if err == nil && len(found.IDs) == 0 {
				err = store.ErrNotFound
			}
			if err == nil {
				r.actual = found.IDs[0]
			}
			return err
		}
		view := c.snapshot.View
		if !r.asOf.IsZero() {
			view = func(ctx context.Context, fn func(*store.SnapshotTx) error) error { return c.viewAt(ctx, r.asOf, fn) }
		}
		if err := view(r.Context(), find); err != nil {
			return fmt.Errorf("find %s %q: %w", name, arn, err)
		}
		return get(w, r)
	}
}
