package provisioner

import (
	"maps"
	"reflect"
	"slices"

	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"iamscim/store"
)

// subject is what a plan changes: one user, or one group with the memberships
// it touches. A plan that creates it begins with nil.
type subject struct {
	user  *store.User
	group *store.Group
	// members says for each user the plan touches whether they are a member.
	members map[string]bool
	// known are other users that were read live for the plan, by id.
	known map[string]*store.User
	// born is what AWS answered when the plan created it; nil in a dry run.
	born *made
}

// made is what a call answered that the plan must know.
type made struct {
	user  *iamtypes.User
	group *iamtypes.Group
}

// clone copies the subject as deep as effects change it.
func (x *subject) clone() *subject {
	out := &subject{members: maps.Clone(x.members), born: x.born}
	if x.user != nil {
		u := *x.user
		u.Tags, u.Inline, u.Attached, u.Groups = slices.Clone(u.Tags), slices.Clone(u.Inline), slices.Clone(u.Attached), slices.Clone(u.Groups)
		u.AccessKeys, u.SSHPublicKeys = slices.Clone(u.AccessKeys), slices.Clone(u.SSHPublicKeys)
		u.Certificates, u.ServiceCredentials = slices.Clone(u.Certificates), slices.Clone(u.ServiceCredentials)
		u.MFADevices = slices.Clone(u.MFADevices)
		u.Activity.Keys = slices.Clone(u.Activity.Keys)
		u.DisabledBy = slices.Clone(u.DisabledBy)
		out.user = &u
	}
	if x.group != nil {
		g := *x.group
		g.Inline, g.Attached = slices.Clone(g.Inline), slices.Clone(g.Attached)
		out.group = &g
	}
	return out
}

// alike compares what IAM knows of two subjects.
func alike(a, b *subject) bool {
	return reflect.DeepEqual(essence(a), essence(b))
}

func essence(x *subject) []any {
	out := []any{len(x.members)}
	for _, id := range slices.Sorted(maps.Keys(x.members)) {
		out = append(out, id, x.members[id])
	}
	refs := func(list []store.PolicyRef) {
		out = append(out, len(list))
		for _, p := range list {
			out = append(out, p.ARN)
		}
	}
	if u := x.user; u != nil {
		out = append(out, u.ID, u.Name, u.Path, u.Boundary, len(u.Tags), len(u.Inline))
		for _, t := range u.Tags {
			out = append(out, t)
		}
		for _, p := range u.Inline {
			out = append(out, p)
		}
		refs(u.Attached)
		out = append(out, len(u.Groups))
		for _, g := range u.Groups {
			out = append(out, g)
		}
		for _, c := range credentialsOf(u) {
			out = append(out, c)
		}
		out = append(out, u.ConsoleAccess != nil && *u.ConsoleAccess, len(u.MFADevices))
	}
	if g := x.group; g != nil {
		out = append(out, g.ID, g.Name, g.Path, len(g.Inline))
		for _, p := range g.Inline {
			out = append(out, p)
		}
		refs(g.Attached)
	}
	return out
}
