package conformance

import (
	"context"
	"fmt"
	"net/http"
)

// withGroup is a check on a new group with n new users as members.
func withGroup(n int, fn func(context.Context, *Client, *resource, []*resource) error) func(context.Context, *Client) error {
	return func(ctx context.Context, c *Client) error {
		g, users, err := c.team(ctx, n)
		if err != nil {
			return err
		}
		return fn(ctx, c, g, users)
	}
}

func (c *Client) team(ctx context.Context, n int) (*resource, []*resource, error) {
	if err := c.needs(ctx, groupURN, "members"); err != nil {
		return nil, nil, err
	}
	var users []*resource
	members := []any{}
	for range n {
		u, err := c.user(ctx, nil)
		if err != nil {
			return nil, nil, err
		}
		users = append(users, u)
		members = append(members, object{"value": u.id})
	}
	attrs := object{}
	if n > 0 {
		attrs["members"] = members
	}
	g, err := c.group(ctx, attrs)
	return g, users, err
}

// isMember wants a user to be in a group, or not to be.
func isMember(u *resource, want bool) expectation {
	return func(r *reply) error {
		list, _ := field(r.body, "members").([]any)
		got := element(list, "[value="+u.id+"]") != nil
		if got != want {
			return fmt.Errorf("members holds user %s: %t, want %t", u.id, got, want)
		}
		return nil
	}
}

// shows reads a resource until it meets the expectations.
func (c *Client) shows(ctx context.Context, r *resource, want ...expectation) error {
	return c.soon(ctx, func() error { _, err := c.expect(ctx, get(r.path), want...); return err })
}

func groupChecks() []Check {
	const group = "RFC 7643 §4.2"
	return []Check{
		{"groups/create", "RFC 7644 §3.3", Must, "POST of a group answers 201.", postGroup(nil, status(http.StatusCreated))},
		{"groups/create-id", "RFC 7643 §3.1", Must, "The server gives a new group an id.", postGroup(nil, success, wantID)},
		{"groups/create-name", group, Must, "The displayName of a group is kept.", withGroup(0, func(ctx context.Context, c *Client, g *resource, _ []*resource) error {
			return c.shows(ctx, g, has("displayName"), at("displayName", g.at("displayName")))
		})},
		{"groups/create-empty-members", "RFC 7643 §2.5", Must, "A group with an empty list of members can be made.", postGroup(object{"members": []any{}}, success)},
		{"groups/create-no-name", group, Should, "A group without displayName is refused.", groupWithoutName},
		{"groups/create-members", group, Must, "A group keeps the members it is made with.", withGroup(2, func(ctx context.Context, c *Client, g *resource, us []*resource) error {
			return c.shows(ctx, g, isMember(us[0], true), isMember(us[1], true), at("members/#", 2))
		})},
		{"groups/member-ref", group, Should, "$ref of a member, if sent, leads to the user.", withGroup(1, memberRef)},
		{"groups/member-type", group, Should, "type of a member, if sent, is User for a user.", withGroup(1, memberType)},
		{"groups/get", "RFC 7644 §3.4.1", Must, "GET of a group returns it.", withGroup(0, func(ctx context.Context, c *Client, g *resource, _ []*resource) error {
			_, err := c.expect(ctx, get(g.path), status(200), at("id", g.id), declaresSchema(groupURN))
			return err
		})},
		{"groups/get-unknown", "RFC 7644 §3.12", Must, "GET of an unknown group is 404.", onGroups("/"+unknownID, status(404))},
		{"groups/list", "RFC 7644 §3.4.2", Must, "GET /Groups answers with a ListResponse.", listOf((*Client).groups)},
		{"groups/user-groups", "RFC 7643 §4.1.2", Should, "User.groups, if declared, shows the membership.", withGroup(1, userGroups)},
		{"groups/replace-members", "RFC 7644 §3.5.1", Must, "PUT replaces the members.", withGroup(1, replaceMembers)},
		{"groups/replace-no-members", "RFC 7643 §2.5", Must, "PUT with an empty list of members empties the group.", withGroup(1, emptyMembers)},
		{"groups/rename", "RFC 7644 §3.5.1", Must, "PUT renames a group, and the id stays.", withGroup(0, renameGroup)},
		{"groups/delete", "RFC 7644 §3.6", Must, "DELETE of a group answers 204, and it is gone.", withGroup(0, deleteGroup)},
		{"groups/delete-keeps-users", "RFC 7644 §3.6", Must, "Deleting a group does not delete its members.", withGroup(1, deleteKeepsUsers)},
		{"groups/delete-user", group, Should, "A deleted user is no member any more.", withGroup(1, deleteMember)},
		{"groups/exclude-members", "RFC 7644 §3.9", Must, "excludedAttributes=members leaves out the members.", withGroup(1, excludeMembers)},
		{"groups/delete-unknown", "RFC 7644 §3.6", Must, "DELETE of an unknown group is 404.", withGroup(0, func(ctx context.Context, c *Client, g *resource, _ []*resource) error {
			_, err := c.expect(ctx, del(parent(g.path)+"/"+unknownID), status(404))
			return err
		})},
	}
}

