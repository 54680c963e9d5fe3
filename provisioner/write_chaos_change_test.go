package provisioner_test

import (
	"fmt"
	"slices"

	"iamscim/provisioner"
	"iamscim/provisioner/iamsim"
	"iamscim/provisioner/planner"
	"iamscim/store"
)

// change makes up a wish.
func (c *chaos) change() change {
	var users, groups []string
	for _, u := range c.users() {
		if u.Name != "bootstrap" {
			users = append(users, u.ID)
		}
	}
	for _, g := range c.groups() {
		groups = append(groups, g.ID)
	}
	c.n++
	switch k := c.r.IntN(10); {
	case len(users) < 2 || k == 0:
		return c.creation(groups)
	case k < 4:
		return c.userUpdate(users[c.r.IntN(len(users))], groups)
	case k == 4:
		return c.deactivation(users[c.r.IntN(len(users))])
	case k == 5:
		return c.deletion(users[c.r.IntN(len(users))])
	case len(groups) < 2 || k == 6:
		return c.groupCreation(users)
	case k == 7:
		return c.groupDeletion(groups[c.r.IntN(len(groups))])
	}
	return c.groupUpdate(groups[c.r.IntN(len(groups))], users)
}

// some draws about half of the list, or nothing at all: then it is not wished.
func (c *chaos) some(list []string) *[]string {
	if c.r.IntN(2) == 0 {
		return nil
	}
	out := []string{}
	for _, x := range list {
		if c.r.IntN(2) == 0 {
			out = append(out, x)
		}
	}
	return &out
}

func (c *chaos) policies() *[]string { return c.some([]string{readARN, auditARN}) }

func text(p *[]string) string {
	if p == nil {
		return "as it is"
	}
	return fmt.Sprint(*p)
}

func (c *chaos) creation(groups []string) change {
	w := planner.UserWish{UserName: ptr(fmt.Sprint("new", c.n)), Entitlements: c.policies(), Groups: c.some(groups)}
	if c.r.IntN(2) == 0 {
		w.Active = ptr(c.r.IntN(2) == 0)
	}
	if c.r.IntN(3) == 0 {
		w.Password = ptr("Secret-1234")
	}
	return change{
		text:  fmt.Sprintf("create %s: policies %s, groups %s", *w.UserName, text(w.Entitlements), text(w.Groups)),
		run:   func() error { _, err := c.create(w); return err },
		holds: func() bool { _, there := c.User(*w.UserName); return there },
	}
}

func (c *chaos) userUpdate(id string, groups []string) change {
	w := planner.UserWish{Entitlements: c.policies(), Groups: c.some(groups)}
	if c.r.IntN(3) == 0 {
		w.UserName = ptr(fmt.Sprint("renamed", c.n))
	}
	if c.r.IntN(3) == 0 {
		w.Active = ptr(true)
	}
	if c.r.IntN(4) == 0 {
		w.Person = &store.Person{Title: "CTO"}
	}
	return change{
		text: fmt.Sprintf("update %s: policies %s, groups %s, %+v", id, text(w.Entitlements), text(w.Groups), w),
		run:  func() error { _, err := c.update(id, w); return err },
		holds: func() bool {
			u := c.real(id)
			return u != nil && (w.UserName == nil || u.Name == *w.UserName) && (w.Groups == nil || same(u.Groups, *w.Groups)) &&
				(w.Active == nil || !slices.Contains(u.Attached, denyARN))
		},
	}
}

func same(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

func (c *chaos) deactivation(id string) change {
	return change{
		text: "deactivate " + id, forward: true,
		run: func() error { _, err := c.update(id, planner.UserWish{Active: ptr(false)}); return err },
		holds: func() bool {
			u := c.real(id)
			return u != nil && (slices.Contains(u.Attached, denyARN) || len(u.Inline) > 0) &&
				!slices.ContainsFunc(u.Keys, func(k iamsim.AccessKey) bool { return k.Status == "Active" })
		},
	}
}

func (c *chaos) deletion(id string) change {
	return change{
		text: "delete " + id, forward: true,
		run:   func() error { _, err := c.delete(id); return err },
		holds: func() bool { return c.real(id) == nil },
	}
}

func (c *chaos) groupCreation(users []string) change {
	w := planner.GroupWish{DisplayName: ptr(fmt.Sprint("group", c.n)), Members: c.some(users), Policies: c.policies()}
	return change{
		text: fmt.Sprintf("create group: members %s, policies %s", text(w.Members), text(w.Policies)),
		run: func() error {
			_, err := c.p.CreateGroup(c.t.Context(), everyScope, w, provisioner.Options{})
			return err
		},
		holds: func() bool { _, there := c.Group(*w.DisplayName); return there },
	}
}

func (c *chaos) groupUpdate(id string, users []string) change {
	w := planner.GroupWish{Members: c.some(users), Policies: c.policies()}
	if w.Members == nil {
		if add := c.some(users); add != nil {
			w.AddMembers = *add
		}
	}
	if c.r.IntN(3) == 0 {
		w.DisplayName = ptr(fmt.Sprint("other", c.n))
	}
	return change{
		text: fmt.Sprintf("update group %s: members %s, more %v, policies %s", id, text(w.Members), w.AddMembers, text(w.Policies)),
		run:  func() error { _, err := c.updateGroup(id, w); return err },
	}
}

func (c *chaos) groupDeletion(id string) change {
	return change{
		text: "delete group " + id, forward: true,
		run: func() error {
			_, err := c.p.DeleteGroup(c.t.Context(), everyScope, id, nil, provisioner.Options{})
			return err
		},
	}
}

// real is a user as they really are.
func (c *chaos) real(id string) *iamsim.User {
	for _, u := range c.Account.Users() {
		if u.ID == id {
			return &u
		}
	}
	return nil
}

// meddleAt has somebody else change the account behind the nth call. Calls come at
// the same time, and the last may be behind the change.
func (c *chaos) meddleAt(n int) {
	c.count = n
	c.between.Store(ptr(func(string) {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.count--; c.count == 0 {
			c.meddled = true
			c.meddle()
		}
	}))
}

// leaveAlone ends that.
func (c *chaos) leaveAlone() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.between.Store(nil)
	c.count = 0
}

// meddle changes one user past us.
func (c *chaos) meddle() {
	users := slices.DeleteFunc(c.Account.Users(), func(u iamsim.User) bool { return u.Name == "bootstrap" })
	if len(users) == 0 {
		return
	}
	u := users[c.r.IntN(len(users))]
	c.n++
	edits := []func(*iamsim.User){
		func(u *iamsim.User) { u.Name = fmt.Sprint("elsewhere", c.n) },
		func(u *iamsim.User) {
			u.Keys = append(slices.Clone(u.Keys[:min(len(u.Keys), 1)]), iamsim.AccessKey{ID: fmt.Sprintf("AKIAELSE%012d", c.n), Status: "Active"})
		},
		func(u *iamsim.User) {
			u.Attached = slices.DeleteFunc(slices.Clone(u.Attached), func(arn string) bool { return arn == denyARN })
		},
		func(u *iamsim.User) {
			if !slices.Contains(u.Attached, auditARN) {
				u.Attached = append(slices.Clone(u.Attached), auditARN)
			}
		},
		func(u *iamsim.User) { u.Groups = nil },
	}
	k := c.r.IntN(len(edits))
	c.say("somebody changes %s, way %d", u.Name, k)
	c.EditUser(u.Name, edits[k])
}
