package iamsim

// What the account really holds, for tests that compare an observation with
// the truth. Every list is sorted by name without regard to case, and a copy.

// Users returns all users, also those no reader sees yet.
func (a *Account) Users() []User {
	return inspect(a, a.users, (*User).clone)
}

// Groups returns all groups.
func (a *Account) Groups() []Group {
	return inspect(a, a.groups, (*Group).clone)
}

// Roles returns all roles.
func (a *Account) Roles() []Role {
	return inspect(a, a.roles, (*Role).clone)
}

// Policies returns all customer managed policies.
func (a *Account) Policies() []Policy {
	var out []Policy
	for _, p := range inspect(a, a.policies, (*Policy).clone) {
		if !p.AWSManaged {
			out = append(out, p)
		}
	}
	return out
}

// VirtualDevices returns all virtual MFA devices, assigned or not.
func (a *Account) VirtualDevices() []VirtualDevice {
	return inspect(a, a.devices, func(d *VirtualDevice) *VirtualDevice { return new(*d) })
}

func inspect[T any](a *Account, t *table[T], clone func(*T) *T) []T {
	a.mu.Lock()
	defer a.mu.Unlock()
	var out []T
	for _, v := range t.collect(func(c *cell[T]) *T { return c.now }) {
		out = append(out, *clone(v))
	}
	return out
}
