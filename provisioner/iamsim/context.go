package iamsim

import (
	"maps"
	"strconv"
	"strings"
	"time"
)

// context holds the condition keys of a request that are not properties of the
// principal
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html,
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html).
func (c *call) context(n need) map[string][]string {
	ctx := map[string][]string{
		"aws:CurrentTime":     {stamp(c.at)},
		"aws:EpochTime":       {strconv.FormatInt(c.at.Unix(), 10)},
		"aws:RequestedRegion": {c.region},
		"aws:SecureTransport": {"true"},
	}
	if c.sourceIP != "" {
		ctx["aws:SourceIp"] = []string{c.sourceIP}
	}
	for _, t := range n.tags {
		ctx["aws:ResourceTag/"+t.Key] = []string{t.Value}
		ctx["iam:ResourceTag/"+t.Key] = []string{t.Value}
	}
	if c.attaches() {
		ctx["iam:PolicyARN"] = []string{c.get("PolicyArn")}
	}
	c.requestTags(ctx)
	c.sessionKeys(ctx)
	maps.Copy(ctx, n.context)
	return ctx
}

// attaches: only these six actions have iam:PolicyARN.
func (c *call) attaches() bool {
	return c.op.service == "iam" && (strings.HasPrefix(c.op.name, "Attach") || strings.HasPrefix(c.op.name, "Detach"))
}

func (c *call) requestTags(ctx map[string][]string) {
	keys := c.values("TagKeys")
	for _, t := range c.tags() {
		ctx["aws:RequestTag/"+t.Key] = []string{t.Value}
		keys = append(keys, t.Key)
	}
	if len(keys) > 0 {
		ctx["aws:TagKeys"] = keys
	}
}

// sessionKeys are there with temporary credentials only. What revokes older
// sessions is a deny by aws:TokenIssueTime.
func (c *call) sessionKeys(ctx map[string][]string) {
	s := c.who.session
	if s == nil {
		return
	}
	ctx["aws:TokenIssueTime"] = []string{stamp(s.issued)}
	ctx["aws:MultiFactorAuthPresent"] = []string{boolText(s.mfa)}
	if s.mfa {
		ctx["aws:MultiFactorAuthAge"] = []string{strconv.Itoa(int(c.at.Sub(s.issued) / time.Second))}
	}
	if s.source != "" {
		ctx["aws:SourceIdentity"] = []string{s.source}
	}
}

// bounded are the actions that have iam:PermissionsBoundary. On any other one a
// condition on that key is not met, however the user is bounded.
var bounded = map[string]bool{
	"CreateUser": true, "CreateRole": true,
	"PutUserPermissionsBoundary": true, "PutRolePermissionsBoundary": true,
	"DeleteUserPermissionsBoundary": true, "DeleteRolePermissionsBoundary": true,
	"AttachUserPolicy": true, "AttachRolePolicy": true, "DetachUserPolicy": true, "DetachRolePolicy": true,
	"PutUserPolicy": true, "PutRolePolicy": true, "DeleteUserPolicy": true, "DeleteRolePolicy": true,
}

// boundaryContext is iam:PermissionsBoundary: of the principal being changed,
// or the one asked for.
func (c *call) boundaryContext(arn string) map[string][]string {
	if arn == "" || !bounded[c.op.name] {
		return nil
	}
	return map[string][]string{"iam:PermissionsBoundary": {arn}}
}
