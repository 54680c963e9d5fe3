package provisioner

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

// details is what only calls about one user tell. A nil list was not asked
// for, or not answered.
type details struct {
	at      time.Time // before the first call
	changed int64     // generation of the user that was read about
	keys    []store.AccessKey
	uses    []store.KeyUse
	ssh     []store.Credential
	certs   []store.Certificate
	mfa     []store.MFADevice
	console *bool
}

// detailsReader asks about one user.
type detailsReader struct {
	iam  *iam.Client
	user *store.User
	row  *reportRow // nil: not in the report, so nothing can be left out
	at   time.Time  // of the report
	out  *details
}

// read asks for the access keys, without which there are no details, and for
// what else the report says there may be. An error that wraps store.ErrNotFound
// means that there is no user of that name.
//
// IAM actions: those of Permissions about one user.
func (r *detailsReader) read(ctx context.Context, now time.Time) (*details, error) {
	r.out = &details{at: now}
	if err := r.accessKeys(ctx); err != nil {
		return nil, err
	}
	var errs []error
	errs = append(errs, r.sshKeys(ctx))
	if r.row == nil || len(r.row.certs) > 0 || len(r.user.Certificates) > 0 {
		errs = append(errs, r.certificates(ctx))
	}
	virtual := false
	for _, d := range r.user.MFADevices {
		virtual = virtual || d.Type == "virtual"
	}
	if !virtual && (r.row == nil || r.row.mfaActive == nil || *r.row.mfaActive || len(r.user.MFADevices) > 0) {
		errs = append(errs, r.devices(ctx))
	}
	if r.row == nil {
		errs = append(errs, r.loginProfile(ctx))
	}
	return r.out, errors.Join(errs...)
}

// accessKeys lists the keys and finds out when they were last used: from the
// report if the dates say which slot is which, else by asking about the key.
func (r *detailsReader) accessKeys(ctx context.Context) error {
	keys := []store.AccessKey{}
	err := awsapi.ReadPages("ListAccessKeys", func(marker *string) (awsapi.Page, error) {
		out, err := r.iam.ListAccessKeys(ctx, &iam.ListAccessKeysInput{UserName: aws.String(r.user.Name), Marker: marker}, brief)
		if err != nil {
			return awsapi.Page{}, err
		}
		for _, k := range out.AccessKeyMetadata {
			created := utc(k.CreateDate)
			keys = append(keys, store.AccessKey{ID: aws.ToString(k.AccessKeyId), Status: string(k.Status), Created: created, LastRotated: created})
		}
		return awsapi.Page{Truncated: out.IsTruncated, Marker: out.Marker}, nil
	})
	if awsapi.ErrorCode(err) == "NoSuchEntity" {
		return fmt.Errorf("details of user %q: %w: %w", r.user.Name, store.ErrNotFound, err)
	}
	if err != nil {
		return fmt.Errorf("details of user %q: %w", r.user.Name, err)
	}
	r.out.keys = list.SortedBy(keys, func(k store.AccessKey) string { return createdKey(k.Created) + k.ID })
	r.out.uses = make([]store.KeyUse, len(keys))
	return r.lastUses(ctx)
}

func (r *detailsReader) lastUses(ctx context.Context) error {
	created := make([]*time.Time, len(r.out.keys))
	for i, k := range r.out.keys {
		created[i] = k.Created
		r.out.uses[i] = r.knownUse(k.ID)
	}
	m := merge{at: r.at, live: &r.out.at, older: true}
	if r.row != nil {
		m.slots = r.row.keys
	}
	slot, _ := m.match(created)
	for i, s := range slot {
		if s >= 0 {
			r.out.uses[i] = later(r.out.uses[i], &m.slots[s])
			continue
		}
		use, err := r.lastUse(ctx, r.out.keys[i].ID)
		if err != nil {
			return fmt.Errorf("last use of a key of %q: %w", r.user.Name, err)
		}
		r.out.uses[i] = use
	}
	return nil
}

// knownUse is what was known of the key before.
func (r *detailsReader) knownUse(id string) store.KeyUse {
	for i, k := range r.user.AccessKeys {
		if k.ID == id {
			return useAt(r.user.Activity.Keys, i)
		}
	}
	return store.KeyUse{}
}

