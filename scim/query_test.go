package scim

import (
	"net/url"
	"strings"
	"testing"

	scimerrors "github.com/elimity-com/scim/errors"
	"github.com/google/go-cmp/cmp"
)

func TestParseListQuery(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		query string
		want  listQuery
	}{
		{"", listQuery{StartIndex: 1, Count: 100}},
		{"startIndex=3&count=7", listQuery{StartIndex: 3, Count: 7}},
		{"STARTINDEX=3&Count=7&sortby=userName&SORTORDER=Descending", listQuery{StartIndex: 3, Count: 7, SortBy: "userName", Descending: true}},
		{"startIndex=0&count=-1", listQuery{StartIndex: 1, Count: 0}},
		{"startIndex=-5&count=5000", listQuery{StartIndex: 1, Count: 1000}},
		{"count=2147483648", listQuery{StartIndex: 1, Count: 1000}},
		{"count=99999999999999999999999999&startIndex=-99999999999999999999", listQuery{StartIndex: 1, Count: 1000}},
		{"count=&startIndex=", listQuery{StartIndex: 1, Count: 100}},
		{"count=0", listQuery{StartIndex: 1, Count: 0}},
		{"filter=userName+eq+%22x%22", listQuery{StartIndex: 1, Count: 100, Filter: `userName eq "x"`}},
		{"attributes=a,%20b,,c&excludedAttributes=", listQuery{StartIndex: 1, Count: 100, selection: selection{Attributes: []string{"a", "b", "c"}}}},
		{"unknown=1", listQuery{StartIndex: 1, Count: 100}},
	} {
		values, err := url.ParseQuery(tt.query)
		if err != nil {
			t.Fatal(err)
		}
		got, err := parseListQuery(values, false)
		if err != nil {
			t.Errorf("%s: %v", tt.query, err)
			continue
		}
		if diff := cmp.Diff(&tt.want, got, cmp.AllowUnexported(listQuery{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.query, diff)
		}
	}
}

func TestParseListQueryErrors(t *testing.T) {
	t.Parallel()
	for _, query := range []string{"count=ten", "startIndex=1.5", "count=1x", "sortOrder=sideways", "count=-", "startIndex=0x1"} {
		values, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		_, err = parseListQuery(values, false)
		checkKeyword(t, query, err, scimerrors.ScimTypeInvalidValue)
	}
	_, err := parseListQuery(url.Values{"cursor": {""}, "count": {"ten"}}, false)
	checkKeyword(t, "count=ten with a cursor", err, scimTypeInvalidCount)
}

// checkKeyword: the client is told, with this scimType.
func checkKeyword(t *testing.T, what string, err error, want scimerrors.ScimType) {
	t.Helper()
	got, _ := replyTo(err)
	if got.Status != 400 || got.ScimType != want || got.Detail == "" {
		t.Errorf("%s: %v, want a 400 %s", what, err, want)
	}
}

func TestParseSearchRequest(t *testing.T) {
	t.Parallel()
	const urn = `"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"]`
	for _, tt := range []struct {
		body string
		want listQuery
	}{
		{`{` + urn + `}`, listQuery{StartIndex: 1, Count: 100}},
		{`{}`, listQuery{StartIndex: 1, Count: 100}},
		{`{"Filter":"userName pr","SORTBY":"id","sortOrder":"descending","startIndex":2,"count":3}`,
			listQuery{Filter: "userName pr", SortBy: "id", Descending: true, StartIndex: 2, Count: 3}},
		{`{"count":"3","startIndex":null,"filter":null}`, listQuery{StartIndex: 1, Count: 3}},
		{`{"attributes":["a","b"],"excludedAttributes":"c,d"}`,
			listQuery{StartIndex: 1, Count: 100, selection: selection{Attributes: []string{"a", "b"}, Excluded: []string{"c", "d"}}}},
	} {
		got, err := parseSearchRequest([]byte(tt.body), false)
		if err != nil {
			t.Errorf("%s: %v", tt.body, err)
			continue
		}
		if diff := cmp.Diff(&tt.want, got, cmp.AllowUnexported(listQuery{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.body, diff)
		}
	}
	for body, keyword := range map[string]scimerrors.ScimType{
		``:                      scimerrors.ScimTypeInvalidSyntax,
		`null`:                  scimerrors.ScimTypeInvalidSyntax,
		`[]`:                    scimerrors.ScimTypeInvalidSyntax,
		`{"schemas":["other"]}`: scimerrors.ScimTypeInvalidSyntax,
		`{"schemas":7}`:         scimerrors.ScimTypeInvalidSyntax,
		`{"count":1.5}`:         scimerrors.ScimTypeInvalidValue,
		`{"count":[]}`:          scimerrors.ScimTypeInvalidValue,
		`{"filter":7}`:          scimerrors.ScimTypeInvalidValue,
		`{"attributes":7}`:      scimerrors.ScimTypeInvalidValue,
		`{"sortOrder":"up"}`:    scimerrors.ScimTypeInvalidValue,

		`{"filter":"id pr","FILTER":"title pr"}`:                          scimerrors.ScimTypeInvalidSyntax,
		`{"count":1,"count":2}`:                                           scimerrors.ScimTypeInvalidSyntax,
		"{\"filter\":\"userName eq \\\"\xff\\\"\"}":                       scimerrors.ScimTypeInvalidSyntax,
		`{"x":` + strings.Repeat("[", 65) + strings.Repeat("]", 65) + `}`: scimerrors.ScimTypeInvalidSyntax,
		`{"cursor":"","count":"many"}`:                                    scimTypeInvalidCount,
		`{"cursor":""} {}`:                                                scimerrors.ScimTypeInvalidSyntax,
	} {
		_, err := parseSearchRequest([]byte(body), false)
		checkKeyword(t, body, err, keyword)
	}
	for _, body := range []string{`{}`, `{"schemas":null}`, `{"schemas":["` + searchRequestURN + `","urn:x"]}`} {
		_, err := parseSearchRequest([]byte(body), true)
		checkKeyword(t, body+", strict", err, scimerrors.ScimTypeInvalidSyntax)
	}
}
