package planner

import (
	"maps"
	"reflect"
	"slices"

	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"iamscim/store"
)

// Subject is what a plan changes: one user, or one group with the memberships
// it touches. A plan that creates it begins with nil.
type Subject struct {
	User  *store.User
	Group *store.Group
	// Members says for each user the plan touches whether they are a member.
	Members map[string]bool
	// Known are other users that were read live for the plan, by id.
	Known map[string]*store.User
	// Born is what AWS answered when the plan created it; nil in a dry run.
	Born *Created
}

// Created is what a call answered that the plan must know.
type Created struct {
	User  *iamtypes.User
	Group *iamtypes.Group
}

// Clone copies the subject as deep as effects change it.
func (x *Subject) Clone() *Subject {
	out := &Subject{Members: maps.Clone(x.Members), Born: x.Born}
	if x.User != nil {
		u := *x.User
		u.Tags, u.Inline, u.Attached, u.Groups = slices.Clone(u.Tags), slices.Clone(u.Inline), slices.Clone(u.Attached), slices.Clone(u.Groups)
		u.AccessKeys, u.SSHPublicKeys = slices.Clone(u.AccessKeys), slices.Clone(u.SSHPublicKeys)
		u.Certificates, u.ServiceCredentials = slices.Clone(u.Certificates), slices.Clone(u.ServiceCredentials)
		u.MFADevices = slices.Clone(u.MFADevices)
		u.Activity.Keys = slices.Clone(u.Activity.Keys)
		u.DisabledBy = slices.Clone(u.DisabledBy)
		out.User = &u
	}
	if x.Group != nil {
		g := *x.Group
		g.Inline, g.Attached = slices.Clone(g.Inline), slices.Clone(g.Attached)
		out.Group = &g
	}
	return out
}

// Alike compares what IAM knows of two subjects.
func Alike(a, b *Subject) bool {
	return reflect.DeepEqual(essence(a), essence(b))
}

func essence(x *Subject) []any {
	out := []any{len(x.Members)}
	for _, id := range slices.Sorted(maps.Keys(x.Members)) {
		out = append(out, id, x.Members[id])
	}
	refs := func(list []store.PolicyRef) {
		out = append(out, len(list))
		for _, p := range list {
			out = append(out, p.ARN)
		}
	}
	if u := x.User; u != nil {
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
		for _, c := range CredentialsOf(u) {
			out = append(out, c)
		}
		out = append(out, u.ConsoleAccess != nil && *u.ConsoleAccess, len(u.MFADevices))
	}
	if g := x.Group; g != nil {
		out = append(out, g.ID, g.Name, g.Path, len(g.Inline))
		for _, p := range g.Inline {
			out = append(out, p)
		}
		refs(g.Attached)
	}
	return out
}
