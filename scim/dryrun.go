package scim

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	scimerrors "github.com/elimity-com/scim/errors"

	"iamscim/provisioner"
	"iamscim/scim/tree"
	"iamscim/store"
)

const dryRunURN = "urn:iamscim:params:scim:api:messages:2.0:DryRun"

// isDryRun reports whether the client only wants to know.
func isDryRun(r *request) bool {
	return strings.EqualFold(strings.TrimSpace(r.Header.Get("Iamscim-Dry-Run")), "true")
}

// dryRun is the answer to a change that is only planned: the status and the
// resource that it would be answered with, and the IAM calls it would make.
type dryRun struct {
	Schemas  []string        `json:"schemas"`
	Status   string          `json:"status"`
	Resource json.RawMessage `json:"resource,omitempty"`
	Calls    []string        `json:"calls"`
	Notes    []string        `json:"notes,omitempty"` // what the calls do not say
}

func sendDryRun(w http.ResponseWriter, r *request, done *changed) error {
	answer := dryRun{Schemas: []string{dryRunURN}, Status: strconv.Itoa(done.status), Calls: []string{}, Notes: done.Plan.Notes}
	if done.doc != nil {
		answer.Resource = done.doc.Body
	}
	for _, step := range done.Plan.Steps {
		answer.Calls = append(answer.Calls, step.String())
	}
	w.Header().Set("Iamscim-Dry-Run", "true")
	body, err := json.Marshal(answer)
	if err != nil {
		return err
	}
	send(w, r.Request, http.StatusOK, contentType, body)
	return nil
}

// plan answers POST /admin/plan {method, path, body}: the same for whoever has
// no SCIM client at hand. The path is that below /scim/v2.
func (s *Server) plan(w http.ResponseWriter, r *request) error {
	h, err := s.operated(r)
	if err != nil {
		return err
	}
	var asked struct {
		Method, Path string
		Body         json.RawMessage
	}
	if err := decode(r, &asked); err != nil {
		return err
	}
	c, err := planned(asked.Method, asked.Path, h)
	if err != nil {
		return err
	}
	if c.method != http.MethodDelete {
		if c.body, err = tree.Read(asked.Body); err != nil {
			return err
		}
	}
	c.credential, c.strict, c.base, c.options.DryRun = r.credential, r.strict, s.planBase(r, h), true
	done, err := c.do(r.Context())
	if err != nil {
		return err
	}
	return sendDryRun(w, r, done)
}

// planBase is what URLs in the answer start with; on the socket, where nobody
// knows the server by a name, they begin with the path.
func (s *Server) planBase(r *request, h *hosted) string {
	origin, err := s.origin(r.Request)
	if err != nil {
		origin = ""
	}
	if h.name != "" {
		return origin + "/accounts/" + url.PathEscape(h.name) + "/scim/v2"
	}
	return origin + "/scim/v2"
}

// planned returns the change that a method and a path are about.
func planned(method, path string, h *hosted) (*change, error) {
	u, err := url.Parse(path)
	if err != nil {
		return nil, badRequest(scimerrors.ScimTypeInvalidValue, "The path cannot be read.")
	}
	c := &change{account: h, method: strings.ToUpper(method), selection: parseSelection(u.Query())}
	if _, below, ok := strings.Cut(u.Path, "/scim/v2/"); ok {
		u.Path = "/" + below
	}
	return c, c.locate(u.Path)
}

// locate finds the resource that a path below /scim/v2 names, as far as the
// method can be used on it.
func (c *change) locate(path string) error {
	if !c.find(path) {
		return badRequest(scimerrors.ScimTypeInvalidValue, "There is nothing to write at %q.", tree.Excerpt(path))
	}
	one := []string{http.MethodPut, http.MethodPatch, http.MethodDelete}
	if (c.id == "") != (c.method == http.MethodPost) || c.id != "" && !slices.Contains(one, c.method) {
		return badRequest(scimerrors.ScimTypeInvalidValue, "%s cannot be used on %q.", tree.Excerpt(c.method), tree.Excerpt(path))
	}
	return nil
}

// find is the same whatever the method.
func (c *change) find(path string) bool {
	endpoint, id, _ := strings.Cut(strings.Trim(path, "/"), "/")
	for _, res := range c.account.content.types {
		if res.Endpoint == "/"+endpoint && (res.kind == store.KindUser || res.kind == store.KindGroup) {
			c.res, c.id = res, id
		}
	}
	return c.res != nil && !strings.Contains(id, "/")
}

// preview renders a resource as it would be. What does not exist yet has no id,
// version or location.
func (c *change) preview(ctx context.Context, made *provisioner.Change) (*document, error) {
	content := c.account.content
	sel := c.selection
	if made.ID == "" {
		sel.Excluded = append(slices.Clone(sel.Excluded), "meta")
	}
	p := c.res.project(sel, content.opt.MemberDisplay)
	var body []byte
	err := content.snapshot.View(ctx, func(tx *store.SnapshotTx) (err error) {
		l := content.loader(tx, c.base, content.parts(p))
		if made.Group != nil {
			body, err = l.previewGroup(ctx, made)
			return err
		}
		groups, err := l.groupsOf(ctx, []*store.User{made.User})
		var own []*store.Group
		for _, id := range made.User.Groups {
			if g := groups[id]; g != nil {
				own = append(own, g)
			}
		}
		body = l.setting.user(nil, made.User, own, "")
		return err
	})
	if err != nil {
		return nil, err
	}
	return &document{Body: p.apply(nil, body)}, nil
}

// previewGroup shows the members there are with those that the plan's steps add
// and remove.
func (l *loader) previewGroup(ctx context.Context, made *provisioner.Change) ([]byte, error) {
	var members []store.Member
	if made.ID != "" && l.parts.members {
		var err error
		members, err = l.tx.Members(ctx, made.ID, l.parts.display)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return nil, err
		}
	}
	for _, step := range made.Plan.Steps {
		there := func(m store.Member) bool { return m.ID == step.UserID }
		switch {
		case step.Action == "RemoveUserFromGroup":
			members = slices.DeleteFunc(members, there)
		case step.Action == "AddUserToGroup" && l.parts.members && !slices.ContainsFunc(members, there):
			members = append(members, store.Member{ID: step.UserID})
		}
	}
	return l.setting.group(nil, made.Group, members, l.parts, ""), nil
}
