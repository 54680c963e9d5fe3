package observer

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"iamscim/provisioner/awsapi"
	"iamscim/provisioner/internal/list"
	"iamscim/store"
)

// Details is what only calls about one user tell. A nil list was not asked
// for, or not answered.
type Details struct {
	At      time.Time // before the first call
	Changed int64     // generation of the user that was read about
	Keys    []store.AccessKey
	uses    []store.KeyUse
	ssh     []store.Credential
	certs   []store.Certificate
	mfa     []store.MFADevice
	console *bool
}

// DetailsReader asks about one user.
type DetailsReader struct {
	IAM  *iam.Client
	User *store.User
	Row  *ReportRow // nil: not in the report, so nothing can be left out
	At   time.Time  // of the report
	Out  *Details
}

// Read asks for the access keys, without which there are no details, and for
// what else the report says there may be. An error that wraps store.ErrNotFound
// means that there is no user of that name.
//
// IAM actions: those of Permissions about one user.
func (r *DetailsReader) Read(ctx context.Context, now time.Time) (*Details, error) {
	r.Out = &Details{At: now}
	if err := r.accessKeys(ctx); err != nil {
		return nil, err
	}
	var errs []error
	errs = append(errs, r.SSHKeys(ctx))
	if r.Row == nil || len(r.Row.certs) > 0 || len(r.User.Certificates) > 0 {
		errs = append(errs, r.Certificates(ctx))
	}
	virtual := false
	for _, d := range r.User.MFADevices {
		virtual = virtual || d.Type == "virtual"
	}
	if !virtual && (r.Row == nil || r.Row.mfaActive == nil || *r.Row.mfaActive || len(r.User.MFADevices) > 0) {
		errs = append(errs, r.Devices(ctx))
	}
	if r.Row == nil {
		errs = append(errs, r.LoginProfile(ctx))
	}
	return r.Out, errors.Join(errs...)
}

// accessKeys lists the keys and finds out when they were last used: from the
// report if the dates say which slot is which, else by asking about the key.
func (r *DetailsReader) accessKeys(ctx context.Context) error {
	keys := []store.AccessKey{}
	err := awsapi.ReadPages("ListAccessKeys", func(marker *string) (awsapi.Page, error) {
		out, err := r.IAM.ListAccessKeys(ctx, &iam.ListAccessKeysInput{UserName: aws.String(r.User.Name), Marker: marker}, brief)
		if err != nil {
			return awsapi.Page{}, err
		}
		for _, k := range out.AccessKeyMetadata {
			created := UTC(k.CreateDate)
			keys = append(keys, store.AccessKey{ID: aws.ToString(k.AccessKeyId), Status: string(k.Status), Created: created, LastRotated: created})
		}
		return awsapi.Page{Truncated: out.IsTruncated, Marker: out.Marker}, nil
	})
	if awsapi.ErrorCode(err) == "NoSuchEntity" {
		return fmt.Errorf("details of user %q: %w: %w", r.User.Name, store.ErrNotFound, err)
	}
	if err != nil {
		return fmt.Errorf("details of user %q: %w", r.User.Name, err)
	}
	r.Out.Keys = list.SortedBy(keys, func(k store.AccessKey) string { return CreatedKey(k.Created) + k.ID })
	r.Out.uses = make([]store.KeyUse, len(keys))
	return r.lastUses(ctx)
}

func (r *DetailsReader) lastUses(ctx context.Context) error {
	created := make([]*time.Time, len(r.Out.Keys))
	for i, k := range r.Out.Keys {
		created[i] = k.Created
		r.Out.uses[i] = r.knownUse(k.ID)
	}
	m := merge{at: r.At, live: &r.Out.At, older: true}
	if r.Row != nil {
		m.slots = r.Row.keys
	}
	slot, _ := m.match(created)
	for i, s := range slot {
		if s >= 0 {
			r.Out.uses[i] = later(r.Out.uses[i], &m.slots[s])
			continue
		}
		use, err := r.lastUse(ctx, r.Out.Keys[i].ID)
		if err != nil {
			return fmt.Errorf("last use of a key of %q: %w", r.User.Name, err)
		}
		r.Out.uses[i] = use
	}
	return nil
}

// knownUse is what was known of the key before.
func (r *DetailsReader) knownUse(id string) store.KeyUse {
	for i, k := range r.User.AccessKeys {
		if k.ID == id {
			return useAt(r.User.Activity.Keys, i)
		}
	}
	return store.KeyUse{}
}

func (r *DetailsReader) lastUse(ctx context.Context, id string) (store.KeyUse, error) {
	out, err := r.IAM.GetAccessKeyLastUsed(ctx, &iam.GetAccessKeyLastUsedInput{AccessKeyId: aws.String(id)}, brief)
	if err != nil {
		return store.KeyUse{}, err
	}
	used := out.AccessKeyLastUsed
	if used == nil || used.LastUsedDate == nil {
		return store.KeyUse{}, nil
	}
	said := func(s *string) string { // N/A is IAM's word for nothing here, too
		if strings.EqualFold(aws.ToString(s), "N/A") {
			return ""
		}
		return aws.ToString(s)
	}
	return store.KeyUse{LastUsed: UTC(used.LastUsedDate), Service: said(used.ServiceName), Region: said(used.Region)}, nil
}

