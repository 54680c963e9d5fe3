package iamsim

import (
	"fmt"
	"slices"
	"strings"
)

func tagOperations() []operation {
	list := "Marker MaxItems"
	return []operation{
		{name: "TagUser", needs: "UserName Tags", authorise: onUser, handle: tagUser},
		{name: "UntagUser", needs: "UserName TagKeys", authorise: onUser, handle: untagUser},
		{name: "ListUserTags", needs: "UserName", takes: list, authorise: onUser, handle: listUserTags},
		{name: "TagRole", needs: "RoleName Tags", authorise: onRole, handle: tagRole},
		{name: "UntagRole", needs: "RoleName TagKeys", authorise: onRole, handle: untagRole},
		{name: "ListRoleTags", needs: "RoleName", takes: list, authorise: onRole, handle: listRoleTags},
		{name: "TagPolicy", needs: "PolicyArn Tags", authorise: onPolicy, handle: tagPolicy},
		{name: "UntagPolicy", needs: "PolicyArn TagKeys", authorise: onPolicy, handle: untagPolicy},
		{name: "ListPolicyTags", needs: "PolicyArn", takes: list, authorise: onPolicy, handle: listPolicyTags},
		{name: "TagMFADevice", needs: "SerialNumber Tags", authorise: onDevice, handle: tagMFADevice},
		{name: "UntagMFADevice", needs: "SerialNumber TagKeys", authorise: onDevice, handle: untagMFADevice},
		{name: "ListMFADeviceTags", needs: "SerialNumber", takes: list, authorise: onDevice, handle: listMFADeviceTags},
	}
}

// tagsPerResource: the 51st tag of an object is LimitExceeded, more than 50 in
// one request is a ValidationError (observed).
const tagsPerResource = 50

func (c *call) tags() []Tag {
	var out []Tag
	for _, i := range c.positions("Tags") {
		at := fmt.Sprintf("Tags.member.%d.", i)
		out = append(out, Tag{c.get(at + "Key"), c.get(at + "Value")})
	}
	return out
}

// newTags returns the tags of the request after checking them against each other.
func (c *call) newTags() ([]Tag, error) {
	tags := c.tags()
	if len(tags) > tagsPerResource {
		return nil, constraint("tags", "have length less than or equal to %d", tagsPerResource)
	}
	seen := map[string]bool{}
	for _, i := range c.positions("Tags") {
		if at := indexed("Tags", i); !c.has(at+".Key") || !c.has(at+".Value") {
			return nil, constraint(at, "have a key and a value")
		}
	}
	for _, t := range tags {
		key := strings.ToLower(t.Key)
		if strings.HasPrefix(key, "aws:") {
			return nil, refuse("InvalidInput", "System tags cannot be added/updated by requester.")
		}
		if seen[key] {
			return nil, refuse("InvalidInput", "Duplicate tag keys found. Please note that Tag keys are case insensitive.")
		}
		seen[key] = true
	}
	return tags, nil
}

// merge adds the request's tags. Keys ignore case but keep it: the new spelling
// replaces the old
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html).
func (c *call) merge(have *[]Tag, kind string) error {
	tags, err := c.newTags()
	if err != nil {
		return err
	}
	next := slices.Clone(*have)
	for _, t := range tags {
		i := slices.IndexFunc(next, func(old Tag) bool { return strings.EqualFold(old.Key, t.Key) })
		if i < 0 {
			next = append(next, t)
			continue
		}
		next[i] = t
	}
	if len(next) > tagsPerResource {
		return overLimit("TagsPer"+kind, tagsPerResource)
	}
	*have = next
	return nil
}

// strip removes keys; absent ones are no error.
func (c *call) strip(have *[]Tag) {
	for _, key := range c.values("TagKeys") {
		*have = slices.DeleteFunc(*have, func(t Tag) bool { return strings.EqualFold(t.Key, key) })
	}
}

func tagFields(t Tag) fields { return fields{{"Key", t.Key}, {"Value", t.Value}} }

func tagList(tags []Tag) list { return each(tags, func(t Tag) any { return tagFields(t) }) }

func (c *call) tagPage(tags []Tag) (fields, error) {
	return c.listPage("Tags", inOrder(tags, tagFields))
}

func tagUser(c *call) (fields, error) {
	return nil, c.changeUser(func(u *User) error { return c.merge(&u.Tags, "User") })
}

func untagUser(c *call) (fields, error) {
	return nil, c.changeUser(func(u *User) error { c.strip(&u.Tags); return nil })
}

func listUserTags(c *call) (fields, error) {
	u, _, err := c.user()
	if err != nil {
		return nil, err
	}
	return c.tagPage(u.Tags)
}

func tagRole(c *call) (fields, error) {
	return nil, c.changeRole(func(r *Role) error { return c.merge(&r.Tags, "Role") })
}

func untagRole(c *call) (fields, error) {
	return nil, c.changeRole(func(r *Role) error { c.strip(&r.Tags); return nil })
}

func listRoleTags(c *call) (fields, error) {
	r, _, err := c.role()
	if err != nil {
		return nil, err
	}
	return c.tagPage(r.Tags)
}

func tagPolicy(c *call) (fields, error) {
	return nil, c.changePolicy(func(p *Policy) error { return c.merge(&p.Tags, "Policy") })
}

func untagPolicy(c *call) (fields, error) {
	return nil, c.changePolicy(func(p *Policy) error { c.strip(&p.Tags); return nil })
}

func listPolicyTags(c *call) (fields, error) {
	p, _, err := c.policy()
	if err != nil {
		return nil, err
	}
	return c.tagPage(p.Tags)
}

func tagMFADevice(c *call) (fields, error) {
	return nil, c.changeDevice(func(d *VirtualDevice) error { return c.merge(&d.Tags, "MFADevice") })
}

func untagMFADevice(c *call) (fields, error) {
	return nil, c.changeDevice(func(d *VirtualDevice) error { c.strip(&d.Tags); return nil })
}

func listMFADeviceTags(c *call) (fields, error) {
	d := c.devices.find(c.get("SerialNumber"), c.at)
	if d == nil {
		return nil, noSuchDevice(c.get("SerialNumber"))
	}
	return c.tagPage(d.Tags)
}
