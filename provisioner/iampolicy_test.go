package provisioner_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"iamscim/provisioner"
	"iamscim/provisioner/iamsim"
	"iamscim/provisioner/planner"
)

// published reads docs/iam-policy.json as an operator does who fills in the
// account and the path.
func published(t *testing.T, account string) provisioner.IAMPolicies {
	t.Helper()
	text, err := os.ReadFile("../docs/iam-policy.json")
	if err != nil {
		t.Fatal(err)
	}
	filled := strings.NewReplacer("ACCOUNT_ID", account, "PATH", "scim", "GRANTABLE", "team", "BOUNDARY", "edge").Replace(string(text))
	var all provisioner.IAMPolicies
	if err := json.Unmarshal([]byte(filled), &all); err != nil {
		t.Fatal(err)
	}
	return all
}

const (
	teamPolicy = "arn:aws:iam::123456789012:policy/team/readers"
	edgePolicy = "arn:aws:iam::123456789012:policy/edge"
	s3Read     = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}]}`
)

// TestLifecycleUnderPublishedPolicy goes through everything that SCIM can ask
// for, with a role that holds exactly the published policies.
func TestLifecycleUnderPublishedPolicy(t *testing.T) {
	t.Parallel()
	all := published(t, "123456789012")
	for name, write := range map[string]provisioner.PolicyDocument{"lifecycle": all.Lifecycle, "lifecycleBounded": all.LifecycleBounded} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := managing("/scim/")
			cfg.Grantable = []string{"arn:aws:iam::123456789012:policy/team/*"}
			cfg.Write.Passwords, cfg.Write.Strict = true, true
			if name == "lifecycleBounded" {
				cfg.Write.CreateBoundary = edgePolicy
			}
			fill := func(a *iamsim.Account) { veteran(a, cfg.Write.CreateBoundary) }
			l := newGuardLab(t, setup{role: all.Read.String(), policies: []string{write.String()}, config: cfg, fill: fill})
			for name, o := range l.decisions() {
				if o.Decision != provisioner.Allowed {
					t.Errorf("%s: %+v", name, o)
				}
			}
			l.ResetCalls()
			l.live()
			used := map[string]bool{}
			for _, c := range l.Journal() {
				used["iam:"+c.Action] = true
				if c.Code != "" && c.Code != "NoSuchEntity" {
					t.Errorf("%s %v: %s", c.Action, c.Params, c.Code)
				}
			}
			// Everything that the policy allows is needed by somebody.
			exceptions := []string{
				"iam:TagUser", "iam:UntagUser", // TagUser is asked for with CreateUser
				"iam:DeleteUserPermissionsBoundary", // denied
			}
			if cfg.Write.CreateBoundary != "" {
				exceptions = append(exceptions, "iam:PutUserPermissionsBoundary") // it is there from the start
			}
			for _, s := range write.Statement {
				for _, action := range s.Action {
					if !used[action] && !slices.Contains(exceptions, action) {
						t.Errorf("%s was never called", action)
					}
				}
			}
			l.settled()
			l.resist(t)
		})
	}
}

// veteran is a user with one of everything, in a group with one of everything.
func veteran(a *iamsim.Account, boundary string) {
	a.AddPolicy(iamsim.Policy{Name: "readers", Path: "/team/"}, s3Read)
	a.AddPolicy(iamsim.Policy{Name: "edge", Path: "/"}, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:*","ec2:*"],"Resource":"*"}]}`)
	var full []string
	for i := range 10 {
		full = append(full, a.AddPolicy(iamsim.Policy{Name: "full" + string(rune('0'+i)), Path: "/team/"}, s3Read).ARN)
	}
	a.AddGroup(iamsim.Group{Name: "old", Path: "/scim/", Grants: iamsim.Grants{
		Attached: []string{teamPolicy}, Inline: []iamsim.InlinePolicy{{Name: "own", Document: s3Read}},
	}})
	now := a.Now()
	veteran := iamsim.User{
		Name: "veteran", Path: "/scim/", Boundary: boundary, Created: now.Add(-time.Hour), Login: &iamsim.LoginProfile{Changed: now},
		Grants:       iamsim.Grants{Attached: []string{teamPolicy}, Inline: []iamsim.InlinePolicy{{Name: "own", Document: s3Read}}},
		Keys:         []iamsim.AccessKey{{ID: "AKIAVETERAN000000001", Status: "Active", Created: now}},
		SSHKeys:      []iamsim.SSHKey{{ID: "APKAVETERAN000000001", Status: "Active", Uploaded: now}},
		Certificates: []iamsim.Certificate{{ID: "VETERANCERTIFICATE0000001", Status: "Active", Uploaded: now}},
		Credentials:  []iamsim.ServiceCredential{{ID: "ACCAVETERAN000000001", Service: "codecommit.amazonaws.com", UserName: "veteran-at-1", Status: "Active", Created: now}},
		MFA:          []iamsim.MFADevice{{Serial: a.AddVirtualDevice("veteran"), Enabled: now}},
	}
	a.AddUser(veteran)
	a.AddUser(iamsim.User{Name: "full", Path: "/scim/", Boundary: boundary, Created: now.Add(-time.Hour), Grants: iamsim.Grants{Attached: full}})
	a.Join("veteran", "old")
}