// SSHKeys lists the SSH public keys.
func (r *DetailsReader) SSHKeys(ctx context.Context) error {
	keys := []store.Credential{}
	err := awsapi.ReadPages("ListSSHPublicKeys", func(marker *string) (awsapi.Page, error) {
		out, err := r.IAM.ListSSHPublicKeys(ctx, &iam.ListSSHPublicKeysInput{UserName: aws.String(r.User.Name), Marker: marker}, brief)
		if err != nil {
			return awsapi.Page{}, err
		}
		for _, k := range out.SSHPublicKeys {
			keys = append(keys, store.Credential{ID: aws.ToString(k.SSHPublicKeyId), Status: string(k.Status), Created: UTC(k.UploadDate)})
		}
		return awsapi.Page{Truncated: out.IsTruncated, Marker: out.Marker}, nil
	})
	if err == nil {
		r.Out.ssh = list.SortedBy(keys, func(k store.Credential) string { return k.ID })
	}
	return err
}

// Certificates lists the signing certificates.
func (r *DetailsReader) Certificates(ctx context.Context) error {
	certs := []store.Certificate{}
	err := awsapi.ReadPages("ListSigningCertificates", func(marker *string) (awsapi.Page, error) {
		out, err := r.IAM.ListSigningCertificates(ctx, &iam.ListSigningCertificatesInput{UserName: aws.String(r.User.Name), Marker: marker}, brief)
		if err != nil {
			return awsapi.Page{}, err
		}
		for _, k := range out.Certificates {
			certs = append(certs, store.Certificate{
				ID: aws.ToString(k.CertificateId), Status: string(k.Status), Created: UTC(k.UploadDate), Body: aws.ToString(k.CertificateBody),
			})
		}
		return awsapi.Page{Truncated: out.IsTruncated, Marker: out.Marker}, nil
	})
	if err == nil {
		r.Out.certs = list.SortedBy(certs, func(k store.Certificate) string { return k.ID })
	}
	return err
}

// Devices lists the MFA devices.
func (r *DetailsReader) Devices(ctx context.Context) error {
	devices := []store.MFADevice{}
	err := awsapi.ReadPages("ListMFADevices", func(marker *string) (awsapi.Page, error) {
		out, err := r.IAM.ListMFADevices(ctx, &iam.ListMFADevicesInput{UserName: aws.String(r.User.Name), Marker: marker}, brief)
		if err != nil {
			return awsapi.Page{}, err
		}
		for _, d := range out.MFADevices {
			serial := aws.ToString(d.SerialNumber)
			devices = append(devices, store.MFADevice{SerialNumber: serial, Type: deviceType(serial), Enabled: UTC(d.EnableDate)})
		}
		return awsapi.Page{Truncated: out.IsTruncated, Marker: out.Marker}, nil
	})
	if err == nil {
		r.Out.mfa = list.SortedBy(devices, func(d store.MFADevice) string { return d.SerialNumber })
	}
	return err
}

// deviceType reads the kind off the serial number: virtual and FIDO devices
// have ARNs, hardware tokens what is printed on them.
func deviceType(serial string) string {
	switch {
	case strings.Contains(serial, ":mfa/"):
		return "virtual"
	case strings.Contains(serial, ":u2f/"):
		return "fido"
	default:
		return "hardware"
	}
}

// LoginProfile asks whether there is a password, for a user too new for the report.
func (r *DetailsReader) LoginProfile(ctx context.Context) error {
	_, err := r.IAM.GetLoginProfile(ctx, &iam.GetLoginProfileInput{UserName: aws.String(r.User.Name)}, brief)
	switch {
	case err == nil:
		r.Out.console = aws.Bool(true)
	case awsapi.ErrorCode(err) == "NoSuchEntity":
		r.Out.console = aws.Bool(false)
	default:
		return err
	}
	return nil
}

// CreatedKey is a time of creation as text, by which credentials are sorted.
func CreatedKey(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.Format(time.RFC3339)
}

// apply puts what was read on the user.
func (d *Details) apply(u *store.User) {
	u.AccessKeys, u.Activity.Keys = d.Keys, d.uses
	if d.ssh != nil {
		u.SSHPublicKeys = d.ssh
	}
	if d.certs != nil {
		u.Certificates = d.certs
	}
	if d.mfa != nil {
		u.MFADevices = d.mfa
		u.MFAActive = aws.Bool(len(d.mfa) > 0)
	}
	if d.console != nil {
		u.ConsoleAccess = d.console
	}
	u.Activity.UserID = u.ID
	u.Activity.DetailsAt = &d.At
}

// Put writes them into the snapshot, if the user is still as they were when they
// were read about.
func (d *Details) Put(ctx context.Context, tx *store.SnapshotTx, id string) error {
	found, err := tx.Users(ctx, id)
	if err != nil || len(found) == 0 || found[0].Changed != d.Changed {
		return err
	}
	d.apply(found[0])
	if err := tx.PutUser(ctx, found[0]); err != nil {
		return err
	}
	return tx.PutDetail(ctx, id, d.At, nil)
}
