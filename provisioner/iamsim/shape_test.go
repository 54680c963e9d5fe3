package iamsim

import (
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// TestShapes walks the SDK's input shapes: every field of a supported action
// must be one the simulator honours or refuses by name, and it must not expect
// fields that AWS does not have.
func TestShapes(t *testing.T) {
	for _, name := range slices.Sorted(maps.Keys(operations)) {
		op := operations[name]
		method, ok := clientOf(op).MethodByName(name)
		if !ok {
			t.Errorf("%s is not an action of the SDK", name)
			continue
		}
		shapes := map[string]bool{}
		walk("", method.Type.In(2).Elem(), shapes)
		for s := range shapes {
			if refused := op.validateOne(s, "x"); !op.knows(s) && (refused == nil || strings.HasPrefix(refused.message, "Unknown")) {
				t.Errorf("%s does not know %s", name, s)
			}
		}
		for _, p := range strings.Fields(op.needs + " " + op.takes + " " + op.refuses) {
			if !slices.ContainsFunc(slices.Collect(maps.Keys(shapes)), func(s string) bool { return s == p || strings.HasPrefix(s, p+".") }) {
				t.Errorf("%s takes %s, which AWS does not have", name, p)
			}
		}
	}
}

func clientOf(op *operation) reflect.Type {
	if op.service == "sts" {
		return reflect.TypeFor[*sts.Client]()
	}
	return reflect.TypeFor[*iam.Client]()
}

func walk(prefix string, t reflect.Type, shapes map[string]bool) {
	switch t.Kind() {
	case reflect.Pointer:
		walk(prefix, t.Elem(), shapes)
	case reflect.Slice:
		walk(prefix+".member.N", t.Elem(), shapes)
	case reflect.Struct:
		for i := range t.NumField() {
			f := t.Field(i)
			if !f.IsExported() {
				continue
			}
			walk(strings.TrimPrefix(prefix+"."+wireName(t, f.Name), "."), f.Type, shapes)
		}
	case reflect.Interface:
		shapes[prefix+".PolicyArn"] = true // the one union of these actions has such a member
	default:
		shapes[prefix] = true
	}
}

// wireName: one member of the model is spelt differently on the wire.
func wireName(t reflect.Type, field string) string {
	if t.Name() == "PolicyDescriptorType" && field == "Arn" {
		return "arn"
	}
	return field
}

func TestUnknownParameter(t *testing.T) {
	for name, op := range operations {
		if refused := op.validate(url.Values{"Nonsense": {"1"}}); refused == nil || refused.code != "ValidationError" {
			t.Errorf("%s accepts a parameter it does not know", name)
		}
	}
}

func TestStatusesAreKnown(t *testing.T) {
	for code, status := range statuses {
		if status < 400 || status > 599 {
			t.Errorf("%s has status %d", code, status)
		}
	}
}
