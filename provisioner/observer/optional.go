package observer

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"iamscim/provisioner/awsapi"
	"iamscim/store"
)

func (o *Observer) readSummary(ctx context.Context) error {
	out, err := o.IAM.GetAccountSummary(ctx, &iam.GetAccountSummaryInput{}, brief)
	if err != nil {
		return err
	}
	o.facts.summary = make(map[string]int64, len(out.SummaryMap))
	for k, v := range out.SummaryMap {
		o.facts.summary[k] = int64(v)
	}
	return nil
}

func (o *Observer) readAlias(ctx context.Context) error {
	out, err := o.IAM.ListAccountAliases(ctx, &iam.ListAccountAliasesInput{}, brief)
	if err != nil {
		return err
	}
	if len(out.AccountAliases) > 0 { // an account has at most one
		o.facts.alias = out.AccountAliases[0]
	}
	return nil
}

// readRoleExtras reads what GetAccountAuthorizationDetails leaves out of roles.
func (o *Observer) readRoleExtras(ctx context.Context) error {
	extras := map[string]iamtypes.Role{}
	err := awsapi.ReadPages("ListRoles", func(marker *string) (awsapi.Page, error) {
		out, err := o.IAM.ListRoles(ctx, &iam.ListRolesInput{MaxItems: aws.Int32(awsapi.PageSize), Marker: marker}, brief)
		if err != nil {
			return awsapi.Page{}, err
		}
		for _, r := range out.Roles {
			extras[aws.ToString(r.RoleId)] = r
		}
		return awsapi.Page{Truncated: out.IsTruncated, Marker: out.Marker}, nil
	})
	if err == nil {
		o.facts.roleExtras = extras
	}
	return err
}

// readVirtualMFA reads the virtual devices of all users at once; hardware and
// FIDO devices are known per user only (details.go).
func (o *Observer) readVirtualMFA(ctx context.Context) error {
	devices := map[string][]store.MFADevice{}
	err := awsapi.ReadPages("ListVirtualMFADevices", func(marker *string) (awsapi.Page, error) {
		out, err := o.IAM.ListVirtualMFADevices(ctx, &iam.ListVirtualMFADevicesInput{
			AssignmentStatus: iamtypes.AssignmentStatusTypeAssigned, MaxItems: aws.Int32(awsapi.PageSize), Marker: marker,
		}, brief)
		if err != nil {
			return awsapi.Page{}, err
		}
		for _, d := range out.VirtualMFADevices {
			if d.User == nil || d.User.UserName == nil { // the account root's
				continue
			}
			key := store.Fold(aws.ToString(d.User.UserName))
			devices[key] = append(devices[key], store.MFADevice{
				SerialNumber: aws.ToString(d.SerialNumber), Type: "virtual", Enabled: UTC(d.EnableDate),
			})
		}
		return awsapi.Page{Truncated: out.IsTruncated, Marker: out.Marker}, nil
	})
	if err == nil {
		o.facts.virtualMFA = devices
	}
	return err
}

func (o *Observer) readServiceCredentials(ctx context.Context) error {
	byUser := map[string][]store.ServiceCredential{}
	err := awsapi.ReadPages("ListServiceSpecificCredentials", func(marker *string) (awsapi.Page, error) {
		out, err := o.IAM.ListServiceSpecificCredentials(ctx, &iam.ListServiceSpecificCredentialsInput{
			AllUsers: aws.Bool(true), MaxItems: aws.Int32(awsapi.PageSize), Marker: marker,
		}, brief)
		if err != nil {
			return awsapi.Page{}, err
		}
		for _, c := range out.ServiceSpecificCredentials {
			key := store.Fold(aws.ToString(c.UserName))
			byUser[key] = append(byUser[key], store.ServiceCredential{
				ID: aws.ToString(c.ServiceSpecificCredentialId), Service: aws.ToString(c.ServiceName), User: aws.ToString(c.ServiceUserName),
				Status: string(c.Status), Created: UTC(c.CreateDate), Expires: UTC(c.ExpirationDate),
			})
		}
		return awsapi.Page{Truncated: out.IsTruncated, Marker: out.Marker}, nil
	})
	if err == nil {
		o.facts.serviceKeys = byUser
	}
	return err
}
