package provisioner

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"golang.org/x/sync/errgroup"

	"iamscim/provisioner/awsapi"
	"iamscim/provisioner/internal/list"
	"iamscim/provisioner/observer"
	"iamscim/store"
)

// readCredentials lists every kind of credential; one list that cannot be read
// fails all, for a deactivation must not overlook one.
//
// IAM actions: iam:ListAccessKeys, iam:ListSSHPublicKeys,
// iam:ListSigningCertificates, iam:ListServiceSpecificCredentials,
// iam:GetLoginProfile, iam:ListMFADevices.
func (p *Provisioner) readCredentials(ctx context.Context, name string) (*observer.LiveCredentials, error) {
	c := &observer.LiveCredentials{}
	c.At = p.now()
	r := observer.DetailsReader{IAM: p.writes.iam, User: &store.User{Name: name}, Out: &c.Details}
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(parallelReads)
	g.Go(func() error { return p.readKeys(gctx, name, c) })
	g.Go(func() error { return r.SSHKeys(gctx) })
	g.Go(func() error { return r.Certificates(gctx) })
	g.Go(func() error { return p.readServiceCredentials(gctx, name, c) })
	g.Go(func() error { return r.LoginProfile(gctx) })
	g.Go(func() error { return r.Devices(gctx) })
	if err := g.Wait(); err != nil {
		return nil, readError("credentials of user", name, err)
	}
	return c, nil
}

func (p *Provisioner) readKeys(ctx context.Context, name string, c *observer.LiveCredentials) error {
	keys := []store.AccessKey{}
	err := awsapi.ReadPages("ListAccessKeys", func(marker *string) (awsapi.Page, error) {
		out, err := p.writes.iam.ListAccessKeys(ctx, &iam.ListAccessKeysInput{UserName: aws.String(name), Marker: marker})
		if err != nil {
			return awsapi.Page{}, err
		}
		for _, k := range out.AccessKeyMetadata {
			created := observer.UTC(k.CreateDate)
			keys = append(keys, store.AccessKey{ID: aws.ToString(k.AccessKeyId), Status: string(k.Status), Created: created, LastRotated: created})
		}
		return awsapi.Page{Truncated: out.IsTruncated, Marker: out.Marker}, nil
	})
	c.Keys = list.SortedBy(keys, func(k store.AccessKey) string { return observer.CreatedKey(k.Created) + k.ID })
	return err
}

func (p *Provisioner) readServiceCredentials(ctx context.Context, name string, c *observer.LiveCredentials) error {
	services := []store.ServiceCredential{}
	err := awsapi.ReadPages("ListServiceSpecificCredentials", func(marker *string) (awsapi.Page, error) {
		out, err := p.writes.iam.ListServiceSpecificCredentials(ctx, &iam.ListServiceSpecificCredentialsInput{UserName: aws.String(name), Marker: marker})
		if err != nil {
			return awsapi.Page{}, err
		}
		for _, s := range out.ServiceSpecificCredentials {
			services = append(services, store.ServiceCredential{
				ID: aws.ToString(s.ServiceSpecificCredentialId), Service: aws.ToString(s.ServiceName), User: aws.ToString(s.ServiceUserName),
				Status: string(s.Status), Created: observer.UTC(s.CreateDate), Expires: observer.UTC(s.ExpirationDate),
			})
		}
		return awsapi.Page{Truncated: out.IsTruncated, Marker: out.Marker}, nil
	})
	c.Services = list.SortedBy(services, func(s store.ServiceCredential) string { return s.ID })
	return err
}
