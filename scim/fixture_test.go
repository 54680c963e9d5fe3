package scim

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"iamscim/store"
)

const (
	fixtureAccount = "123456789012"
	fixtureBase    = "https://scim.example.com/scim/v2"
)

// at is a moment on the fixtures' day; it may be taken the address of.
func at(hour int) *time.Time {
	t := time.Date(2026, 1, 2, hour, 4, 5, 0, time.UTC)
	return &t
}

func yes(b bool) *bool { return &b }

// richUser has a value in every attribute there is.
func richUser() store.User {
	policies := []store.PolicyRef{
		{ARN: "arn:aws:iam::aws:policy/AWSDenyAll", Name: "AWSDenyAll", Deny: true},
		{ARN: "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3", Name: "AWSCompromisedKeyQuarantineV3", Quarantine: true},
		{ARN: "arn:aws:iam::aws:policy/ReadOnlyAccess", Name: "ReadOnlyAccess", ID: "ANPAREAD"},
	}
	return store.User{
		ID: "AIDARICH", Name: "rich=20user", UserName: "rich user", Path: "/people/",
		ARN: "arn:aws:iam::123456789012:user/people/rich=20user", Created: *at(1),
		Boundary: "arn:aws:iam::123456789012:policy/boundary", Tags: []store.Tag{{Key: "team", Value: "Ωmega"}, {Key: "empty"}},
		Inline:   []store.InlinePolicy{{Name: "own", Document: `{"Statement":[]}`}},
		Attached: policies,
		Roles:    []store.RoleRef{{ID: "AROAADMIN", ARN: "arn:aws:iam::123456789012:role/admin", Name: "admin", Type: "PossiblyAssumable"}},
		Groups:   []string{"AGPADEV"},
		DisabledBy: []store.Deny{
			{Type: "attachedPolicy", Value: "arn:aws:iam::aws:policy/AWSDenyAll", Ours: true},
			{Type: "groupPolicy", Value: "arn:aws:iam::123456789012:policy/deny", Group: "AGPADEV"},
		},
		IdentityType: "human", IdentityTypeRule: "consoleAccess", ConsoleAccess: yes(true), MFAActive: yes(true),
		PasswordLastChanged: at(2),
		MFADevices:          []store.MFADevice{{SerialNumber: "arn:aws:iam::123456789012:mfa/rich", Type: "virtual", Enabled: at(3)}},
		AccessKeys: []store.AccessKey{
			{ID: "AKIA1", Status: "Active", Created: at(4), LastRotated: at(5)},
			{Status: "Inactive"},
		},
		SSHPublicKeys:      []store.Credential{{ID: "APKA1", Status: "Active", Created: at(6)}},
		Certificates:       []store.Certificate{{ID: "CERT1", Status: "Active", Created: at(7), Body: fixtureCertificate}},
		ServiceCredentials: []store.ServiceCredential{{ID: "ACCA1", Service: "codecommit.amazonaws.com", User: "rich-at-123", Status: "Active", Created: at(8), Expires: at(9)}},
		Person:             richPerson(),
		AttributeSources:   []store.AttributeSource{{Attribute: "emails", Source: "tag:email"}},
		Managed:            true,
		Activity: store.Activity{
			UserID: "AIDARICH", ObservedAt: *at(20), ReportedAt: at(18), DetailsAt: at(19), PasswordLastUsed: at(10),
			Keys: []store.KeyUse{{LastUsed: at(11), Service: "s3", Region: "eu-west-1"}},
		},
	}
}

// fixtureCertificate is any PEM block; nobody looks inside.
const fixtureCertificate = "-----BEGIN CERTIFICATE-----\nTUlJQg==\n-----END CERTIFICATE-----\n"

func richPerson() store.Person {
	return store.Person{
		ExternalID: "00u1", DisplayName: `Zoë "Z" <O'Neil>`,
		Name: store.PersonName{
			Formatted: "Dr. Zoë Ann O'Neil III", FamilyName: "O'Neil", GivenName: "Zoë", MiddleName: "Ann",
			HonorificPrefix: "Dr.", HonorificSuffix: "III",
		},
		NickName: "Z", ProfileURL: "https://example.com/zoe", Title: "Engineer", UserType: "Employee",
		PreferredLanguage: "en", Locale: "en-GB", Timezone: "Europe/London",
		Emails: []store.MultiValue{
			{Value: "home@example.org", Type: "home"},
			{Value: "zoe@example.com", Type: "work", Display: "Work", Primary: yes(true)},
		},
		PhoneNumbers: []store.MultiValue{{Value: "+44 1", Display: "desk", Type: "work", Primary: yes(false)}},
		Addresses: []store.Address{{
			Formatted: "1 High St\nLondon", StreetAddress: "1 High St", Locality: "London", Region: "Greater London",
			PostalCode: "N1", Country: "GB", Type: "work", Primary: yes(true),
		}},
		Enterprise: store.Enterprise{
			EmployeeNumber: "701984", CostCenter: "4130", Organization: "Universal", Division: "Parks", Department: "Tours",
			Manager: store.Manager{Value: "AIDABOSS", Ref: "https://scim.example.com/scim/v2/Users/AIDABOSS", DisplayName: "Boss"},
		},
	}
}

