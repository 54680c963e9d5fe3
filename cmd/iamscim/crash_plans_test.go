package main

import (
	"fmt"
	"strings"

	"iamscim/provisioner/iamsim"
)

// cast is one copy of who takes part: Ann, who has one of everything, and Bob
// are in dev, Carl is not, and ops is empty.
func cast(a *iamsim.Account, s string) {
	const read = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:List*","Resource":"*"}]}`
	number := strings.ToUpper(strings.TrimPrefix(s, "-"))
	ours := []iamsim.Tag{{Key: "iamscim:managed", Value: "x" + s}, {Key: "email", Value: "somebody@example.com"}}
	a.AddUser(iamsim.User{
		Name: "ann" + s, Path: "/staff/", Login: &iamsim.LoginProfile{Password: "Secret-1234"}, Tags: ours,
		Keys:         []iamsim.AccessKey{{Status: "Active"}, {Status: "Inactive"}},
		SSHKeys:      []iamsim.SSHKey{{ID: "APKA0000000000000" + number, Status: "Active"}},
		Certificates: []iamsim.Certificate{{ID: "CERT00000000000000000000" + number, Status: "Active"}},
		Credentials:  []iamsim.ServiceCredential{{ID: "ACCA0000000000000" + number, Service: "codecommit.amazonaws.com", UserName: "ann-at-1" + s, Status: "Active"}},
		MFA:          []iamsim.MFADevice{{Serial: a.AddVirtualDevice("phone" + s), Enabled: a.Now()}},
		Grants:       iamsim.Grants{Attached: []string{readOnlyARN}, Inline: []iamsim.InlinePolicy{{Name: "own", Document: read}}},
	})
	a.AddUser(iamsim.User{Name: "bob" + s, Path: "/staff/", Tags: ours})
	a.AddUser(iamsim.User{Name: "carl" + s, Path: "/staff/", Tags: ours})
	a.AddGroup(iamsim.Group{Name: "dev" + s, Path: "/teams/", Grants: iamsim.Grants{
		Attached: []string{readOnlyARN}, Inline: []iamsim.InlinePolicy{{Name: "local", Document: read}},
	}})
	a.AddGroup(iamsim.Group{Name: "ops" + s, Path: "/teams/"})
	a.Join("ann"+s, "dev"+s)
	a.Join("bob"+s, "dev"+s)
}

func (w *world) userID(name string) string {
	w.t.Helper()
	u, ok := w.sim.User(name)
	if !ok {
		return "AIDANOBODY"
	}
	return u.ID
}

func (w *world) groupID(name string) string {
	w.t.Helper()
	g, ok := w.sim.Group(name)
	if !ok {
		return "AGPANOBODY"
	}
	return g.ID
}

// ann and dev find their object under the old name or, renamed, under the new.
func ann(w *world, s string) string {
	if _, renamed := w.sim.User("anna" + s); renamed {
		return "/Users/" + w.userID("anna"+s)
	}
	return "/Users/" + w.userID("ann"+s)
}

func dev(w *world, s string) string {
	if _, renamed := w.sim.Group("developers" + s); renamed {
		return "/Groups/" + w.groupID("developers"+s)
	}
	return "/Groups/" + w.groupID("dev"+s)
}

