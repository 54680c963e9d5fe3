package provisioner

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"iamscim/provisioner/internal/list"
	"iamscim/provisioner/observer"
)

// PolicyConfig says for whom IAMPolicies writes policies.
type PolicyConfig struct {
	Partition string // "aws"
	AccountID string
	Path      string   // GuardConfig.ManagePath
	Grantable []string // ARNs, with * and ?, of policies that may be attached and detached
	Boundary  string   // ARN of the boundary that new users must have; empty: none
}

// IAMPolicies are the least policies for this server's own role or user.
type IAMPolicies struct {
	// Read is what the observation needs, and the live reads before a write.
	Read PolicyDocument `json:"read"`
	// Lifecycle is what the steps of plans need beside Read.
	Lifecycle PolicyDocument `json:"lifecycle"`
	// LifecycleBounded is Lifecycle where users are created and given policies
	// only within PolicyConfig.Boundary.
	LifecycleBounded PolicyDocument `json:"lifecycleBounded"`
}

// PolicyDocument is an IAM policy.
type PolicyDocument struct {
	Version   string            `json:"Version"`
	Statement []PolicyStatement `json:"Statement"`
}

// PolicyStatement is a statement of an IAM policy.
type PolicyStatement struct {
	Sid       string                         `json:"Sid"`
	Effect    string                         `json:"Effect"`
	Action    []string                       `json:"Action"`
	Resource  []string                       `json:"Resource"`
	Condition map[string]map[string][]string `json:"Condition,omitempty"`
}

// String is the policy as IAM takes it.
func (d PolicyDocument) String() string {
	text, err := json.MarshalIndent(d, "", "  ")
	if err != nil { // strings and lists of strings can always be encoded
		return ""
	}
	return string(text)
}

// liveReads are the actions that the write path reads with, beside those of
// Permissions: nothing is decided on what is not fresh.
var liveReads = []string{
	"iam:GetGroup", "iam:GetGroupPolicy", "iam:GetRole", "iam:GetUser", "iam:GetUserPolicy", "iam:ListAttachedGroupPolicies",
	"iam:ListAttachedUserPolicies", "iam:ListGroupPolicies", "iam:ListGroups", "iam:ListGroupsForUser", "iam:ListUserPolicies",
	"iam:SimulatePrincipalPolicy",
}

// The actions of the steps, by what AWS can limit them by (Service
// Authorization Reference, AWS Identity and Access Management).
var (
	bornActions   = []string{"CreateUser"}
	userActionSet = []string{
		"DeactivateMFADevice", "DeleteAccessKey", "DeleteLoginProfile", "DeleteSSHPublicKey", "DeleteServiceSpecificCredential",
		"DeleteSigningCertificate", "DeleteUser", "DeleteUserPolicy", "TagUser", "UntagUser", "UpdateAccessKey", "UpdateSSHPublicKey",
		"UpdateServiceSpecificCredential", "UpdateSigningCertificate", "UpdateUser",
	}
	passwordActions = []string{"CreateLoginProfile", "UpdateLoginProfile"}
	inlineActions   = []string{"PutUserPolicy"}
	groupActionSet  = []string{"AddUserToGroup", "CreateGroup", "DeleteGroup", "DeleteGroupPolicy", "RemoveUserFromGroup", "UpdateGroup"}
	attachActions   = []string{"AttachUserPolicy", "DetachUserPolicy"}
	groupAttach     = []string{"AttachGroupPolicy", "DetachGroupPolicy"}
	boundaryActions = []string{"PutUserPermissionsBoundary"}
	deniedActions   = []string{"DeleteUserPermissionsBoundary"}
)

// NewIAMPolicies writes the policies.
func NewIAMPolicies(cfg PolicyConfig) IAMPolicies {
	if cfg.Partition == "" {
		cfg.Partition = "aws"
	}
	path := "/" + strings.Trim(cfg.Path, "/") + "/"
	if path == "//" {
		path = "/"
	}
	w := policyWriter{cfg: cfg, path: path}
	return IAMPolicies{Read: w.read(), Lifecycle: w.lifecycle(false), LifecycleBounded: w.lifecycle(true)}
}

type policyWriter struct {
	cfg  PolicyConfig
	path string
}

func (w *policyWriter) arn(kind string) string {
	return fmt.Sprintf("arn:%s:iam::%s:%s", w.cfg.Partition, w.cfg.AccountID, kind)
}

func document(statements ...PolicyStatement) PolicyDocument {
	return PolicyDocument{Version: "2012-10-17", Statement: statements}
}

func allow(sid string, actions []string, resources ...string) PolicyStatement {
	s := PolicyStatement{Sid: sid, Effect: "Allow", Resource: resources}
	for _, a := range actions {
		s.Action = append(s.Action, "iam:"+strings.TrimPrefix(a, "iam:"))
	}
	slices.Sort(s.Action)
	return s
}

// when adds a condition.
func (s PolicyStatement) when(operator, key string, values ...string) PolicyStatement {
	all := map[string]map[string][]string{}
	for op, keys := range s.Condition {
		all[op] = keys
	}
	keys := map[string][]string{}
	for k, v := range all[operator] {
		keys[k] = v
	}
	keys[key] = values
	all[operator] = keys
	s.Condition = all
	return s
}

func (w *policyWriter) read() PolicyDocument {
	actions := slices.Clone(liveReads)
	for _, p := range observer.Permissions {
		actions = append(actions, p.Action)
	}
	return document(allow("Read", list.Unique(actions), "*"))
}

// lifecycle scopes writing to the path. PutUserPolicy, which IAM cannot limit by
// what is put, stands alone: without it, a user whose attachments are all taken
// is deactivated without a deny of their own.
func (w *policyWriter) lifecycle(bounded bool) PolicyDocument {
	users, groups := w.arn("user"+w.path+"*"), w.arn("group"+w.path+"*")
	denyAll := "arn:" + w.cfg.Partition + ":iam::aws:policy/AWSDenyAll"
	within := func(s PolicyStatement) PolicyStatement {
		if bounded {
			return s.when("StringEquals", "iam:PermissionsBoundary", w.cfg.Boundary)
		}
		return s
	}
	statements := []PolicyStatement{
		within(allow("CreateUsers", bornActions, users)),
		allow("WriteUsers", userActionSet, users),
		allow("WritePasswords", passwordActions, users),
		allow("DenyUsers", attachActions, users).when("ArnEquals", "iam:PolicyARN", denyAll),
		within(allow("DenyUsersInline", inlineActions, users)),
		allow("DeleteVirtualDevices", []string{"DeleteVirtualMFADevice"}, w.arn("mfa/*")),
		allow("WriteGroups", groupActionSet, groups),
	}
	if len(w.cfg.Grantable) > 0 {
		statements = append(statements,
			within(allow("GrantPolicies", attachActions[:1], users)).when("ArnLike", "iam:PolicyARN", w.cfg.Grantable...),
			allow("TakePolicies", attachActions[1:], users).when("ArnLike", "iam:PolicyARN", w.cfg.Grantable...),
			allow("GrantPoliciesToGroups", groupAttach, groups).when("ArnLike", "iam:PolicyARN", w.cfg.Grantable...))
	}
	if w.cfg.Boundary != "" {
		statements = append(statements, allow("SetBoundary", boundaryActions, users).when("StringEquals", "iam:PermissionsBoundary", w.cfg.Boundary))
	}
	deny := allow("KeepBoundaries", deniedActions, "*")
	deny.Effect = "Deny"
	return document(append(statements, deny)...)
}
