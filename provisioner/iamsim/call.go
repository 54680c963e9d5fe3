package iamsim

import (
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// call is one request while it is being served. The account is locked.
type call struct {
	*Account
	op        *operation
	params    url.Values
	who       *caller
	at        time.Time // the account's clock
	until     time.Time // when readers see what this call writes; zero: at once
	requestID string
	service   string // iam or sts
	region    string
	fault     FaultKind // a fault that falsifies pages
	contended bool      // another write holds the same user
	sourceIP  string    // empty when the call did not come over the network
}

func (c *call) get(key string) string { return c.params.Get(key) }
func (c *call) has(key string) bool   { return c.params.Has(key) }
func (c *call) flag(key string) bool  { return c.params.Get(key) == "true" }

// number returns an integer that validate has checked, or fallback.
func (c *call) number(key string, fallback int) int {
	n, err := strconv.Atoi(c.params.Get(key))
	if err != nil {
		return fallback
	}
	return n
}

// values returns a list of plain values in order of their positions.
func (c *call) values(key string) []string {
	var out []string
	for _, i := range c.positions(key) {
		out = append(out, c.get(fmt.Sprintf("%s.member.%d", key, i)))
	}
	return out
}

func (c *call) positions(key string) []int {
	var out []int
	for k := range c.params {
		rest, ok := strings.CutPrefix(k, key+".member.")
		if !ok {
			continue
		}
		digits, _, _ := strings.Cut(rest, ".")
		if i, err := strconv.Atoi(digits); err == nil && !slices.Contains(out, i) {
			out = append(out, i)
		}
	}
	slices.Sort(out)
	return out
}

// pathOr returns the Path parameter, "/" when not given.
func (c *call) pathOr(key, fallback string) string {
	if c.has(key) {
		return c.get(key)
	}
	return fallback
}

// newUUID is for request and job ids.
func (a *Account) newUUID() string {
	h := hex.EncodeToString(a.randomBytes(16))
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// user returns the user named by the request as readers see them; without a
// name, the caller (https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetUser.html).
// The second value is the user as they really are, which a write must change.
func (c *call) user() (seen, real *User, err error) {
	if !c.has("UserName") {
		if c.who.userID == "" {
			return nil, nil, invalid("Must specify userName when calling with non-User credentials")
		}
		seen, real = c.users.get(c.who.userID, c.at), c.users.current(c.who.userID)
	} else {
		seen = c.users.find(c.get("UserName"), c.at)
		if seen != nil {
			real = c.users.current(seen.ID)
		}
	}
	if seen == nil {
		return nil, nil, noSuchUser(c.get("UserName"))
	}
	return seen, real, nil
}

// changeUser hands a clone of the named user to change, and stores it.
func (c *call) changeUser(change func(*User) error) error {
	_, real, err := c.user()
	if err != nil {
		return err
	}
	if real == nil {
		return noSuchUser(c.get("UserName"))
	}
	next := real.clone()
	if err := change(next); err != nil {
		return err
	}
	c.putUser(next, c.until)
	return nil
}

func (a *Account) putUser(u *User, until time.Time) {
	for _, k := range u.Keys {
		a.keyOwner[k.ID] = u.ID
	}
	a.users.put(u, until)
}

func (c *call) group() (seen, real *Group, err error) {
	seen = c.groups.find(c.get("GroupName"), c.at)
	if seen == nil {
		return nil, nil, noSuchGroup(c.get("GroupName"))
	}
	return seen, c.groups.current(seen.ID), nil
}

func (c *call) changeGroup(change func(*Group) error) error {
	_, real, err := c.group()
	if err != nil {
		return err
	}
	if real == nil {
		return noSuchGroup(c.get("GroupName"))
	}
	next := real.clone()
	if err := change(next); err != nil {
		return err
	}
	c.groups.put(next, c.until)
	return nil
}

func (c *call) role() (seen, real *Role, err error) {
	seen = c.roles.find(c.get("RoleName"), c.at)
	if seen == nil {
		return nil, nil, noSuchRole(c.get("RoleName"))
	}
	return seen, c.roles.current(seen.ID), nil
}

func (c *call) changeRole(change func(*Role) error) error {
	_, real, err := c.role()
	if err != nil {
		return err
	}
	if real == nil {
		return noSuchRole(c.get("RoleName"))
	}
	if err := real.protected(); err != nil {
		return err
	}
	next := real.clone()
	if err := change(next); err != nil {
		return err
	}
	c.roles.put(next, c.until)
	return nil
}

// policy returns the managed policy named by PolicyArn; ARNs are exact in
// spelling, unlike names.
func (c *call) policy() (seen, real *Policy, err error) {
	if err := c.checkPolicyARN(c.get("PolicyArn")); err != nil {
		return nil, nil, err
	}
	seen = c.policyByARN(c.get("PolicyArn"))
	if seen == nil {
		return nil, nil, noSuchPolicy(c.get("PolicyArn"))
	}
	return seen, c.policies.current(seen.ID), nil
}

func (c *call) policyByARN(arn string) *Policy {
	p := c.policies.find(arn, c.at)
	if p == nil || p.ARN != arn {
		return nil
	}
	return p
}

// changePolicy refuses policies that belong to AWS.
func (c *call) changePolicy(change func(*Policy) error) error {
	_, real, err := c.policy()
	if err != nil {
		return err
	}
	if real == nil {
		return noSuchPolicy(c.get("PolicyArn"))
	}
	if real.AWSManaged {
		return refuse("AccessDenied", "Cannot perform the operation on the protected policy %s", real.ARN)
	}
	next := real.clone()
	if err := change(next); err != nil {
		return err
	}
	c.policies.put(next, c.until)
	return nil
}