const aPatch = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[%s]}`

// patch is a request that changes the object at a path.
func patch(at func(*world, string) string, operations func(w *world, s string) string) request {
	return func(w *world, s string) (string, string, string) {
		return "PATCH", at(w, s), fmt.Sprintf(aPatch, operations(w, s))
	}
}

// words are operations that name nobody but by the suffix, %[1]s.
func words(text string) func(*world, string) string {
	return func(_ *world, s string) string { return strings.ReplaceAll(text, "%s", s) }
}

var (
	off = patch(ann, words(`{"op":"replace","path":"active","value":false}`))
	on  = patch(ann, words(`{"op":"replace","path":"active","value":true}`))
)

var crashPlans = []crashPlan{
	{name: "user create", calls: "CreateUser AttachUserPolicy AddUserToGroup AddUserToGroup CreateLoginProfile",
		request: func(w *world, s string) (string, string, string) {
			return "POST", "/Users", fmt.Sprintf(`{"userName":"new%s","title":"Engineer","password":"Secret-1234-%[1]s","entitlements":[{"value":%q}],
				"groups":[{"value":%q},{"value":%q}],"%s":{"path":"/staff/"}}`, s, auditorARN, w.groupID("dev"+s), w.groupID("ops"+s), awsUser)
		}},
	{name: "user create inactive", calls: "CreateUser AttachUserPolicy",
		request: func(_ *world, s string) (string, string, string) {
			return "POST", "/Users", fmt.Sprintf(`{"userName":"new%s","active":false}`, s)
		}},
	{name: "user rename", calls: "UpdateUser",
		request: patch(ann, words(`{"op":"replace","value":{"userName":"anna%s","title":"CTO"}}`))},
	{name: "entitlements", calls: "DetachUserPolicy AttachUserPolicy",
		request: patch(ann, words(fmt.Sprintf(`{"op":"replace","path":"entitlements","value":[{"value":%q}]}`, auditorARN)))},
	{name: "user replace", calls: "DetachUserPolicy AttachUserPolicy RemoveUserFromGroup AddUserToGroup UpdateUser UpdateLoginProfile",
		request: func(w *world, s string) (string, string, string) {
			return "PUT", ann(w, s), fmt.Sprintf(`{"userName":"anna%s","title":"CTO","password":"Another-1234","entitlements":[{"value":%q}],"groups":[{"value":%q}]}`,
				s, auditorARN, w.groupID("ops"+s))
		}},
	{name: "deactivate", forward: true, request: off,
		calls: "AttachUserPolicy UpdateAccessKey UpdateSSHPublicKey UpdateSigningCertificate UpdateServiceSpecificCredential"},
	{name: "deactivate without keys", forward: true, calls: "AttachUserPolicy",
		request: func(w *world, s string) (string, string, string) {
			return "PATCH", "/Users/" + w.userID("bob"+s), fmt.Sprintf(aPatch, `{"op":"replace","path":"active","value":false}`)
		}},
	{name: "deactivate strictly", forward: true, request: off, extra: []string{"--deactivate", "strict"},
		calls: "AttachUserPolicy UpdateAccessKey UpdateSSHPublicKey UpdateSigningCertificate UpdateServiceSpecificCredential DeleteLoginProfile"},
	{name: "reactivate", prepare: off, request: on,
		calls: "UpdateAccessKey UpdateSSHPublicKey UpdateSigningCertificate UpdateServiceSpecificCredential DetachUserPolicy"},
	{name: "deactivate and rename", half: off, request: patch(ann, words(`{"op":"replace","value":{"active":false,"userName":"anna%s"}}`)),
		calls: "AttachUserPolicy UpdateAccessKey UpdateSSHPublicKey UpdateSigningCertificate UpdateServiceSpecificCredential UpdateUser"},
	{name: "user delete", forward: true,
		request: func(w *world, s string) (string, string, string) { return "DELETE", ann(w, s), "" },
		calls: `AttachUserPolicy UpdateAccessKey UpdateSSHPublicKey UpdateSigningCertificate UpdateServiceSpecificCredential DeleteLoginProfile
			DeleteAccessKey DeleteAccessKey DeleteServiceSpecificCredential DeleteSSHPublicKey DeleteSigningCertificate
			DeactivateMFADevice DeleteVirtualMFADevice RemoveUserFromGroup DeleteUserPolicy DetachUserPolicy DetachUserPolicy DeleteUser`},
	{name: "group create", calls: "CreateGroup AttachGroupPolicy AddUserToGroup AddUserToGroup",
		request: func(w *world, s string) (string, string, string) {
			return "POST", "/Groups", fmt.Sprintf(`{"displayName":"new%s","externalId":"x%[1]s","members":[{"value":%q},{"value":%q}],"%s":{"attachedPolicies":[{"value":%q}]}}`,
				s, w.userID("ann"+s), w.userID("bob"+s), awsGroup, readOnlyARN)
		}},
	{name: "group rename", calls: "UpdateGroup",
		request: patch(dev, words(`{"op":"replace","value":{"displayName":"developers%s","externalId":"x%s"}}`))},
	{name: "group members", calls: "RemoveUserFromGroup AddUserToGroup",
		request: func(w *world, s string) (string, string, string) {
			return "PATCH", "/Groups/" + w.groupID("dev"+s), fmt.Sprintf(aPatch, fmt.Sprintf(
				`{"op":"add","path":"members","value":[{"value":%q}]},{"op":"remove","path":"members","value":[{"value":%q}]}`,
				w.userID("carl"+s), w.userID("ann"+s)))
		}},
	{name: "group replace", calls: "DetachGroupPolicy AttachGroupPolicy RemoveUserFromGroup AddUserToGroup UpdateGroup",
		request: func(w *world, s string) (string, string, string) {
			return "PUT", dev(w, s), fmt.Sprintf(`{"displayName":"developers%s","members":[{"value":%q},{"value":%q}],"%s":{"attachedPolicies":[{"value":%q}]}}`,
				s, w.userID("bob"+s), w.userID("carl"+s), awsGroup, auditorARN)
		}},
	{name: "group delete", forward: true, calls: "RemoveUserFromGroup RemoveUserFromGroup DeleteGroupPolicy DetachGroupPolicy DeleteGroup",
		request: func(w *world, s string) (string, string, string) { return "DELETE", dev(w, s), "" }},
}
