package conformance

import (
	"context"
	"maps"
	"strings"
)

// resource is something a check made, or found.
type resource struct {
	id   string
	path string // "/Users/42"
	made *reply
	sent object // what it was made from
}

// at returns a value of the resource as it was answered when it was made.
func (r *resource) at(path string) any { return field(r.made.body, path) }

func (r *resource) name() string {
	if r.sent != nil {
		return text(r.sent, "userName")
	}
	return text(r.made.body, "userName")
}

// userBody completes attrs to a user that the server's schemas allow.
func (c *Client) userBody(ctx context.Context, attrs object) (object, error) {
	body := object{"userName": c.unique() + "@example.com"}
	if more, ok := c.filledIn(c.always).(object); ok {
		overlay(body, more)
	}
	return c.complete(ctx, userURN, body, attrs)
}

// filledIn is a copy of what the caller gave, with the unique names in it.
func (c *Client) filledIn(v any) any {
	switch v := v.(type) {
	case string:
		for strings.Contains(v, "${unique}") {
			v = strings.Replace(v, "${unique}", c.unique(), 1)
		}
		return v
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = c.filledIn(e)
		}
		return out
	case object:
		out := object{}
		for name, e := range v {
			out[name] = c.filledIn(e)
		}
		return out
	}
	return v
}

func (c *Client) groupBody(ctx context.Context, attrs object) (object, error) {
	return c.complete(ctx, groupURN, object{"displayName": c.unique()}, attrs)
}

// complete adds what the schemas call required, with made-up values. An
// attribute given as nil is left out.
func (c *Client) complete(ctx context.Context, core string, body, attrs object) (object, error) {
	k, err := c.kind(ctx, core)
	if err != nil {
		return nil, err
	}
	all, err := c.attributes(ctx, core)
	if err != nil {
		return nil, err
	}
	for _, urn := range k.required {
		if body[urn] == nil {
			body[urn] = object{}
		}
	}
	for _, a := range all {
		in := body
		if !strings.EqualFold(a.urn, core) {
			in, _ = body[a.urn].(object)
		}
		if top := !strings.Contains(a.path, "."); top && a.Required && a.writable() && in != nil && in[a.Name] == nil {
			in[a.Name] = c.sample(a)
		}
	}
	overlay(body, attrs)
	schemas := []any{core}
	for name, value := range body {
		if value == nil {
			delete(body, name)
		} else if strings.HasPrefix(name, "urn:") {
			schemas = append(schemas, name)
		}
	}
	body["schemas"] = schemas
	return body, nil
}

// overlay sets attributes, and those of an extension beside what it has.
func overlay(body, attrs object) {
	for name, value := range attrs {
		ext, both := body[name].(object)
		more, ok := value.(object)
		if both && ok && strings.HasPrefix(name, "urn:") {
			maps.Copy(ext, more)
			continue
		}
		body[name] = value
	}
}

// sample is a value that fits an attribute.
func (c *Client) sample(a attribute) any {
	var v any
	switch a.Type {
	case "boolean":
		v = true
	case "integer":
		v = 7
	case "decimal":
		v = 1.5
	case "dateTime":
		v = "2024-02-29T12:00:00Z"
	case "binary":
		v = "c2NpbQ=="
	case "reference":
		v = "https://example.com/" + c.unique()
	case "complex":
		v = c.sampleComplex(a)
	default:
		v = c.sampleText(a)
	}
	if a.MultiValued {
		return []any{v}
	}
	return v
}

// sampleText keeps rules that many servers have and no schema can say.
func (c *Client) sampleText(a attribute) any {
	switch {
	case len(a.Canonical) > 0:
		return a.Canonical[0]
	case strings.EqualFold(a.Name, "password"):
		return c.password()
	case strings.EqualFold(a.path, "emails.value"):
		return c.unique() + "@example.com"
	case strings.EqualFold(a.path, "phoneNumbers.value"):
		return "tel:+1-201-555-0123" // RFC 7643 §4.1.2 wants RFC 3966
	}
	return c.unique()
}

