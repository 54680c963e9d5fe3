package conformance

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// groupOf is an operation that makes a group of users that the same Bulk makes.
func (c *Client) groupOf(ctx context.Context, member string) (object, error) {
	if err := c.needs(ctx, groupURN, "members"); err != nil {
		return nil, err
	}
	endpoint, err := c.groups(ctx)
	if err != nil {
		return nil, err
	}
	body, err := c.groupBody(ctx, object{"members": []any{object{"value": "bulkId:" + member}}})
	return object{"method": "POST", "path": endpoint, "bulkId": "group", "data": body}, err
}

func bulkReference(ctx context.Context, c *Client, one, _ object) error {
	group, err := c.groupOf(ctx, "one1")
	if err != nil {
		return err
	}
	return c.refers(ctx, one, group)
}

func bulkReferenceFirst(ctx context.Context, c *Client, one, _ object) error {
	group, err := c.groupOf(ctx, "one1")
	if err != nil {
		return err
	}
	return c.refers(ctx, group, one)
}

// refers wants the user of a Bulk to be a member of its group.
func (c *Client) refers(ctx context.Context, operations ...object) error {
	if err := c.severalAtOnce(ctx, len(operations)); err != nil {
		return err
	}
	r, err := c.bulk(ctx, bulkOf(operations...))
	if err != nil {
		return err
	}
	user, group := text(r.body, "Operations/[bulkId=one1]/location"), text(r.body, "Operations/[bulkId=group]/location")
	if user == "" || group == "" {
		return fmt.Errorf("the user or the group was not made: %s", show(field(r.body, "Operations")))
	}
	target, err := c.resolve(group)
	if err != nil {
		return err
	}
	id, err := url.PathUnescape(user[strings.LastIndexByte(user, '/')+1:])
	if err != nil {
		return fmt.Errorf("the location %q is no URI", user)
	}
	return c.shows(ctx, &resource{path: target}, has("members/[value="+id+"]"))
}

func bulkReferenceUnknown(ctx context.Context, c *Client) error {
	return onBulk(func(ctx context.Context, c *Client, _, _ object) error {
		group, err := c.groupOf(ctx, "nobody")
		if err != nil {
			return err
		}
		return c.bulkRefused(ctx, group)
	})(ctx, c)
}

// bulkText wants a displayName that looks like a reference to be kept.
func bulkText(ctx context.Context, c *Client, one, two object) error {
	if err := c.needs(ctx, userURN, "displayName"); err != nil {
		return err
	}
	if err := c.severalAtOnce(ctx, 2); err != nil {
		return err
	}
	data, _ := one["data"].(object)
	data["displayName"] = "bulkId:one2"
	r, err := c.bulk(ctx, bulkOf(one, two))
	if err != nil {
		return err
	}
	if made := fmt.Sprint(field(r.body, "Operations/[bulkId=one1]/status")); strings.HasPrefix(made, "4") {
		return fmt.Errorf("the user was not made: %s", show(field(r.body, "Operations")))
	}
	where := text(r.body, "Operations/[bulkId=one1]/location")
	if where == "" {
		return skip("blocked, because there is no location")
	}
	target, err := c.resolve(where)
	if err != nil {
		return err
	}
	return c.shows(ctx, &resource{path: target}, success, at("displayName", "bulkId:one2"))
}

// missing is an operation that fails: the user is not there.
func (c *Client) missing(ctx context.Context) (object, error) {
	endpoint, err := c.users(ctx)
	return object{"method": "DELETE", "path": endpoint + "/" + unknownID}, err
}

func bulkFails(want ...expectation) func(context.Context, *Client) error {
	return onBulk(func(ctx context.Context, c *Client, _, _ object) error {
		bad, err := c.missing(ctx)
		if err != nil {
			return err
		}
		r, err := c.bulk(ctx, bulkOf(bad))
		if err != nil {
			return err
		}
		return r.meets(append([]expectation{readable}, want...)...)
	})
}

func bulkContinues(ctx context.Context, c *Client) error {
	return onBulk(func(ctx context.Context, c *Client, one, _ object) error {
		bad, err := c.missing(ctx)
		if err != nil {
			return err
		}
		if err := c.severalAtOnce(ctx, 2); err != nil {
			return err
		}
		r, err := c.bulk(ctx, bulkOf(bad, one))
		if err != nil {
			return err
		}
		return r.meets(readable, has("Operations/[bulkId=one1]/location"))
	})(ctx, c)
}

func bulkStops(ctx context.Context, c *Client) error {
	return onBulk(func(ctx context.Context, c *Client, one, _ object) error {
		bad, err := c.missing(ctx)
		if err != nil {
			return err
		}
		if err := c.severalAtOnce(ctx, 2); err != nil {
			return err
		}
		body := bulkOf(bad, one)
		body["failOnErrors"] = 1
		r, err := c.bulk(ctx, body)
		if err != nil {
			return err
		}
		return r.meets(readable, lacks("Operations/[bulkId=one1]/location"))
	})(ctx, c)
}

const largestBulk = 4 << 20 // what a check is willing to send

func (c *Client) bulkLimit(ctx context.Context, name string, most int) (int, error) {
	config, err := c.config(ctx)
	if err != nil {
		return 0, err
	}
	n, ok := integer(field(config.body, "bulk/"+name))
	if !ok || n < 1 {
		return 0, skip("the server advertises no %s", name)
	}
	if n > most {
		return 0, skip("%s is %d, more than this check sends", name, n)
	}
	return n, nil
}

// bulkTooMany deletes nobody many times over: harmless if it is obeyed.
func bulkTooMany(ctx context.Context, c *Client) error {
	return onBulk(func(ctx context.Context, c *Client, _, _ object) error {
		most, err := c.bulkLimit(ctx, "maxOperations", 5000)
		if err != nil {
			return err
		}
		bad, err := c.missing(ctx)
		if err != nil {
			return err
		}
		list := make([]object, most+1)
		for i := range list {
			list[i] = bad
		}
		_, err = c.expect(ctx, post("/Bulk", bulkOf(list...)), status(http.StatusRequestEntityTooLarge))
		return err
	})(ctx, c)
}

func bulkTooLarge(ctx context.Context, c *Client) error {
	return onBulk(func(ctx context.Context, c *Client, _, _ object) error {
		most, err := c.bulkLimit(ctx, "maxPayloadSize", largestBulk)
		if err != nil {
			return err
		}
		bad, err := c.missing(ctx)
		if err != nil {
			return err
		}
		bad["data"] = object{"filler": strings.Repeat("x", most)}
		_, err = c.expect(ctx, post("/Bulk", bulkOf(bad)), status(http.StatusRequestEntityTooLarge))
		return err
	})(ctx, c)
}
