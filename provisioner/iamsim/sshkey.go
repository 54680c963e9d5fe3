package iamsim

import (
	"crypto/md5" // AWS shows MD5 fingerprints
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/pem"
	"fmt"
	"math/big"
	"slices"
	"strings"
)

func sshOperations() []operation {
	return []operation{
		{name: "ListSSHPublicKeys", takes: "UserName Marker MaxItems", authorise: onUser, handle: listSSHPublicKeys},
		{name: "GetSSHPublicKey", needs: "UserName SSHPublicKeyId Encoding", authorise: onUser, handle: getSSHPublicKey},
		{name: "UploadSSHPublicKey", needs: "UserName SSHPublicKeyBody", authorise: onUser, handle: uploadSSHPublicKey},
		{name: "UpdateSSHPublicKey", needs: "UserName SSHPublicKeyId Status", authorise: onUser, handle: updateSSHPublicKey},
		{name: "DeleteSSHPublicKey", needs: "UserName SSHPublicKeyId", authorise: onUser, handle: deleteSSHPublicKey},
	}
}

const sshKeysPerUser = 5

func (u *User) sshKey(id string) int {
	return slices.IndexFunc(u.SSHKeys, func(k SSHKey) bool { return k.ID == id })
}

func noSuchSSHKey(c *call) error {
	return refuse("NoSuchEntity", "The SSH Public Key with id %s cannot be found.", c.get("SSHPublicKeyId"))
}

func sshKeyFields(u *User, k SSHKey) fields {
	return fields{{"UserName", u.Name}, {"SSHPublicKeyId", k.ID}, {"Status", k.Status}, {"UploadDate", k.Uploaded}}
}

func listSSHPublicKeys(c *call) (fields, error) {
	u, _, err := c.user()
	if err != nil {
		return nil, err
	}
	return c.listPage("SSHPublicKeys", inOrder(u.SSHKeys, func(k SSHKey) fields { return sshKeyFields(u, k) }))
}

func getSSHPublicKey(c *call) (fields, error) {
	u, _, err := c.user()
	if err != nil {
		return nil, err
	}
	i := u.sshKey(c.get("SSHPublicKeyId"))
	if i < 0 {
		return nil, noSuchSSHKey(c)
	}
	body := u.SSHKeys[i].Body
	if c.get("Encoding") == "PEM" {
		body = toPEM(body)
	}
	return fields{{"SSHPublicKey", append(sshKeyFields(u, u.SSHKeys[i]), fullSSHFields(u.SSHKeys[i], body)...)}}, nil
}

func fullSSHFields(k SSHKey, body string) fields {
	return fields{{"Fingerprint", k.Fingerprint}, {"SSHPublicKeyBody", body}}
}

// uploadSSHPublicKey accepts RSA keys of 2048 bits and more, in the ssh-rsa or
// the PEM form (https://docs.aws.amazon.com/IAM/latest/APIReference/API_UploadSSHPublicKey.html).
func uploadSSHPublicKey(c *call) (fields, error) {
	key, refused := parseSSHKey(c.get("SSHPublicKeyBody"))
	if refused != nil {
		return nil, refused
	}
	var out fields
	err := c.changeUser(func(u *User) error {
		k := SSHKey{c.newID("APKA", 16), wireText(key), fingerprint(key), active, c.at}
		if slices.ContainsFunc(u.SSHKeys, func(old SSHKey) bool { return old.Fingerprint == k.Fingerprint }) {
			return refuse("DuplicateSSHPublicKey", "The SSH public key is already associated with the user.")
		}
		if len(u.SSHKeys) >= sshKeysPerUser {
			return overLimit("SSHPublicKeysPerUser", sshKeysPerUser)
		}
		u.SSHKeys = append(u.SSHKeys, k)
		out = append(sshKeyFields(u, k), fullSSHFields(k, k.Body)...)
		return nil
	})
	return fields{{"SSHPublicKey", out}}, err
}

func updateSSHPublicKey(c *call) (fields, error) {
	return nil, c.changeUser(func(u *User) error {
		i := u.sshKey(c.get("SSHPublicKeyId"))
		if i < 0 {
			return noSuchSSHKey(c)
		}
		if err := c.newStatus(); err != nil {
			return err
		}
		u.SSHKeys[i].Status = c.get("Status")
		return nil
	})
}

func deleteSSHPublicKey(c *call) (fields, error) {
	return nil, c.changeUser(func(u *User) error {
		i := u.sshKey(c.get("SSHPublicKeyId"))
		if i < 0 {
			return noSuchSSHKey(c)
		}
		u.SSHKeys = slices.Delete(u.SSHKeys, i, i+1)
		return nil
	})
}

func parseSSHKey(body string) (*rsa.PublicKey, *apiError) {
	bad := refuse("InvalidPublicKey", "The public key is malformed or otherwise invalid.")
	var key *rsa.PublicKey
	switch kind, rest, _ := strings.Cut(strings.TrimSpace(body), " "); {
	case kind == "ssh-rsa":
		text, _, _ := strings.Cut(rest, " ")
		key = parseWire(text)
	case strings.HasPrefix(body, "-----BEGIN"):
		key = parsePEM(body)
	default:
		return nil, refuse("UnrecognizedPublicKeyEncoding", "The public key encoding format is unsupported or unrecognized.")
	}
	if key == nil || key.N.BitLen() < 2048 {
		return nil, bad
	}
	return key, nil
}

// parseWire reads the three strings of RFC 4253 §6.6: "ssh-rsa", e, n.
func parseWire(text string) *rsa.PublicKey {
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil
	}
	var parts [][]byte
	for len(data) >= 4 {
		n := int(binary.BigEndian.Uint32(data))
		if n > len(data)-4 {
			return nil
		}
		parts = append(parts, data[4:4+n])
		data = data[4+n:]
	}
	if len(parts) != 3 || string(parts[0]) != "ssh-rsa" || len(parts[1]) > 4 {
		return nil
	}
	return &rsa.PublicKey{E: int(new(big.Int).SetBytes(parts[1]).Int64()), N: new(big.Int).SetBytes(parts[2])}
}

func parsePEM(body string) *rsa.PublicKey {
	block, _ := pem.Decode([]byte(body))
	if block == nil {
		return nil
	}
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil
	}
	key, _ := parsed.(*rsa.PublicKey)
	return key
}

func wire(key *rsa.PublicKey) []byte {
	var out []byte
	for _, part := range [][]byte{[]byte("ssh-rsa"), mpint(big.NewInt(int64(key.E))), mpint(key.N)} {
		out = binary.BigEndian.AppendUint32(out, uint32(len(part)))
		out = append(out, part...)
	}
	return out
}

// mpint is RFC 4251 §5: a leading zero keeps the number positive.
func mpint(n *big.Int) []byte {
	b := n.Bytes()
	if len(b) > 0 && b[0]&0x80 != 0 {
		return append([]byte{0}, b...)
	}
	return b
}

func wireText(key *rsa.PublicKey) string {
	return "ssh-rsa " + base64.StdEncoding.EncodeToString(wire(key))
}

func fingerprint(key *rsa.PublicKey) string {
	sum := md5.Sum(wire(key))
	parts := make([]string, 0, len(sum))
	for _, b := range sum {
		parts = append(parts, fmt.Sprintf("%02x", b))
	}
	return strings.Join(parts, ":")
}

func toPEM(body string) string {
	key, refused := parseSSHKey(body)
	if refused != nil {
		return body
	}
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return body
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}
