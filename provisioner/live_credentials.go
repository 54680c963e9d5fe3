package provisioner

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"golang.org/x/sync/errgroup"

	"iamscim/provisioner/awsapi"
	"iamscim/provisioner/internal/list"
	"iamscim/store"
)

// readCredentials lists every kind of credential; one list that cannot be read
// fails all, for a deactivation must not overlook one.
//
// IAM actions: iam:ListAccessKeys, iam:ListSSHPublicKeys,
// iam:ListSigningCertificates, iam:ListServiceSpecificCredentials,
// iam:GetLoginProfile, iam:ListMFADevices.
func (p *Provisioner) readCredentials(ctx context.Context, name string) (*liveCredentials, error) {
	c := &liveCredentials{}
	c.at = p.now()
	r := detailsReader{iam: p.writes.iam, user: &store.User{Name: name}, out: &c.details}
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(parallelReads)
	g.Go(func() error { return p.readKeys(gctx, name, c) })
	g.Go(func() error { return r.sshKeys(gctx) })
	g.Go(func() error { return r.certificates(gctx) })
	g.Go(func() error { return p.readServiceCredentials(gctx, name, c) })
	g.Go(func() error { return r.loginProfile(gctx) })
	g.Go(func() error { return r.devices(gctx) })
	if err := g.Wait(); err != nil {
		return nil, readError("credentials of user", name, err)
	}
	return c, nil
}

func (p *Provisioner) readKeys(ctx context.Context, name string, c *liveCredentials) error {
	keys := []store.AccessKey{}
	err := awsapi.ReadPages("ListAccessKeys", func(marker *string) (awsapi.Page, error) {
		out, err := p.writes.iam.ListAccessKeys(ctx, &iam.ListAccessKeysInput{UserName: aws.String(name), Marker: marker})
		if err != nil {
			return awsapi.Page{}, err
		}
		for _, k := range out.AccessKeyMetadata {
			created := utc(k.CreateDate)
			keys = append(keys, store.AccessKey{ID: aws.ToString(k.AccessKeyId), Status: string(k.Status), Created: created, LastRotated: created})
		}
		return awsapi.Page{Truncated: out.IsTruncated, Marker: out.Marker}, nil
	})
	c.keys = list.SortedBy(keys, func(k store.AccessKey) string { return createdKey(k.Created) + k.ID })
	return err
}

func (p *Provisioner) readServiceCredentials(ctx context.Context, name string, c *liveCredentials) error {
	services := []store.ServiceCredential{}
	err := awsapi.ReadPages("ListServiceSpecificCredentials", func(marker *string) (awsapi.Page, error) {
		out, err := p.writes.iam.ListServiceSpecificCredentials(ctx, &iam.ListServiceSpecificCredentialsInput{UserName: aws.String(name), Marker: marker})
		if err != nil {
			return awsapi.Page{}, err
		}
		for _, s := range out.ServiceSpecificCredentials {
			services = append(services, store.ServiceCredential{
				ID: aws.ToString(s.ServiceSpecificCredentialId), Service: aws.ToString(s.ServiceName), User: aws.ToString(s.ServiceUserName),
				Status: string(s.Status), Created: utc(s.CreateDate), Expires: utc(s.ExpirationDate),
			})
		}
		return awsapi.Page{Truncated: out.IsTruncated, Marker: out.Marker}, nil
	})
	c.services = list.SortedBy(services, func(s store.ServiceCredential) string { return s.ID })
	return err
}