// live makes every kind of change once.
func (l *writeLab) live() {
	l.t.Helper()
	ann := l.must(l.create(planner.UserWish{UserName: ptr("ann"), Password: ptr("Correct-Horse-1"), Entitlements: &[]string{teamPolicy}})).ID
	l.must(l.update(ann, planner.UserWish{UserName: ptr("annie"), Password: ptr("Correct-Horse-2"), Entitlements: &[]string{}}))
	l.must(l.update(ann, planner.UserWish{Path: ptr("/scim/staff/"), Boundary: ptr(edgePolicy)}))
	dev := l.must(l.p.CreateGroup(l.t.Context(), everyScope, planner.GroupWish{
		DisplayName: ptr("dev"), Policies: &[]string{teamPolicy}, AddMembers: []string{ann},
	}, provisioner.Options{})).ID
	l.must(l.updateGroup(dev, planner.GroupWish{DisplayName: ptr("developers"), RemoveMembers: []string{ann}, Policies: &[]string{}}))
	l.must(l.update(ann, planner.UserWish{Active: ptr(false)}))
	l.must(l.update(ann, planner.UserWish{Active: ptr(true)}))
	for _, name := range []string{"veteran", "full"} {
		id := l.id(name)
		l.must(l.update(id, planner.UserWish{Active: ptr(false)}))
		l.must(l.update(id, planner.UserWish{Active: ptr(true)}))
		l.must(l.delete(id))
	}
	for _, id := range []string{dev, l.groupID("old")} {
		l.must(l.p.DeleteGroup(l.t.Context(), everyScope, id, nil, provisioner.Options{}))
	}
	l.must(l.delete(ann))
}

// resist checks that AWS itself refuses what the guards would: with no guards at
// all, the published policy still holds.
func (l *writeLab) resist(t *testing.T) {
	t.Helper()
	open := managing("/")
	open.Grantable = []string{administratorAccess}
	open.Write.Passwords, open.Write.CreatePath = true, "/scim/"
	open.Write.CreateBoundary = edgePolicy
	l.guarded(open)
	bob := l.must(l.create(planner.UserWish{UserName: ptr("bob"), Boundary: ptr(edgePolicy)})).ID
	for name, attempt := range map[string]func() error{
		"attach AdministratorAccess": func() error {
			_, err := l.update(bob, planner.UserWish{Entitlements: &[]string{administratorAccess}})
			return err
		},
		"remove the boundary": func() error {
			_, err := l.update(bob, planner.UserWish{Boundary: ptr("")})
			return err
		},
		"replace the boundary": func() error {
			_, err := l.update(bob, planner.UserWish{Boundary: ptr(administratorAccess)})
			return err
		},
		"create elsewhere": func() error {
			_, err := l.create(planner.UserWish{UserName: ptr("eve"), Path: ptr("/")})
			return err
		},
		"move elsewhere": func() error {
			_, err := l.update(bob, planner.UserWish{Path: ptr("/")})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) { wantDenied(t, attempt(), "aws") })
	}
	if u := l.user(bob); u.Boundary != edgePolicy || u.Path != "/scim/" || len(u.Attached) > 0 {
		t.Errorf("got %+v", u)
	}
}
