package iamsim

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// GenerateOptions describe the account Generate makes.
type GenerateOptions struct {
	Users int    // how many to add; 200 when zero
	Seed  uint64 // the same seed, options and clock give the same account, byte for byte
}

// Generate fills an account as an access reviewer would meet it: people and
// service users in all the states that matter, groups from empty to nearly
// everybody, customer policies with a past, and roles trusting services,
// providers, other accounts, single users and the account itself. Every quota
// and name rule of IAM is kept, the account's user limit included: what is
// there already (New's bootstrap user) counts.
//
// Dates are relative to the account's clock, so that stale stays stale.
func Generate(a *Account, o GenerateOptions) {
	a.mu.Lock()
	defer a.mu.Unlock()
	o.Users = min(orDefault(o.Users, 200), a.cfg.UserLimit-a.users.size())
	// Ids and secrets are drawn from the account's generator; for this time it
	// follows from the options alone.
	before := a.rng
	a.rng = rand.New(rand.NewPCG(o.Seed, 0x9e3779b97f4a7c15))
	defer func() { a.rng = before }()
	g := &generator{Account: a, today: a.now().Truncate(24 * time.Hour), taken: map[string]bool{}}
	g.addPolicies(o.Users)
	g.addGroups(o.Users)
	g.addUsers(o.Users)
	g.addRoles(o.Users)
}

// generator is one run of Generate.
type generator struct {
	*Account
	today    time.Time
	taken    map[string]bool // lower-case user names
	groupIDs map[string]string
	projects []string // names of project groups
	local    []string // ARNs of attachable customer policies
	boundary string   // ARN of the developers' boundary
	people   []*User  // for roles that trust single users
	services []*User
}

// one draws from a list.
func one[T any](g *generator, list []T) T { return list[g.rng.IntN(len(list))] }

// chance is true in so many of a hundred cases.
func (g *generator) chance(percent int) bool { return g.rng.IntN(100) < percent }

// ago draws a time between low and high days before today.
func (g *generator) ago(low, high int) time.Time {
	days := low + g.rng.IntN(high-low+1)
	return g.today.Add(-time.Duration(days)*24*time.Hour + time.Duration(g.rng.IntN(86400))*time.Second)
}

// between draws a time after from; "now" is today's midnight.
func (g *generator) between(from, to time.Time) time.Time {
	span := int64(to.Sub(from) / time.Second)
	if span <= 0 {
		return from
	}
	return from.Add(time.Duration(g.rng.Int64N(span)) * time.Second)
}

// scale grows a count with the account, within limits.
func scale(low, users, per, high int) int { return min(low+users/per, high) }

// managed returns the ARN of an AWS-managed policy, which must be in the
// catalogue: a missing one is an error of this program.
func (g *generator) managed(name string) string {
	arn := g.managedARN(name)
	if g.policies.taken(arn) == nil {
		panic(fmt.Sprintf("iamsim: no AWS-managed policy %s", name))
	}
	return arn
}

// Documents that several parts of the account use.
const (
	denyEverything = `{"Version":"2012-10-17","Statement":[{"Sid":"Offboarded","Effect":"Deny","Action":"*","Resource":"*"}]}`
	iamPowers      = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:*"],"Resource":"*"}]}`
	selfService    = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:ChangePassword","iam:GetUser","iam:*AccessKey*","iam:*SSHPublicKey*"],"Resource":"arn:aws:iam::*:user/*/${aws:username}"}]}`
	requireMFA     = `{"Version":"2012-10-17","Statement":[{"Sid":"DenyAllExceptListedIfNoMFA","Effect":"Deny","NotAction":["iam:CreateVirtualMFADevice","iam:EnableMFADevice","iam:GetUser","iam:ListMFADevices","iam:ListVirtualMFADevices","iam:ResyncMFADevice","sts:GetSessionToken"],"Resource":"*","Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}}]}`
	onlyBucket     = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject","s3:ListBucket"],"Resource":["arn:aws:s3:::%[1]s","arn:aws:s3:::%[1]s/*"]}]}`
	mayAssume      = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"arn:aws:iam::*:role/%s*"}]}`
	boundaryText   = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:*","ec2:*","logs:*","cloudwatch:*","lambda:*","sts:AssumeRole","iam:Get*","iam:List*","iam:ChangePassword"],"Resource":"*"}]}`
)