func richGroup() store.Group {
	return store.Group{
		ID: "AGPADEV", Name: "developers", DisplayName: "developers", Path: "/teams/",
		ARN: "arn:aws:iam::123456789012:group/teams/developers", Created: *at(1), ExternalID: "g-1", Managed: true,
		Inline:   []store.InlinePolicy{{Name: "local", Document: `{}`}},
		Attached: []store.PolicyRef{{ARN: "arn:aws:iam::aws:policy/PowerUserAccess", Name: "PowerUserAccess"}},
	}
}

func richPolicy() store.Policy {
	return store.Policy{
		ID: "ANPAREAD", ARN: "arn:aws:iam::aws:policy/ReadOnlyAccess", Name: "ReadOnlyAccess", Path: "/", Created: at(1), Updated: at(2),
		Default: "v3", Document: `{"Version":"2012-10-17"}`, Description: "Read everything", AWSManaged: true, Attachable: true,
		Tags: []store.Tag{{Key: "k", Value: "v"}}, Attachments: 7,
	}
}

func richRole() store.Role {
	return store.Role{
		ID: "AROAADMIN", ARN: "arn:aws:iam::123456789012:role/admin", Name: "admin", Path: "/", Created: *at(1),
		Description: "Administrators", MaxSession: 3600, Trust: `{"Statement":[]}`,
		Trusted: store.TrustSummary{
			Services: []string{"lambda.amazonaws.com"}, Accounts: []string{"210987654321"}, Principals: []string{"*"},
			Federated: []string{"cognito-identity.amazonaws.com"}, CrossAccount: true,
		},
		Boundary: "arn:aws:iam::123456789012:policy/boundary", Tags: []store.Tag{{Key: "k", Value: "v"}},
		Inline: []store.InlinePolicy{{Name: "in", Document: "{}"}}, Attached: []store.PolicyRef{{ARN: "arn:aws:iam::aws:policy/AdministratorAccess", Name: "AdministratorAccess"}},
		LastUsed: at(3), LastUsedRegion: "eu-west-1",
	}
}

// fixtureObservation is the rich ones and n plain users, u1 to un, who are in
// the group too; the rich user is the oldest.
func fixtureObservation(n int) *store.Observation {
	rich := richUser()
	obs := &store.Observation{
		AccountID: fixtureAccount, Started: *at(20), Users: []store.User{rich}, Activities: []store.Activity{rich.Activity},
		Groups:   []store.Group{richGroup(), {ID: "AGPAEMPTY", Name: "empty", DisplayName: "empty", Created: *at(2)}},
		Policies: []store.Policy{richPolicy()}, Roles: []store.Role{richRole()},
	}
	for i := 1; i <= n; i++ {
		obs.Users = append(obs.Users, store.User{
			ID: fmt.Sprintf("AIDA%05d", i), Name: fmt.Sprintf("u%d", i), UserName: fmt.Sprintf("u%d", i), Path: "/", Active: true,
			ARN:     fmt.Sprintf("arn:aws:iam::123456789012:user/u%d", i),
			Created: at(2).Add(time.Duration(i) * time.Second), Groups: []string{"AGPADEV"},
			Person: store.Person{Emails: []store.MultiValue{{Value: fmt.Sprintf("u%d@example.com", i), Type: "work"}}},
		})
	}
	return obs
}

// newFixture serves the fixture's account from a real snapshot file.
func newFixture(t testing.TB, users int, opt contentOptions) *content {
	t.Helper()
	snapshot, err := store.OpenSnapshot(t.Context(), filepath.Join(t.TempDir(), "snapshot.db"), fixtureAccount, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := snapshot.Close(); err != nil {
			t.Error(err)
		}
	})
	opt.AccountID = fixtureAccount
	c := newContent(snapshot, opt)
	if _, err := snapshot.Replace(t.Context(), fixtureObservation(users), store.ReplaceOptions{MaxLoss: 1}); err != nil {
		t.Fatal(err)
	}
	return c
}

// forget empties every cache, as a commit of everything does.
func (c *content) forget() {
	c.cache.commit(store.Commit{Generation: c.snapshot.Generation(), All: true})
	c.answers.clear()
}