// password has what most rules for passwords ask for.
func (c *Client) password() string { return "t1meMa$heen-" + c.unique() }

func (c *Client) sampleComplex(a attribute) object {
	o := object{}
	for _, s := range a.Sub {
		if s.writable() && (s.Required || s.Name == "value") {
			o[s.Name] = c.sample(s)
		}
	}
	for _, s := range a.Sub {
		if len(o) == 0 && s.writable() {
			o[s.Name] = c.sample(s)
		}
	}
	return o
}

// user makes a user for a check that is about something else.
func (c *Client) user(ctx context.Context, attrs object) (*resource, error) {
	body, err := c.userBody(ctx, attrs)
	if err != nil {
		return nil, err
	}
	return c.make(ctx, userURN, body)
}

func (c *Client) group(ctx context.Context, attrs object) (*resource, error) {
	body, err := c.groupBody(ctx, attrs)
	if err != nil {
		return nil, err
	}
	return c.make(ctx, groupURN, body)
}

// nameOf is the attribute that every resource of a core schema has to have.
func nameOf(core string) string {
	if core == groupURN {
		return "displayName"
	}
	return "userName"
}

// make creates a resource or skips the check as blocked.
func (c *Client) make(ctx context.Context, core string, body object) (*resource, error) {
	k, err := c.kind(ctx, core)
	if err != nil {
		return nil, err
	}
	if err := c.settable(ctx, core, nameOf(core)); err != nil {
		return nil, err
	}
	r, err := c.create(ctx, post(k.endpoint, body))
	if err != nil {
		return nil, err
	}
	err = r.meets(success, has("id"))
	if err != nil {
		return nil, blocked("creating a "+k.name, err)
	}
	id := text(r.body, "id")
	made := &resource{id: id, path: k.endpoint + "/" + escape(id), made: r, sent: body}
	err = c.soon(ctx, func() error { _, err := c.expect(ctx, get(made.path), success); return err })
	return made, blocked("reading a new "+k.name, err)
}

// create sends a POST and sees to it that what it makes is deleted.
func (c *Client) create(ctx context.Context, r request) (*reply, error) {
	answer, err := c.send(ctx, r)
	if err != nil {
		return nil, err
	}
	endpoint, _, _ := strings.Cut(r.path, "?")
	if id := text(answer.body, "id"); answer.ok() && id != "" {
		c.leave(endpoint + "/" + escape(id))
	}
	return answer, nil
}

// read returns a resource as it is now, or skips.
func (c *Client) read(ctx context.Context, r *resource) (*reply, error) {
	answer, err := c.expect(ctx, get(r.path), success, isObject)
	return answer, blocked("reading "+r.path, err)
}

// anyUser makes a user or, in a read-only run, takes the first there is.
func (c *Client) anyUser(ctx context.Context) (*resource, error) {
	if !c.readOnly {
		return c.user(ctx, nil)
	}
	endpoint, err := c.users(ctx)
	if err != nil {
		return nil, err
	}
	list, err := c.expect(ctx, get(query(endpoint, "count", "1")), c.listing(ctx))
	if err != nil {
		return nil, blocked("listing users", err)
	}
	all := list.resources()
	if len(all) == 0 || text(all[0], "id") == "" {
		return nil, skip("there is no user to look at in this read-only run")
	}
	id := text(all[0], "id")
	return &resource{id: id, path: endpoint + "/" + escape(id), made: &reply{body: all[0]}}, nil
}

// withUser is a check on one new user.
func withUser(attrs object, fn func(context.Context, *Client, *resource) error) func(context.Context, *Client) error {
	return func(ctx context.Context, c *Client) error {
		if err := c.takes(ctx, userURN, attrs); err != nil {
			return err
		}
		u, err := c.user(ctx, attrs)
		if err != nil {
			return err
		}
		return fn(ctx, c, u)
	}
}
