package iamsim

import (
	"slices"
)

func accessKeyOperations() []operation {
	return []operation{
		{name: "ListAccessKeys", takes: "UserName Marker MaxItems", authorise: onUser, handle: listAccessKeys},
		{name: "GetAccessKeyLastUsed", needs: "AccessKeyId", authorise: onKeyOwner, handle: getAccessKeyLastUsed},
		{name: "CreateAccessKey", takes: "UserName", authorise: onUser, handle: createAccessKey},
		{name: "UpdateAccessKey", needs: "AccessKeyId Status", takes: "UserName", authorise: onUser, handle: updateAccessKey},
		{name: "DeleteAccessKey", needs: "AccessKeyId", takes: "UserName", authorise: onUser, handle: deleteAccessKey},
	}
}

const accessKeysPerUser = 2

func (u *User) key(id string) int {
	return slices.IndexFunc(u.Keys, func(k AccessKey) bool { return k.ID == id })
}

func noSuchKey(id string) error {
	return refuse("NoSuchEntity", "The Access Key with id %s cannot be found.", id)
}

func listAccessKeys(c *call) (fields, error) {
	u, _, err := c.user()
	if err != nil {
		return nil, err
	}
	return c.listPage("AccessKeyMetadata", inOrder(u.Keys, func(k AccessKey) fields {
		return fields{{"UserName", u.Name}, {"AccessKeyId", k.ID}, {"Status", k.Status}, {"CreateDate", k.Created}}
	}))
}

func onKeyOwner(c *call) []need {
	if u := c.users.get(c.keyOwner[c.get("AccessKeyId")], c.at); u != nil {
		return []need{{action: c.action(), resource: c.userARN(u), tags: u.Tags}}
	}
	return onAny(c)
}

// getAccessKeyLastUsed answers N/A for a key that was never used. A key that
// does not exist is AccessDenied on AWS, whoever asks (observed).
func getAccessKeyLastUsed(c *call) (fields, error) {
	id := c.get("AccessKeyId")
	u := c.users.get(c.keyOwner[id], c.at)
	if u == nil || u.key(id) < 0 {
		return nil, refuse("AccessDenied", "User: %s is not authorized to perform: iam:GetAccessKeyLastUsed on resource: access key %s", c.who.arn, id)
	}
	k := u.Keys[u.key(id)]
	return fields{{"UserName", u.Name}, {"AccessKeyLastUsed", fields{
		{"LastUsedDate", k.LastUsed}, {"ServiceName", orNA(k.LastService)}, {"Region", orNA(k.LastRegion)},
	}}}, nil
}

func orNA(s string) string {
	if s == "" {
		return "N/A"
	}
	return s
}

// fillKey completes a key given to a builder.
func (a *Account) fillKey(k *AccessKey) {
	if k.ID == "" {
		k.ID = a.newID("AKIA", 16)
	}
	if k.Secret == "" {
		k.Secret = a.newSecret()
	}
	if k.Status == "" {
		k.Status = active
	}
	if k.Created.IsZero() {
		k.Created = a.now()
	}
}

func createAccessKey(c *call) (fields, error) {
	var out fields
	err := c.changeUser(func(u *User) error {
		if len(u.Keys) >= accessKeysPerUser {
			return overLimit("AccessKeysPerUser", accessKeysPerUser)
		}
		var k AccessKey
		c.fillKey(&k)
		u.Keys = append(u.Keys, k)
		out = fields{
			{"UserName", u.Name}, {"AccessKeyId", k.ID}, {"Status", k.Status}, {"SecretAccessKey", k.Secret}, {"CreateDate", k.Created},
		}
		return nil
	})
	return fields{{"AccessKey", out}}, err
}

// updateAccessKey cannot set Expired, which is for AWS alone (observed).
func updateAccessKey(c *call) (fields, error) {
	return nil, c.changeUser(func(u *User) error {
		i := u.key(c.get("AccessKeyId"))
		if i < 0 {
			return noSuchKey(c.get("AccessKeyId"))
		}
		if err := c.newStatus(); err != nil {
			return err
		}
		u.Keys[i].Status = c.get("Status")
		return nil
	})
}

func (c *call) newStatus() error {
	if c.get("Status") == "Expired" {
		return refuse("InvalidInput", "Status Expired cannot be set.")
	}
	return nil
}

func deleteAccessKey(c *call) (fields, error) {
	return nil, c.changeUser(func(u *User) error {
		i := u.key(c.get("AccessKeyId"))
		if i < 0 {
			return noSuchKey(c.get("AccessKeyId"))
		}
		u.Keys = slices.Delete(u.Keys, i, i+1)
		return nil
	})
}