func (r *detailsReader) lastUse(ctx context.Context, id string) (store.KeyUse, error) {
	out, err := r.iam.GetAccessKeyLastUsed(ctx, &iam.GetAccessKeyLastUsedInput{AccessKeyId: aws.String(id)}, brief)
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
	return store.KeyUse{LastUsed: utc(used.LastUsedDate), Service: said(used.ServiceName), Region: said(used.Region)}, nil
}

func (r *detailsReader) sshKeys(ctx context.Context) error {
	keys := []store.Credential{}
	err := awsapi.ReadPages("ListSSHPublicKeys", func(marker *string) (awsapi.Page, error) {
		out, err := r.iam.ListSSHPublicKeys(ctx, &iam.ListSSHPublicKeysInput{UserName: aws.String(r.user.Name), Marker: marker}, brief)
		if err != nil {
			return awsapi.Page{}, err
		}
		for _, k := range out.SSHPublicKeys {
			keys = append(keys, store.Credential{ID: aws.ToString(k.SSHPublicKeyId), Status: string(k.Status), Created: utc(k.UploadDate)})
		}
		return awsapi.Page{Truncated: out.IsTruncated, Marker: out.Marker}, nil
	})
	if err == nil {
		r.out.ssh = list.SortedBy(keys, func(k store.Credential) string { return k.ID })
	}
	return err
}

func (r *detailsReader) certificates(ctx context.Context) error {
	certs := []store.Certificate{}
	err := awsapi.ReadPages("ListSigningCertificates", func(marker *string) (awsapi.Page, error) {
		out, err := r.iam.ListSigningCertificates(ctx, &iam.ListSigningCertificatesInput{UserName: aws.String(r.user.Name), Marker: marker}, brief)
		if err != nil {
			return awsapi.Page{}, err
		}
		for _, k := range out.Certificates {
			certs = append(certs, store.Certificate{
				ID: aws.ToString(k.CertificateId), Status: string(k.Status), Created: utc(k.UploadDate), Body: aws.ToString(k.CertificateBody),
			})
		}
		return awsapi.Page{Truncated: out.IsTruncated, Marker: out.Marker}, nil
	})
	if err == nil {
		r.out.certs = list.SortedBy(certs, func(k store.Certificate) string { return k.ID })
	}
	return err
}

func (r *detailsReader) devices(ctx context.Context) error {
	devices := []store.MFADevice{}
	err := awsapi.ReadPages("ListMFADevices", func(marker *string) (awsapi.Page, error) {
		out, err := r.iam.ListMFADevices(ctx, &iam.ListMFADevicesInput{UserName: aws.String(r.user.Name), Marker: marker}, brief)
		if err != nil {
			return awsapi.Page{}, err
		}
		for _, d := range out.MFADevices {
			serial := aws.ToString(d.SerialNumber)
			devices = append(devices, store.MFADevice{SerialNumber: serial, Type: deviceType(serial), Enabled: utc(d.EnableDate)})
		}
		return awsapi.Page{Truncated: out.IsTruncated, Marker: out.Marker}, nil
	})
	if err == nil {
		r.out.mfa = list.SortedBy(devices, func(d store.MFADevice) string { return d.SerialNumber })
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

// loginProfile asks whether there is a password, for a user too new for the report.
func (r *detailsReader) loginProfile(ctx context.Context) error {
	_, err := r.iam.GetLoginProfile(ctx, &iam.GetLoginProfileInput{UserName: aws.String(r.user.Name)}, brief)
	switch {
	case err == nil:
		r.out.console = aws.Bool(true)
	case awsapi.ErrorCode(err) == "NoSuchEntity":
		r.out.console = aws.Bool(false)
	default:
		return err
	}
	return nil
}

func createdKey(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.Format(time.RFC3339)
}

// apply puts what was read on the user.
func (d *details) apply(u *store.User) {
	u.AccessKeys, u.Activity.Keys = d.keys, d.uses
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
	u.Activity.DetailsAt = &d.at
}

func (d *details) put(ctx context.Context, tx *store.SnapshotTx, id string) error {
	found, err := tx.Users(ctx, id)
	if err != nil || len(found) == 0 || found[0].Changed != d.changed {
		return err
	}
	d.apply(found[0])
	if err := tx.PutUser(ctx, found[0]); err != nil {
		return err
	}
	return tx.PutDetail(ctx, id, d.at, nil)
}
