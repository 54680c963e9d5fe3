package conformance

import (
	"encoding/base64"
	"fmt"
	"regexp"
	"strings"
)

// dateTime is xsd:dateTime (XML Schema Part 2 §3.2.7).
var dateTime = regexp.MustCompile(`^-?\d{4,}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-4]):[0-5]\d:[0-5]\d(\.\d+)?(Z|[+-](0\d|1[0-4]):[0-5]\d)?$`)

func rightTime(a attribute, v any) error {
	for _, e := range elements(v) {
		if s, ok := e.(string); ok && a.Type == "dateTime" && !dateTime.MatchString(s) {
			return fmt.Errorf("%q is no dateTime", s)
		}
	}
	return nil
}

func rightBinary(a attribute, v any) error {
	for _, e := range elements(v) {
		s, ok := e.(string)
		if !ok || a.Type != "binary" {
			continue
		}
		bare := strings.TrimRight(strings.NewReplacer("-", "+", "_", "/", "\r", "", "\n", "").Replace(s), "=")
		if _, err := base64.RawStdEncoding.DecodeString(bare); err != nil {
			return fmt.Errorf("%s is not base64", show(s))
		}
	}
	return nil
}

func rightCount(a attribute, v any) error {
	if _, list := v.([]any); list != a.MultiValued {
		return fmt.Errorf("declared with multiValued %t, but is %s", a.MultiValued, show(v))
	}
	return nil
}

func returnedRight(when string) func(attribute, any) error {
	return func(a attribute, v any) error {
		if a.Returned == when {
			return fmt.Errorf("declared as returned %s, but is returned", when)
		}
		return nil
	}
}

func onePrimary(_ attribute, v any) error {
	n := 0
	for _, e := range elements(v) {
		if field(e, "primary") == true {
			n++
		}
	}
	if n > 1 {
		return fmt.Errorf("%d values are primary", n)
	}
	return nil
}
