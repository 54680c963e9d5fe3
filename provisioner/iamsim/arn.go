package iamsim

import (
	"encoding/base64"
	"strings"
	"time"

	"iamscim/provisioner/policy"
)

// ARNs: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html

func (a *Account) arn(resource string) string {
	return "arn:" + a.cfg.Partition + ":iam::" + a.cfg.AccountID + ":" + resource
}

func (a *Account) rootARN() string          { return a.arn("root") }
func (a *Account) userARN(u *User) string   { return a.arn("user" + u.Path + u.Name) }
func (a *Account) groupARN(g *Group) string { return a.arn("group" + g.Path + g.Name) }
func (a *Account) roleARN(r *Role) string   { return a.arn("role" + r.Path + r.Name) }
func (a *Account) managedARN(n string) string {
	return "arn:" + a.cfg.Partition + ":iam::aws:policy/" + n
}

// checkPolicyARN refuses what cannot be the ARN of a managed policy: another
// partition or service, a region, another kind of resource (observed).
func (a *Account) checkPolicyARN(arn string) error {
	rest, ok := strings.CutPrefix(arn, "arn:"+a.cfg.Partition+":iam::")
	owner, resource, _ := strings.Cut(rest, ":")
	path, isPolicy := strings.CutPrefix(resource, "policy/")
	if !ok || !isPolicy || path == "" || owner != "aws" && policy.AccountOf(owner) != owner {
		return refuse("InvalidInput", "ARN %s is not valid.", arn)
	}
	return nil
}

// idAlphabet is base 32, which real unique ids are written in.
const idAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

// newID returns a unique id: a prefix that names the kind, and n characters.
func (a *Account) newID(prefix string, n int) string {
	var b strings.Builder
	b.WriteString(prefix)
	for range n {
		b.WriteByte(idAlphabet[a.rng.IntN(len(idAlphabet))])
	}
	return b.String()
}

func (a *Account) randomBytes(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(a.rng.UintN(256))
	}
	return b
}

// newSecret returns a secret access key: 40 characters of base 64.
func (a *Account) newSecret() string {
	return base64.StdEncoding.EncodeToString(a.randomBytes(30))
}

// now is the account's clock, to the second as IAM keeps time.
func (a *Account) now() time.Time {
	return a.cfg.Now().Add(a.offset).UTC().Truncate(time.Second)
}
