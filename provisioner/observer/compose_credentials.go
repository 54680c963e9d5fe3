package observer

import (
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"iamscim/provisioner/internal/list"
	"iamscim/store"
)

// credentials merges three witnesses: live reads per user (in the last
// generation, dated DetailsAt), the credential report (dated when AWS made
// it), and the account-wide lists of this observation. The later one wins,
// field by field; what nobody knows stays nil.
func (c *Composer) credentials(u *store.User) {
	prev := c.Prior.users[u.ID]
	if prev != nil {
		keep(u, prev)
	}
	u.Activity.UserID, u.Activity.ObservedAt = u.ID, c.Facts.Started
	row := c.Facts.Report.Row(u.ARN, u.Created)
	if row != nil && (u.Activity.ReportedAt == nil || !c.Facts.Report.At.Before(*u.Activity.ReportedAt)) {
		c.applyReport(u, row)
	}
	u.Activity.PasswordLastUsed = UTC(c.Facts.listed[u.ID].PasswordLastUsed)
	if u.Activity.PasswordLastUsed == nil && row != nil {
		u.Activity.PasswordLastUsed = row.passwordLastUsed
	}
	if c.Facts.serviceKeys != nil {
		u.ServiceCredentials = list.SortedBy(c.Facts.serviceKeys[store.Fold(u.Name)], func(s store.ServiceCredential) string { return s.ID })
	}
	c.mfa(u, row)
}

// keep takes over the last known values.
func keep(u, prev *store.User) {
	u.ConsoleAccess, u.PasswordLastChanged = prev.ConsoleAccess, prev.PasswordLastChanged
	u.MFAActive, u.MFADevices = prev.MFAActive, prev.MFADevices
	u.AccessKeys, u.SSHPublicKeys = prev.AccessKeys, prev.SSHPublicKeys
	u.Certificates, u.ServiceCredentials = prev.Certificates, prev.ServiceCredentials
	u.Activity = prev.Activity
}

// applyReport lets the report speak where no live read is newer than it.
func (c *Composer) applyReport(u *store.User, row *ReportRow) {
	at := c.Facts.Report.At
	live := u.Activity.DetailsAt
	older := live != nil && !live.Before(at) // the report is older than the live read
	u.Activity.ReportedAt = &at
	if row.passwordEnabled != nil && (!older || u.ConsoleAccess == nil) {
		u.ConsoleAccess, u.PasswordLastChanged = row.passwordEnabled, row.passwordLastChanged
	}
	if row.mfaActive != nil && (!older || u.MFAActive == nil) {
		u.MFAActive = row.mfaActive
	}
	keys := merge{slots: row.keys, at: at, live: live, older: older, more: row.more}
	u.AccessKeys, u.Activity.Keys = keys.accessKeys(u.AccessKeys, u.Activity.Keys)
	certs := merge{slots: row.certs, at: at, live: live, older: older, more: row.more}
	u.Certificates = certs.certificates(u.Certificates)
	if keys.unsettled || certs.unsettled {
		c.Urgent = append(c.Urgent, u.ID)
	}
}

// mfa combines the virtual devices, known for everybody, with the others,
// known per user.
func (c *Composer) mfa(u *store.User, row *ReportRow) {
	if c.Facts.virtualMFA == nil {
		return
	}
	devices := slices.Clone(c.Facts.virtualMFA[store.Fold(u.Name)])
	for _, d := range u.MFADevices {
		if d.Type != "virtual" {
			devices = append(devices, d)
		}
	}
	at := u.Activity.DetailsAt
	reportNewer := row != nil && (at == nil || at.Before(c.Facts.Report.At))
	if reportNewer && row.mfaActive != nil && !*row.mfaActive {
		devices = slices.DeleteFunc(devices, func(d store.MFADevice) bool { return d.Type != "virtual" })
	}
	switch {
	case len(devices) > 0:
		u.MFADevices = list.SortedBy(devices, func(d store.MFADevice) string { return d.SerialNumber })
		u.MFAActive = aws.Bool(true)
	case u.MFAActive != nil && !*u.MFAActive, at != nil && u.MFADevices != nil:
		u.MFADevices, u.MFAActive = []store.MFADevice{}, aws.Bool(false)
	default: // a device that only ListMFADevices can name, or a user nobody has looked at
		u.MFADevices = nil
	}
}

// earlier reports whether a is known and before b.
func earlier(a *time.Time, b time.Time) bool { return a != nil && a.Before(b) }
