package scim

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/json"
	"time"
)

// A cursor or delta token is a point, sealed: a client carries it but can
// neither read nor alter it, nor use it for anything but what it was given out
// for. Nothing is kept of it, so it outlives a restart and costs no memory.

// point is a place in the history of an account, and in a list.
type point struct {
	Epoch      string    `json:"e"`
	Generation int64     `json:"g"`
	At         time.Time `json:"a"` // of the generation: a snapshot that was restored counts anew
	Made       int64     `json:"m"` // Unix seconds
	List       uint64    `json:"l,omitempty"`
	Offset     int       `json:"o,omitempty"`
	Count      int       `json:"c,omitempty"`
	Type       string    `json:"t,omitempty"` // that a delta token is for; empty: every one
}

// binding is what a point must be used with again (RFC 9865 §2: all parameters
// but the cursor stay the same).
type binding struct {
	Purpose    string // "cursor" or "delta"
	Credential string
	Account    string
	Type       string
	Filter     string
	SortBy     string
	Descending bool
	Attributes []string
	Excluded   []string
	AsOf       time.Time
	DeltaToken string
}

// data is the binding as the cipher authenticates it.
func (b binding) data() []byte {
	text, err := json.Marshal(b)
	if err != nil { // cannot happen: strings and a time
		panic(err)
	}
	return text
}

// sealer seals points with a key.
type sealer struct{ aead cipher.AEAD }

// newSealer fails for no key: it has the length of one.
func newSealer(key [32]byte) sealer {
	block, err := aes.NewCipher(key[:])
	if err != nil {
		panic(err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err)
	}
	return sealer{aead}
}

// seal writes a point in characters that are unreserved in URLs (RFC 9865 §2).
func (s sealer) seal(p point, b binding) string {
	text, err := json.Marshal(p)
	if err != nil { // cannot happen, as above
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString(s.aead.Seal(nil, nil, text, b.data()))
}

// open returns the point, or false if it was not sealed by us, or for another
// use.
func (s sealer) open(text string, b binding) (p point, ok bool) {
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return p, false
	}
	plain, err := s.aead.Open(nil, nil, sealed, b.data())
	if err != nil {
		return p, false
	}
	return p, json.Unmarshal(plain, &p) == nil
}