func postGroup(attrs object, want ...expectation) func(context.Context, *Client) error {
	return func(ctx context.Context, c *Client) error {
		endpoint, err := c.groups(ctx)
		if err != nil {
			return err
		}
		if err := c.settable(ctx, groupURN, "displayName"); err != nil {
			return err
		}
		if err := c.takes(ctx, groupURN, attrs); err != nil {
			return err
		}
		body, err := c.groupBody(ctx, attrs)
		if err != nil {
			return err
		}
		r, err := c.create(ctx, post(endpoint, body))
		if err != nil {
			return err
		}
		return r.meets(want...)
	}
}

func groupWithoutName(ctx context.Context, c *Client) error {
	if _, err := c.group(ctx, nil); err != nil {
		return err
	}
	return postGroup(object{"displayName": nil}, refused)(ctx, c)
}

func onGroups(suffix string, want ...expectation) func(context.Context, *Client) error {
	return func(ctx context.Context, c *Client) error {
		endpoint, err := c.groups(ctx)
		if err != nil {
			return err
		}
		_, err = c.expect(ctx, get(endpoint+suffix), want...)
		return err
	}
}

func memberRef(ctx context.Context, c *Client, g *resource, users []*resource) error {
	now, err := c.read(ctx, g)
	if err != nil {
		return err
	}
	ref := text(now.body, "members/[value="+users[0].id+"]/$ref")
	if ref == "" {
		return skip("the server sends no $ref")
	}
	target, err := c.resolve(ref)
	if err != nil {
		return err
	}
	_, err = c.expect(ctx, get(target), success, at("id", users[0].id))
	return err
}

func memberType(ctx context.Context, c *Client, g *resource, users []*resource) error {
	now, err := c.read(ctx, g)
	if err != nil {
		return err
	}
	path := "members/[value=" + users[0].id + "]/type"
	if field(now.body, path) == nil {
		return skip("the server sends no type")
	}
	return now.meets(at(path, "User"))
}

func userGroups(ctx context.Context, c *Client, g *resource, users []*resource) error {
	if _, ok, err := c.declared(ctx, userURN, "groups"); err != nil || !ok {
		return orSkip(err, "the server does not declare groups of users")
	}
	return c.shows(ctx, users[0], has("groups/[value="+g.id+"]"))
}

// putGroup replaces a group by its name and other attributes.
func (c *Client) putGroup(ctx context.Context, g *resource, attrs object, want ...expectation) error {
	body, err := c.groupBody(ctx, attrs)
	if err != nil {
		return err
	}
	if attrs["displayName"] == nil {
		body["displayName"] = g.at("displayName")
	}
	_, err = c.expect(ctx, put(g.path, body), append([]expectation{success}, want...)...)
	return err
}

func replaceMembers(ctx context.Context, c *Client, g *resource, users []*resource) error {
	other, err := c.user(ctx, nil)
	if err != nil {
		return err
	}
	if err := c.putGroup(ctx, g, object{"members": []any{object{"value": other.id}}}); err != nil {
		return err
	}
	return c.shows(ctx, g, isMember(other, true), isMember(users[0], false))
}

func emptyMembers(ctx context.Context, c *Client, g *resource, users []*resource) error {
	if err := c.putGroup(ctx, g, object{"members": []any{}}); err != nil {
		return err
	}
	return c.shows(ctx, g, success, isMember(users[0], false))
}

func renameGroup(ctx context.Context, c *Client, g *resource, _ []*resource) error {
	if err := c.needs(ctx, groupURN, "displayName"); err != nil {
		return err
	}
	name := c.unique()
	if err := c.putGroup(ctx, g, object{"displayName": name}, at("id", g.id)); err != nil {
		return err
	}
	return c.shows(ctx, g, at("displayName", name))
}

func deleteGroup(ctx context.Context, c *Client, g *resource, _ []*resource) error {
	if _, err := c.expect(ctx, del(g.path), status(http.StatusNoContent)); err != nil {
		return err
	}
	return c.shows(ctx, g, status(http.StatusNotFound))
}

func deleteKeepsUsers(ctx context.Context, c *Client, g *resource, users []*resource) error {
	if _, err := c.expect(ctx, del(g.path), success); err != nil {
		return blocked("deleting a group", err)
	}
	_, err := c.expect(ctx, get(users[0].path), success)
	return err
}

func deleteMember(ctx context.Context, c *Client, g *resource, users []*resource) error {
	if _, err := c.expect(ctx, del(users[0].path), success); err != nil {
		return blocked("deleting a user", err)
	}
	return c.shows(ctx, g, isMember(users[0], false))
}

func excludeMembers(ctx context.Context, c *Client, g *resource, _ []*resource) error {
	if err := c.hideable(ctx, groupURN, "members"); err != nil {
		return err
	}
	_, err := c.expect(ctx, get(query(g.path, "excludedAttributes", "members")), status(200), has("displayName"), lacks("members"))
	return err
}
