package iamsim

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Signature Version 4:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html

const (
	algorithm  = "AWS4-HMAC-SHA256"
	dateFormat = "20060102T150405Z"
	maxSkew    = 15 * time.Minute
)

// signature is a parsed Authorization header.
type signature struct {
	keyID, date, region, service string
	headers                      []string // lower case, as signed
	sum                          string
	stamp                        string // X-Amz-Date
}

func parseSignature(r *http.Request) (*signature, *apiError) {
	header := r.Header.Get("Authorization")
	if header == "" {
		return nil, refuse("MissingAuthenticationToken", "Request is missing Authentication Token")
	}
	rest, ok := strings.CutPrefix(header, algorithm)
	if !ok {
		return nil, refuse("IncompleteSignature", "Unsupported Authorization scheme")
	}
	sig := &signature{stamp: r.Header.Get("X-Amz-Date")}
	for part := range strings.SplitSeq(rest, ",") {
		key, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch key {
		case "Credential":
			sig.scope(value)
		case "SignedHeaders":
			sig.headers = strings.Split(value, ";")
		case "Signature":
			sig.sum = value
		}
	}
	if sig.keyID == "" || sig.sum == "" || sig.stamp == "" || !slices.Contains(sig.headers, "host") {
		return nil, refuse("IncompleteSignature", "Authorization header requires Credential, SignedHeaders with host, Signature and the X-Amz-Date header")
	}
	return sig, nil
}

func (s *signature) scope(credential string) {
	parts := strings.Split(credential, "/")
	if len(parts) == 5 && parts[4] == "aws4_request" {
		s.keyID, s.date, s.region, s.service = parts[0], parts[1], parts[2], parts[3]
	}
}

// fresh compares with the machine's clock, not the account's: the client signs
// with the machine's, also when the simulated clock has been moved.
func (s *signature) fresh() *apiError {
	at, err := time.Parse(dateFormat, s.stamp)
	if err != nil || !strings.HasPrefix(s.stamp, s.date) {
		return refuse("IncompleteSignature", "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP")
	}
	switch skew := time.Since(at); {
	case skew > maxSkew:
		return refuse("SignatureDoesNotMatch", "Signature expired: %s is now earlier than %s (%s - 15 min.)",
			s.stamp, time.Now().UTC().Add(-maxSkew).Format(dateFormat), time.Now().UTC().Format(dateFormat))
	case skew < -maxSkew:
		return refuse("SignatureDoesNotMatch", "Signature not yet current: %s is still later than %s (%s + 15 min.)",
			s.stamp, time.Now().UTC().Add(maxSkew).Format(dateFormat), time.Now().UTC().Format(dateFormat))
	}
	return nil
}

// matches recomputes the signature over the request as received.
func (s *signature) matches(secret string, r *http.Request, body []byte) bool {
	sum := sha256.Sum256(body)
	// Except for S3, the path is encoded once more than on the wire.
	path := cmp.Or((&url.URL{Path: r.URL.EscapedPath()}).EscapedPath(), "/")
	canonical := strings.Join([]string{
		r.Method, path, canonicalQuery(r.URL.Query()), s.canonicalHeaders(r),
		strings.Join(s.headers, ";"), hex.EncodeToString(sum[:]),
	}, "\n")
	hashed := sha256.Sum256([]byte(canonical))
	scope := strings.Join([]string{s.date, s.region, s.service, "aws4_request"}, "/")
	text := strings.Join([]string{algorithm, s.stamp, scope, hex.EncodeToString(hashed[:])}, "\n")
	key := []byte("AWS4" + secret)
	for _, part := range []string{s.date, s.region, s.service, "aws4_request"} {
		key = mac(key, part)
	}
	got, err := hex.DecodeString(s.sum)
	return err == nil && hmac.Equal(got, mac(key, text))
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

func canonicalQuery(q url.Values) string {
	return strings.ReplaceAll(q.Encode(), "+", "%20")
}

func (s *signature) canonicalHeaders(r *http.Request) string {
	var b strings.Builder
	for _, name := range s.headers {
		b.WriteString(name + ":" + strings.Join(strings.Fields(headerValue(r, name)), " ") + "\n")
	}
	return b.String()
}

func headerValue(r *http.Request, name string) string {
	switch name {
	case "host":
		return r.Host
	case "content-length":
		return strconv.FormatInt(r.ContentLength, 10)
	}
	return strings.Join(r.Header.Values(name), ",")
}
