package store

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// MaxUserName and MaxGroupName are the lengths IAM allows
// (docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html).
const (
	MaxUserName  = 64
	MaxGroupName = 128
)

// longPrefix is how much of a group name that is too long stays readable.
const longPrefix = 100

const upperHex = "0123456789ABCDEF"

// EncodeName returns the IAM name for a SCIM name: every byte of its NFC form
// outside [A-Za-z0-9_+,.@-] becomes =XX. The equals sign is the one character
// IAM allows and we escape, so that the escape is unambiguous. The result may
// be longer than IAM allows; that is for the caller to refuse.
func EncodeName(shown string) string {
	shown = norm.NFC.String(shown)
	extra := 0
	for i := range len(shown) {
		if !isPlain(shown[i]) {
			extra += 2
		}
	}
	if extra == 0 {
		return shown
	}
	var b strings.Builder
	b.Grow(len(shown) + extra)
	for i := range len(shown) {
		c := shown[i]
		if isPlain(c) {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('=')
		b.WriteByte(upperHex[c>>4])
		b.WriteByte(upperHex[c&15])
	}
	return b.String()
}

func isPlain(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	return strings.IndexByte("_+,.@-", c) >= 0
}

// DecodeName returns the SCIM name for an IAM name. A name that EncodeName
// could not have produced, or that hides control characters, is shown as it is.
//
// Two names of one account may decode to the same: see ShowNames.
func DecodeName(iamName string) string {
	shown, _ := decodeName(iamName)
	return shown
}

// decodeName also says whether the result encodes back to iamName.
func decodeName(iamName string) (shown string, roundTrips bool) {
	if !strings.Contains(iamName, "=") {
		return iamName, EncodeName(iamName) == iamName
	}
	decoded, ok := unescape(iamName)
	if !ok || !utf8.ValidString(decoded) || strings.ContainsFunc(decoded, unicode.IsControl) {
		return iamName, false
	}
	if EncodeName(decoded) != iamName {
		return iamName, false
	}
	return decoded, true
}

func unescape(s string) (string, bool) {
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '=' {
			b.WriteByte(s[i])
			continue
		}
		if i+2 >= len(s) {
			return "", false
		}
		high, low := strings.IndexByte(upperHex, s[i+1]), strings.IndexByte(upperHex, s[i+2])
		if high < 0 || low < 0 {
			return "", false
		}
		b.WriteByte(byte(high<<4 | low))
		i += 2
	}
	return b.String(), true
}

// ShowNames decodes the IAM names of all users, or of all groups, of an
// account; the result is parallel to iamNames and no two of it are equal under
// Fold, as SCIM's uniqueness demands. IAM knows neither our escape nor Unicode,
// so names it holds apart may decode alike: "a=b" and "a=3Db", or the escapes
// of "Ä" and "ä". Then the plainer one keeps the name (first one without
// escapes, then one that round-trips, then by spelling) and the other is shown
// escaped. The choice depends on the set only, not on its order.
func ShowNames(iamNames []string) []string {
	type name struct {
		index int
		rank  int
		shown string
	}
	names := make([]name, len(iamNames))
	for i, raw := range iamNames {
		shown, roundTrips := decodeName(raw)
		rank := 2
		if roundTrips {
			rank = 1
		}
		if roundTrips && shown == raw {
			rank = 0
		}
		names[i] = name{index: i, rank: rank, shown: shown}
	}
	slices.SortFunc(names, func(a, b name) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(iamNames[a.index], iamNames[b.index]))
	})
	result := make([]string, len(iamNames))
	taken := make(map[string]bool, len(iamNames))
	for _, n := range names {
		shown := free(n.shown, taken)
		taken[Fold(shown)] = true
		result[n.index] = shown
	}
	return result
}

// free escapes name until nobody has it. What is escaped once holds an equals
// sign and grows with every further turn, so the loop ends; a name without
// anything to escape is left, for IAM itself keeps those apart.
func free(name string, taken map[string]bool) string {
	for taken[Fold(name)] {
		escaped := EncodeName(name)
		if escaped == name {
			return name
		}
		name = escaped
	}
	return name
}

// EncodeGroupName is EncodeName for groups, which never fails for length (Entra
// ID allows 256 characters): a name that is too long becomes a readable prefix
// and a digest, and long says that the display name must be kept in the state
// file. Names that differ by case only get the same digest.
func EncodeGroupName(displayName string) (iamName string, long bool) {
	iamName = EncodeName(displayName)
	if len(iamName) <= MaxGroupName {
		return iamName, false
	}
	sum := sha256.Sum256([]byte(Fold(displayName)))
	return wholeEscapes(displayName) + "-" + hex.EncodeToString(sum[:12]), true
}

// wholeEscapes returns the longest prefix of the encoded name within
// longPrefix that ends with a whole character, so that it decodes.
func wholeEscapes(shown string) string {
	var b strings.Builder
	for _, r := range norm.NFC.String(shown) {
		escaped := EncodeName(string(r))
		if b.Len()+len(escaped) > longPrefix {
			break
		}
		b.WriteString(escaped)
	}
	return b.String()
}

// Fold maps strings that SCIM holds equal regardless of case (RFC 7643 §2.2,
// caseExact) to one string: Unicode canonical caseless matching (The Unicode
// Standard §3.13, D145). Every index, filter and uniqueness check uses it.
// Bytes that are not UTF-8 become U+FFFD.
func Fold(s string) string {
	if lower, ok := foldASCII(s); ok {
		return lower
	}
	s = strings.ToValidUTF8(s, "\uFFFD")
	return norm.NFC.String(cases.Fold().String(norm.NFD.String(s)))
}

func foldASCII(s string) (string, bool) {
	upper := false
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return "", false
		}
		upper = upper || 'A' <= s[i] && s[i] <= 'Z'
	}
	if !upper {
		return s, true
	}
	return strings.ToLower(s), true
}
