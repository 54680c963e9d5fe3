package conformance_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"iamscim/conformance"
)

// variant is a server that conforms and chose otherwise than the reference.
type variant struct {
	name  string
	alter func(*reference)
	notes []string // checks below MUST that may tell of the choice
	works []string // checks that must not be skipped: the choice does not concern them
	user  map[string]any
}

// change alters the declaration of an attribute, named with its sub-attribute.
func (k *refKind) change(path string, fn func(*refAttr)) {
	name, sub, nested := strings.Cut(path, ".")
	a := find(k.attrs, name)
	if nested {
		a = find(a.sub, sub)
	}
	fn(a)
}

func needed(a *refAttr) { a.required = true }

func variants() []variant {
	return []variant{
		{name: "nothing optional", alter: func(s *reference) { s.ways.off = "patch bulk sort etag filter" },
			works: []string{"users/create", "replace/value", "delete/get", "users/list-holds-new"}},
		{name: "only eq in filters", alter: func(s *reference) { s.ways.onlyEq = true },
			works: []string{"filter/eq", "filter/and-none", "filter-error/no-value"}},
		{name: "pages of two", alter: func(s *reference) { s.ways.page = 2 },
			works: []string{"users/list-holds-new", "delete/list", "filter/eq", "filter/or"}},
		{name: "no groups", alter: func(s *reference) { s.group = nil }, works: []string{"users/create", "values/id"}},
		{name: "groups are made elsewhere", alter: fixGroups, works: []string{"groups/list", "groups/get-unknown", "users/create"}},
		{name: "much is required", alter: requireMuch,
			works: []string{"users/create", "patch/replace-value", "filter/eq", "groups/create", "sort/ascending", "replace/value"}},
		{name: "few sub-attributes", alter: fewParts, works: []string{"users/create", "patch/replace-value", "filter/eq", "filter/multi-eq"}},
		{name: "names are for ever", alter: func(s *reference) {
			s.user.change("userName", func(a *refAttr) { a.mutability = "immutable" })
			s.group.change("displayName", func(a *refAttr) { a.mutability = "immutable" })
		}, works: []string{"users/create", "replace/value", "groups/replace-members", "patch/member-add"}},
		{name: "values made up", alter: func(s *reference) { s.ways.madeUp = true },
			works: []string{"users/create", "patch/replace-value", "filter/eq", "sort/ascending"}},
		{name: "always returned", alter: func(s *reference) {
			for _, name := range []string{"displayName", "name", "emails"} {
				s.user.change(name, func(a *refAttr) { a.returned = "always" })
			}
			s.group.change("members", func(a *refAttr) { a.returned = "always" })
		}, works: []string{"projection/attributes", "projection/complex"}},
		{name: "only cursors", alter: func(s *reference) { s.ways.onlyCursor, s.ways.page = true, 3 },
			works: []string{"cursor/walk", "users/list-holds-new", "delete/list", "users/list", "filter/eq"}},
		{name: "strong If-Match, no version", alter: func(s *reference) { s.ways.strongMatch, s.ways.noVersion = true, true },
			notes: []string{"etag/list"}, works: []string{"etag/header", "etag/match-put-stale", "etag/changes-put"}},
		{name: "work addresses only", alter: workOnly, works: []string{"users/create", "filter/multi-eq", "patch/replace-value"}},
		{name: "rules for values", alter: rules, works: []string{"users/create", "filter/eq", "sort/ascending", "paging/walk"}},
		{name: "Bulk of one", alter: func(s *reference) { s.ways.oneBulk = true }, works: []string{"bulk/put", "bulk/makes", "bulk/too-many"}},
		{name: "PATCH answers 204", alter: func(s *reference) { s.faults["no-content"] = true }, works: []string{"patch/no-content", "patch/replace-value", "patch/attributes", "bulk/patch"}},
		{name: "terse lists", alter: func(s *reference) { s.ways.terse = true }, notes: []string{"paging/empty-array"}, works: []string{"users/list", "paging/empty", "paging/start-echo"}},
		{name: "nulls and empty arrays", alter: func(s *reference) { s.ways.explicit = true }, works: []string{"users/create-null", "values/types", "patch/remove-value", "filter/pr"}},
		{name: "ids with all kinds of characters", alter: func(s *reference) { s.ways.oddIDs = true }, works: []string{"users/get", "bulk/reference", "patch/member-remove", "filter/id"}},
		{name: "upper case", alter: func(s *reference) { s.ways.shouts = true },
			works: []string{"users/create-echo", "patch/replace-value", "replace/value", "groups/rename"}},
		{name: "strings trimmed", alter: func(s *reference) { s.ways.trims = true }, notes: []string{"users/create-display-name"},
			works: []string{"users/create-name"}},
		{name: "only application/scim+json", alter: func(s *reference) { s.ways.scimOnly = true }, notes: []string{"content/accept-json", "content/type-json"}},
		{name: "no strangers", alter: func(s *reference) { s.ways.forbids, s.ways.wantsAgent = true, true },
			notes: []string{"auth/wrong-status", "content/no-user-agent"}, works: []string{"auth/wrong", "auth/none"}},
		{name: "rules that nobody is told", alter: untold, user: map[string]any{"name": map[string]any{"givenName": "Ann", "familyName": "${unique}"},
			enterpriseURN: map[string]any{"employeeNumber": "${unique}"}}, works: []string{"users/create", "filter/eq", "patch/replace-value", "bulk/makes"}},
		{name: "reads lag behind", alter: func(s *reference) { s.ways.lag, s.ways.off = 300*time.Millisecond, "etag" },
			works: []string{"users/create", "filter/eq", "sort/ascending", "paging/walk", "cursor/walk", "search/filter", "delete/get", "delete/list", "patch/replace-value"}},
		{name: "busy now and then", alter: beBusy, works: []string{"users/create", "filter/eq", "bulk/makes"}},
	}
}

