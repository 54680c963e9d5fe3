package iamsim

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
)

// Service-specific credentials:
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateServiceSpecificCredential.html

func serviceCredentialOperations() []operation {
	const id = "ServiceSpecificCredentialId"
	return []operation{
		{name: "ListServiceSpecificCredentials", takes: "AllUsers Marker MaxItems ServiceName UserName", authorise: onUserOrAll, handle: listServiceCredentials},
		{name: "CreateServiceSpecificCredential", needs: "UserName ServiceName", takes: "CredentialAgeDays", authorise: onUser, handle: createServiceCredential},
		{name: "UpdateServiceSpecificCredential", needs: id + " Status", takes: "UserName", authorise: onUser, handle: updateServiceCredential},
		{name: "ResetServiceSpecificCredential", needs: id, takes: "UserName", authorise: onUser, handle: resetServiceCredential},
		{name: "DeleteServiceSpecificCredential", needs: id, takes: "UserName", authorise: onUser, handle: deleteServiceCredential},
	}
}

const credentialsPerService = 2

// serviceKinds says which services have credentials, and whether these are API
// keys (which may expire) rather than a user name and password.
var serviceKinds = map[string]bool{
	"codecommit.amazonaws.com": false,
	"cassandra.amazonaws.com":  false,
	"bedrock.amazonaws.com":    true,
	"logs.amazonaws.com":       true,
}

func (u *User) credential(id string) int {
	return slices.IndexFunc(u.Credentials, func(k ServiceCredential) bool { return k.ID == id })
}

func noSuchCredential(c *call) error {
	return refuse("NoSuchEntity", "No such credential %s exists", c.get("ServiceSpecificCredentialId"))
}

func credentialFields(u *User, k ServiceCredential) fields {
	return fields{
		{"UserName", u.Name}, {"ServiceSpecificCredentialId", k.ID}, {"ServiceName", k.Service}, {"Status", k.Status},
		{"ServiceUserName", opt(k.UserName)}, {"ServiceCredentialAlias", opt(k.Alias)},
		{"CreateDate", k.Created}, {"ExpirationDate", k.Expires},
	}
}

// withSecret is shown once, when the credential is made or reset.
func withSecret(u *User, k ServiceCredential) fields {
	name := "ServicePassword"
	if serviceKinds[k.Service] {
		name = "ServiceCredentialSecret"
	}
	return append(credentialFields(u, k), field{name, k.Secret})
}

func onUserOrAll(c *call) []need {
	if c.flag("AllUsers") {
		return onAny(c)
	}
	return onUser(c)
}

type ownedCredential struct {
	user *User
	ServiceCredential
}

func listServiceCredentials(c *call) (fields, error) {
	users, err := c.credentialOwners()
	if err != nil {
		return nil, err
	}
	var found []ownedCredential
	for _, u := range users {
		for _, k := range u.Credentials {
			if s := c.get("ServiceName"); s == "" || s == k.Service {
				found = append(found, ownedCredential{u, k})
			}
		}
	}
	return c.listPage("ServiceSpecificCredentials", itemsOf(found,
		func(k ownedCredential) string { return k.user.Name + " " + k.ID },
		func(k ownedCredential) fields { return credentialFields(k.user, k.ServiceCredential) }))
}

// credentialOwners: AllUsers excludes UserName.
func (c *call) credentialOwners() ([]*User, error) {
	if !c.flag("AllUsers") {
		u, _, err := c.user()
		return []*User{u}, err
	}
	if c.has("UserName") {
		return nil, invalid("UserName cannot be specified when AllUsers is true.")
	}
	return c.users.all(c.at), nil
}

func createServiceCredential(c *call) (fields, error) {
	service := c.get("ServiceName")
	apiKey, known := serviceKinds[service]
	if !known {
		return nil, refuse("NotSupportedService", "The specified service %s is not supported for service-specific credentials.", service)
	}
	if c.has("CredentialAgeDays") && !apiKey {
		return nil, refuse("InvalidInput", "CredentialAgeDays is not supported for %s.", service)
	}
	var out fields
	err := c.changeUser(func(u *User) error {
		n := 0
		for _, k := range u.Credentials {
			if k.Service == service {
				n++
			}
		}
		if n >= credentialsPerService {
			return overLimit("ServiceSpecificCredentialsPerUser", credentialsPerService)
		}
		k := c.newServiceCredential(u, service, n)
		u.Credentials = append(u.Credentials, k)
		out = withSecret(u, k)
		return nil
	})
	return fields{{"ServiceSpecificCredential", out}}, err
}

func (c *call) newServiceCredential(u *User, service string, n int) ServiceCredential {
	k := ServiceCredential{ID: c.newID("ACCA", 17), Service: service, Status: active, Created: c.at, Secret: c.newServiceSecret()}
	suffix := ""
	if n > 0 {
		suffix = fmt.Sprintf("+%d", n)
	}
	name := u.Name + suffix + "-at-" + c.cfg.AccountID
	if !serviceKinds[service] {
		k.UserName = name
		return k
	}
	k.Alias = strings.SplitN(service, ".", 2)[0] + "-" + name
	if days := c.number("CredentialAgeDays", 0); days > 0 {
		k.Expires = c.at.AddDate(0, 0, days)
	}
	return k
}

func (a *Account) newServiceSecret() string {
	return base64.StdEncoding.EncodeToString(a.randomBytes(33))
}

func (c *call) changeCredential(change func(*User, *ServiceCredential) error) error {
	return c.changeUser(func(u *User) error {
		i := u.credential(c.get("ServiceSpecificCredentialId"))
		if i < 0 {
			return noSuchCredential(c)
		}
		return change(u, &u.Credentials[i])
	})
}

func updateServiceCredential(c *call) (fields, error) {
	return nil, c.changeCredential(func(_ *User, k *ServiceCredential) error {
		if err := c.newStatus(); err != nil {
			return err
		}
		k.Status = c.get("Status")
		return nil
	})
}

func resetServiceCredential(c *call) (fields, error) {
	var out fields
	err := c.changeCredential(func(u *User, k *ServiceCredential) error {
		k.Secret = c.newServiceSecret()
		out = withSecret(u, *k)
		return nil
	})
	return fields{{"ServiceSpecificCredential", out}}, err
}

func deleteServiceCredential(c *call) (fields, error) {
	return nil, c.changeCredential(func(u *User, k *ServiceCredential) error {
		i := u.credential(k.ID)
		u.Credentials = slices.Delete(u.Credentials, i, i+1)
		return nil
	})
}
