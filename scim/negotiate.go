package scim

import (
	"iter"
	"mime"
	"net/http"
	"strconv"
	"strings"
)

const (
	// contentType is the media type of SCIM answers (RFC 7644 §3.1).
	contentType = "application/scim+json"
	plainJSON   = "application/json"
)

// negotiated is the media type of a SCIM answer: plain JSON for whom that suits
// better, else SCIM's own. An Accept that excludes both is disregarded, as RFC
// 9110 §12.5.1 allows: clients send what their library sends, and read JSON.
func negotiated(accept string) string {
	if accept == "" || accept == "*/*" || accept == contentType {
		return contentType
	}
	if quality(accept, plainJSON, "application/*", "*/*") > quality(accept, contentType, "application/*", "*/*") {
		return plainJSON
	}
	return contentType
}

// acceptsGzip says whether a client would rather have an answer compressed.
func acceptsGzip(header string) bool {
	if header == "" {
		return false
	}
	compressed := quality(header, "gzip", "x-gzip", "*")
	return compressed > 0 && compressed >= quality(header, "identity")
}

// quality is the weight that a header gives to the first of names that it lists,
// which go from the specific to the general; 0 if it lists none.
func quality(header string, names ...string) float64 {
	for _, name := range names {
		for value, q := range weighted(header) {
			if strings.EqualFold(value, name) {
				return q
			}
		}
	}
	return 0
}

// weighted yields the values of a list with weights (RFC 9110 §12.4.2); what is
// no weight is 1.
func weighted(header string) iter.Seq2[string, float64] {
	return func(yield func(string, float64) bool) {
		for element := range strings.SplitSeq(header, ",") {
			value, parameters, _ := strings.Cut(element, ";")
			if !yield(strings.TrimSpace(value), weight(parameters)) {
				return
			}
		}
	}
}

func weight(parameters string) float64 {
	for parameter := range strings.SplitSeq(parameters, ";") {
		name, value, _ := strings.Cut(parameter, "=")
		if !strings.EqualFold(strings.TrimSpace(name), "q") {
			continue
		}
		if q, err := strconv.ParseFloat(strings.TrimSpace(value), 64); err == nil && q >= 0 && q <= 1 {
			return q
		}
	}
	return 1
}

// checkMediaType accepts JSON under either name and no name at all, in UTF-8 and
// as it is (RFC 8259 §8.1).
func checkMediaType(h http.Header) error {
	if coding := strings.TrimSpace(h.Get("Content-Encoding")); coding != "" && !strings.EqualFold(coding, "identity") {
		return errCoding
	}
	header := h.Get("Content-Type")
	if strings.TrimSpace(header) == "" {
		return nil
	}
	// Parameters that do not parse are none of our business.
	media, parameters, err := mime.ParseMediaType(header)
	if err != nil {
		media, _, _ = strings.Cut(header, ";")
		media = strings.ToLower(strings.TrimSpace(media))
	}
	if media != contentType && media != plainJSON {
		return errMediaType
	}
	switch strings.ToLower(parameters["charset"]) {
	case "", "utf-8", "utf8":
		return nil
	}
	return errCharset
}
