package iamsim

import (
	"encoding/base64"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// contextEntry reads one entry of ContextEntries, whose values must be of the
// type they claim to have
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_ContextEntry.html).
func (s *simulation) contextEntry(at string) error {
	name, kind, values := s.get(at+".ContextKeyName"), s.get(at+".ContextKeyType"), s.values(at+".ContextKeyValues")
	if name == "" {
		return refuse("InvalidInput", "A context entry must have a name")
	}
	single, isList := strings.CutSuffix(kind, "List")
	if kind != "" && !isList && len(values) > 1 {
		return refuse("InvalidInput", "The context key %s of type %s has more than one value", name, kind)
	}
	for _, v := range values {
		if check := contextTypes[single]; check != nil && !check(v) {
			return refuse("InvalidInput", "The value %s of the context key %s is not of type %s", v, name, single)
		}
	}
	s.keys[name] = values
	return nil
}

// contextTypes checks values by type; a string may be anything.
var contextTypes = map[string]func(string) bool{
	"numeric": func(v string) bool { _, err := strconv.ParseFloat(v, 64); return err == nil },
	"boolean": func(v string) bool { return strings.EqualFold(v, "true") || strings.EqualFold(v, "false") },
	"binary":  func(v string) bool { _, err := base64.StdEncoding.DecodeString(v); return err == nil },
	"ip": func(v string) bool {
		_, notAddress := netip.ParseAddr(v)
		_, notNetwork := netip.ParsePrefix(v)
		return notAddress == nil || notNetwork == nil
	},
	"date": func(v string) bool {
		_, notTime := time.Parse(time.RFC3339, v)
		_, notDay := time.Parse(time.DateOnly, v)
		_, notEpoch := strconv.ParseInt(v, 10, 64)
		return notTime == nil || notDay == nil || notEpoch == nil
	},
}
