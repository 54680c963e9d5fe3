package provisioner_test

import (
	"fmt"
	"testing"

	"iamscim/provisioner"
	"iamscim/provisioner/awsapi"
	"iamscim/provisioner/iamsim"
)

// setup is what a guard lab differs in.
type setup struct {
	role     string   // policy document of the role in use; empty: IAMFullAccess
	policies []string // further documents
	boundary string   // of the role; ARN
	config   provisioner.Config
	scps     []string
	fill     func(*iamsim.Account)
}

// newGuardLab connects with a role of its own and exactly the guards of the
// setup. Its account has been observed.
func newGuardLab(tb testing.TB, s setup) *writeLab {
	tb.Helper()
	l := &writeLab{newLab(tb, iamsim.Config{}, func(a *iamsim.Account) {
		if s.fill != nil {
			s.fill(a)
		}
		a.AddRole(gatewayRole(a.ID(), s))
	})}
	if err := l.SetSCP(s.scps...); err != nil {
		tb.Fatal(err)
	}
	l.signIn()
	l.guarded(s.config)
	if _, err := l.p.Refresh(tb.Context(), provisioner.RefreshOptions{}); err != nil {
		tb.Fatal(err)
	}
	if err := l.p.ResolveProtected(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	l.ResetCalls()
	return l
}

// signIn assumes the role of a guard lab.
func (l *writeLab) signIn() {
	id, secret := l.Credentials()
	arn := "arn:aws:iam::" + l.ID() + ":role/apps/gateway"
	l.connect(awsapi.Config{RoleARN: arn, AccessKeyID: say(id), SecretAccessKey: say(secret)})
}

func gatewayRole(account string, s setup) iamsim.Role {
	r := iamsim.Role{
		Name: "gateway", Path: "/apps/", Boundary: s.boundary,
		Trust: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + account + `:root"},"Action":"sts:AssumeRole"}]}`,
	}
	if s.role == "" {
		r.Attached = []string{"arn:aws:iam::aws:policy/IAMFullAccess"}
	} else {
		r.Inline = []iamsim.InlinePolicy{{Name: "gateway", Document: s.role}}
	}
	for i, text := range s.policies {
		r.Inline = append(r.Inline, iamsim.InlinePolicy{Name: fmt.Sprint("more", i), Document: text})
	}
	return r
}

// guarded makes another provisioner over the same files, as a restart does.
func (l *writeLab) guarded(cfg provisioner.Config) {
	l.start(cfg)
	l.p.Hurry()
	p := l.p
	l.t.Cleanup(func() {
		if err := p.Drain(l.t.Context()); err != nil && l.t.Context().Err() == nil {
			l.t.Error(err)
		}
	})
}

// statement is a policy of one statement after those that every role needs to
// be of use.
func readsAnd(statements string) string {
	if statements != "" {
		statements = "," + statements
	}
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:Get*","iam:List*","iam:Generate*","iam:Simulate*"],"Resource":"*"}` + statements + `]}`
}

func actor(credential string, scopes ...string) provisioner.Actor {
	a := provisioner.Actor{Credential: credential, RequestID: "req", Scopes: map[string]bool{}}
	for _, s := range scopes {
		a.Scopes[s] = true
	}
	return a
}

var (
	writer = actor("writer", "read", "write", "entitlements")
	admin  = actor("operator", "read", "write", "entitlements", "admin")
)
