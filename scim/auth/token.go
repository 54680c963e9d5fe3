package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash/crc32"
	"strings"
	"time"

	"iamscim/store"
)

// The parts of a token; see the package comment.
const (
	tokenPrefix    = "iamscim_"
	idLength       = 12
	secretLength   = 43 // 62^43 > 2^256
	checksumLength = 6  // 62^6 > 2^32
	tokenLength    = len(tokenPrefix) + idLength + 1 + secretLength + checksumLength
)

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// The profiles: how much of what real clients send beside the standard is
// understood.
const (
	Lenient = "lenient" // what RFC 7644 says, and what clients make of it
	Strict  = "strict"  // the SCIM interoperability profile
)

// Grant says what a new token is for.
type Grant struct {
	Name      string // for people
	Scopes    Scopes
	AccountID string
	UserID    string    // the user behind it, for /Me; mostly empty
	Profile   string    // Lenient, Strict, or empty for the server's default
	Expires   time.Time // zero: never
}

func (g Grant) validate(now time.Time) error {
	var errs []error
	if strings.TrimSpace(g.Name) == "" {
		errs = append(errs, errors.New("a token needs a name"))
	}
	if g.Scopes&AllScopes == 0 {
		errs = append(errs, fmt.Errorf("a token needs a scope: choose from %s", AllScopes))
	}
	if g.AccountID == "" {
		errs = append(errs, errors.New("a token belongs to an AWS account"))
	}
	switch g.Profile {
	case "", Lenient, Strict:
	default:
		errs = append(errs, fmt.Errorf("unknown profile %q: choose %s or %s", g.Profile, Lenient, Strict))
	}
	if !g.Expires.IsZero() && !g.Expires.After(now) {
		errs = append(errs, fmt.Errorf("the expiry %s is not in the future", g.Expires.Format(time.RFC3339)))
	}
	return errors.Join(errs...)
}

// Mint makes a token: the text to show once, and the record to keep.
func Mint(g Grant, now time.Time) (Secret, store.Token, error) {
	if err := g.validate(now); err != nil {
		return "", store.Token{}, err
	}
	id := random62(idLength)
	body := tokenPrefix + id + "_" + random62(secretLength)
	token := body + checksum(body)
	return Secret(token), store.Token{
		ID: id, Name: g.Name, Hash: sha256.Sum256([]byte(token)), Scopes: g.Scopes.Names(),
		AccountID: g.AccountID, UserID: g.UserID, Profile: g.Profile, Created: now, Expires: g.Expires,
	}, nil
}

// errMalformed: the text is not a token of ours, or was damaged on the way.
var errMalformed = errors.New("not an iamscim token")

// Parse checks the form and the checksum of a token and returns its id. It says
// nothing about whether the token is good.
func Parse(token string) (id string, err error) {
	rest, ok := strings.CutPrefix(token, tokenPrefix)
	if !ok || len(token) != tokenLength {
		return "", errMalformed
	}
	id, random := rest[:idLength], rest[idLength+1:]
	if rest[idLength] != '_' || strings.Trim(id, base62) != "" || strings.Trim(random, base62) != "" {
		return "", errMalformed
	}
	body := token[:tokenLength-checksumLength]
	if token != body+checksum(body) {
		return "", fmt.Errorf("%w: its checksum is wrong, it was not copied whole", errMalformed)
	}
	return id, nil
}

// checksum is the CRC-32 (IEEE) in base62, as GitHub's tokens have it.
func checksum(body string) string {
	sum := crc32.ChecksumIEEE([]byte(body))
	var text [checksumLength]byte
	for i := checksumLength - 1; i >= 0; i-- {
		text[i] = base62[sum%62]
		sum /= 62
	}
	return string(text[:])
}

// random62 returns n random characters. Bytes from 248 on are thrown away: 256
// is not a multiple of 62, and the first characters would be likelier.
func random62(n int) string {
	text := make([]byte, 0, n)
	var pool [64]byte
	for len(text) < n {
		_, _ = rand.Read(pool[:]) // never fails, it would crash the program
		for _, b := range pool {
			if b < 248 && len(text) < n {
				text = append(text, base62[b%62])
			}
		}
	}
	return string(text)
}
