package iamsim

import (
	"crypto/ed25519"
	"crypto/md5"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"
	"time"
)

// personCredentials: most people have console and key, some only one of them,
// a few nothing yet; one in five has no MFA.
func (g *generator) personCredentials(u *User) {
	kind := g.rng.IntN(100)
	if kind < 82 {
		g.password(u, g.lastUse(u.Created))
		g.secondFactor(u)
	}
	if kind >= 45 && kind < 96 {
		g.randomKey(u)
	}
	if kind >= 60 && kind < 72 {
		g.randomKey(u)
	}
	if g.chance(8) {
		g.sshKey(u, one(g, []string{active, active, inactive}))
	}
	if g.chance(2) {
		g.certificate(u, one(g, []string{active, inactive}))
	}
	if g.chance(4) {
		g.serviceCredential(u, codeCommit)
	}
}

func (g *generator) serviceCredentials(u *User) {
	g.randomKey(u)
	if g.chance(35) {
		g.randomKey(u)
	}
	if g.chance(6) {
		g.serviceCredential(u, bedrock)
	}
}

func (g *generator) secondFactor(u *User) {
	switch n := g.rng.IntN(100); {
	case n < 68:
		g.virtualMFA(u)
	case n < 76:
		g.passkey(u)
	case n < 80:
		u.MFA = append(u.MFA, MFADevice{Serial: fmt.Sprintf("GAHT%08d", g.rng.IntN(1e8)), Enabled: g.between(u.Created, g.today)})
	}
}

// lastUse draws when something was last used: usually lately, sometimes long
// ago or never.
func (g *generator) lastUse(since time.Time) time.Time {
	switch n := g.rng.IntN(100); {
	case n < 12:
		return time.Time{}
	case n < 30:
		return g.between(since, g.today)
	}
	recent := g.today.AddDate(0, 0, -30)
	if since.After(recent) {
		recent = since
	}
	return g.between(recent, g.today)
}

// password gives a login profile; the last use is kept after the creation.
func (g *generator) password(u *User, used time.Time) {
	created := u.Created.Add(10 * time.Minute)
	u.Login = &LoginProfile{Created: created, Changed: g.between(created, g.today), Password: g.newSecret()}
	if used.After(created) {
		u.PasswordLastUsed = used
	}
}

func (g *generator) randomKey(u *User) {
	created := g.between(u.Created, g.today)
	status := active
	if g.chance(15) {
		status = inactive
	}
	g.key(u, status, created, g.lastUse(created))
}

var (
	regions     = []string{"us-east-1", "eu-west-1", "eu-central-1", "ap-northeast-1"}
	usedService = []string{"s3", "s3", "ec2", "sts", "iam", "dynamodb", "lambda", "cloudformation"}
)

func (g *generator) key(u *User, status string, created, used time.Time) {
	k := AccessKey{ID: g.newID("AKIA", 16), Secret: g.newSecret(), Status: status, Created: created}
	if created.Before(u.Created) {
		k.Created = u.Created
	}
	if used.After(k.Created) {
		k.LastUsed, k.LastRegion, k.LastService = used, one(g, regions), one(g, usedService)
	}
	u.Keys = append(u.Keys, k)
}

func (g *generator) virtualMFA(u *User) {
	enabled := g.between(u.Created, g.today)
	d := &VirtualDevice{
		Serial: g.arn("mfa/" + u.Name), Created: enabled,
		Seed: base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(g.randomBytes(40)),
	}
	g.devices.put(d, time.Time{})
	u.MFA = append(u.MFA, MFADevice{Serial: d.Serial, Enabled: enabled})
}

func (g *generator) passkey(u *User) {
	serial := g.arn("u2f/user/" + u.Name + "/laptop-" + g.newID("", 12))
	u.MFA = append(u.MFA, MFADevice{Serial: serial, Enabled: g.between(u.Created, g.today)})
}

// sshKey makes a public key in the form of RFC 4253 §6.6 with a random odd
// modulus of 2048 bits; nobody will ever log in with it.
func (g *generator) sshKey(u *User, status string) {
	modulus := g.randomBytes(256)
	modulus[0] |= 0x80
	modulus[255] |= 1
	var blob []byte
	for _, part := range [][]byte{[]byte("ssh-rsa"), {1, 0, 1}, append([]byte{0}, modulus...)} {
		blob = binary.BigEndian.AppendUint32(blob, uint32(len(part)))
		blob = append(blob, part...)
	}
	sum := fmt.Sprintf("%x", md5.Sum(blob))
	pairs := make([]string, 0, len(sum)/2)
	for i := 0; i < len(sum); i += 2 {
		pairs = append(pairs, sum[i:i+2])
	}
	u.SSHKeys = append(u.SSHKeys, SSHKey{
		ID: g.newID("APKA", 16), Body: "ssh-rsa " + base64.StdEncoding.EncodeToString(blob),
		Fingerprint: strings.Join(pairs, ":"), Status: status, Uploaded: g.between(u.Created, g.today),
	})
}

// certificate makes a self-signed one. Ed25519 signatures are deterministic.
func (g *generator) certificate(u *User, status string) {
	key := ed25519.NewKeyFromSeed(g.randomBytes(ed25519.SeedSize))
	uploaded := g.between(u.Created, g.today)
	template := &x509.Certificate{
		SerialNumber: new(big.Int).SetBytes(g.randomBytes(16)), Subject: pkix.Name{CommonName: u.Name},
		NotBefore: uploaded.Add(-time.Hour), NotAfter: uploaded.AddDate(2, 0, 0),
	}
	der, err := x509.CreateCertificate(nil, template, template, key.Public(), key)
	if err != nil {
		panic("iamsim: certificate: " + err.Error()) // the template is ours
	}
	u.Certificates = append(u.Certificates, Certificate{
		ID: g.newID("", 32), Status: status, Uploaded: uploaded,
		Body: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
	})
}

// Services that have credentials of their own
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_service-specific-creds.html).
const (
	codeCommit = "codecommit.amazonaws.com"
	bedrock    = "bedrock.amazonaws.com"
)

// serviceCredential is a user name and password for CodeCommit, and an API key
// that ends for Bedrock.
func (g *generator) serviceCredential(u *User, service string) {
	c := ServiceCredential{
		ID: g.newID("ACCA", 17), Service: service, Status: active, Secret: g.newSecret(),
		Created: g.between(u.Created, g.today),
	}
	if service == bedrock {
		c.Alias = u.Name + "-at-" + g.cfg.AccountID
		c.Expires = c.Created.AddDate(1, 0, 0)
	} else {
		c.UserName = u.Name + "-at-" + g.cfg.AccountID
	}
	u.Credentials = append(u.Credentials, c)
}