func fixGroups(s *reference) {
	for _, a := range s.group.attrs {
		a.mutability = "readOnly"
	}
	s.ways.fixedGroups = true
}

func requireMuch(s *reference) {
	for _, name := range []string{"displayName", "name", "name.givenName", "name.familyName", "emails", "emails.value", "emails.type"} {
		s.user.change(name, needed)
	}
	s.user.required = referenceURN
	find(s.user.extensions[referenceURN], "code").required = true
}

func fewParts(s *reference) {
	s.user.change("name", func(a *refAttr) { a.sub = []*refAttr{attr("formatted", "string")} })
	s.user.change("emails", func(a *refAttr) { a.sub = []*refAttr{attr("value", "string")} })
}

func workOnly(s *reference) {
	s.user.change("emails.type", func(a *refAttr) { a.canonical = []any{"work"} })
	s.ways.refuses = func(a *refAttr, text string) bool {
		return a.name == "type" && a.canonical != nil && !slices.Contains(a.canonical, any(text))
	}
}

var (
	goodPassword = regexp.MustCompile(`[A-Z].*[0-9].*[^A-Za-z0-9]|[0-9].*[A-Z].*[^A-Za-z0-9]`)
	goodPhone    = regexp.MustCompile(`^(tel:)?\+?[0-9-]{5,20}$`)
	goodCode     = regexp.MustCompile(`^[0-9]{4}$`)
)

// rules are some that a schema cannot say, on what it says is required or may be sent.
func rules(s *reference) {
	s.user.attrs = append(s.user.attrs, attr("phoneNumbers", "complex", "multi", "required").of(attr("value", "string", "required"), attr("type", "string")))
	s.user.change("password", needed)
	s.ways.refuses = func(a *refAttr, text string) bool {
		switch a.name {
		case "password":
			return !goodPassword.MatchString(text)
		case "code":
			return !goodCode.MatchString(text)
		}
		return a.name == "value" && a.required && !goodPhone.MatchString(text)
	}
}

// untold demands what the schemas do not call required.
func untold(s *reference) {
	s.ways.untold = func(d *doc) error {
		name, _ := d.attrs["name"].(map[string]any)
		ext, _ := d.attrs[enterpriseURN].(map[string]any)
		if d.kind == s.user && (name["familyName"] == nil || ext["employeeNumber"] == nil) {
			return fail(400, "invalidValue", "the family name and the number of a user are needed")
		}
		return nil
	}
}

// beBusy refuses every seventh request, with and without saying for how long.
func beBusy(s *reference) {
	n := 0
	s.ways.busy = func(w http.ResponseWriter) bool {
		if n++; n%7 != 0 {
			return false
		}
		if n%2 == 0 {
			w.Header().Set("Retry-After", time.Now().Add(2*time.Second).UTC().Format(http.TimeFormat))
		}
		writeFailure(w, fail(http.StatusTooManyRequests, "", "not so fast"))
		return true
	}
}

// TestVariants: no check calls a fault what the RFCs leave to a server.
func TestVariants(t *testing.T) {
	for _, v := range variants() {
		t.Run(v.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(time.Until(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))) // some filters are about the past
				ref := newReference()
				v.alter(ref)
				ref.route()
				outcomes := v.outcomes(t, ref)
				for _, name := range v.works {
					if outcomes[name] != conformance.Pass {
						t.Errorf("%s: %s, want it to pass", name, outcomes[name])
					}
				}
				for _, name := range v.notes {
					if outcomes[name] != conformance.Fail {
						t.Errorf("%s: %s, and is listed as one that tells of the choice", name, outcomes[name])
					}
				}
				if len(ref.docs) != 0 {
					t.Errorf("%d resources were left behind", len(ref.docs))
				}
			})
		})
	}
}

func (v variant) outcomes(t *testing.T, ref *reference) map[string]conformance.Outcome {
	out := map[string]conformance.Outcome{}
	for check, err := range conformance.Run(t.Context(), clientOf(ref), conformance.Options{Settle: 2 * time.Second, User: v.user}) {
		outcome := conformance.OutcomeOf(err)
		out[check.Name] = outcome
		known := check.Level != conformance.Must && slices.Contains(v.notes, check.Name)
		if (outcome == conformance.Fail || outcome == conformance.Errored) && !known {
			t.Errorf("%s (%s): %s: %v", check.Name, check.Level, outcome, err)
		}
	}
	return out
}
