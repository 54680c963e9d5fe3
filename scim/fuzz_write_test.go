package scim

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// FuzzHTTPWrites holds that no write makes the server panic or answer 500,
// whatever it does to the account. In targets and bodies, USERID and GROUPID
// stand for a user and a group that are there.
func FuzzHTTPWrites(f *testing.F) {
	d := newWritable(f, nil, nil)
	const user, group = "/scim/v2/Users/USERID", "/scim/v2/Groups/GROUPID"
	f.Add("POST", "/scim/v2/Users", `{"userName":"bo","active":false,"emails":[{"value":"bo@example.com","type":"work","primary":true}],"name":{"familyName":"Bo"}}`)
	f.Add("PUT", user, `{"userName":"cy","externalId":"e","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"manager":{"value":"USERID"}}}`)
	f.Add("PUT", group, `{"displayName":"Team One","members":[{"value":"USERID"}]}`)
	f.Add("PATCH", group, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"add","path":"members","value":[{"value":"USERID"}]}]}`)
	f.Add("PATCH", group, `{"Operations":[{"op":"Remove","path":"members[value eq \"USERID\"]"},{"op":"replace","value":{"id":"GROUPID","displayName":"t"}}]}`)
	f.Add("POST", "/scim/v2/Bulk", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"failOnErrors":1,"Operations":[{"method":"POST","bulkId":"a","path":"/Users","data":{"userName":"di"}},`+
		`{"method":"PATCH","path":"/Groups/GROUPID","data":{"Operations":[{"op":"add","path":"members","value":[{"value":"bulkId:a"}]}]}}]}`)
	f.Add("DELETE", user, "")
	f.Add("POST", "/admin/plan", `{"method":"PATCH","path":"/Users/USERID","body":{"Operations":[{"op":"replace","value":{"active":"False"}}]}}`)
	for _, operations := range []string{
		`{"op":"replace","path":"active","value":"False"}`, `{"op":"replace","value":{"name.givenName":"Ann","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department":"x"}}`,
		`{"op":"add","path":"emails[type eq \"work\"].value","value":"a@example.com"},{"op":"remove","path":"emails[value sw \"a\" and not (type pr)]"}`,
		`{"op":"replace","path":"userName","value":"ZZ#EXT#@b"},{"op":"add","path":"manager","value":"USERID"},{"op":"remove","path":"name"}`,
		`{"op":"add","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User","value":{"department":null}},{"op":"add","path":"members","value":null}`,
	} {
		f.Add("PATCH", user, `{"Operations":[`+operations+`]}`)
	}
	f.Fuzz(func(t *testing.T, method, target, body string) {
		if !strings.HasPrefix(target, "/scim/v2/") && target != "/admin/plan" {
			return // FuzzHTTP has the others
		}
		names := strings.NewReplacer("USERID", d.someone(t, "/Users", "userName"), "GROUPID", d.someone(t, "/Groups", "displayName"))
		status, header, answer := d.record(t, method, names.Replace(target), names.Replace(body))
		if status == http.StatusInternalServerError {
			t.Errorf("%s %s: status %d: %s", method, target, status, d.log)
		}
		if status >= 400 && method != http.MethodHead {
			checkErrorBody(t, status, header, []byte(answer))
		}
	})
	fuzzing := flag.Lookup("test.fuzz").Value.String() != ""   // then others do the work
	if changed := d.changes(); len(changed) < 10 && !fuzzing { // a refusal of all seeds proves nothing
		f.Errorf("only %d IAM calls changed something: %q", len(changed), changed)
	}
}

// someone returns the id of the first resource of a type that may be written,
// and makes one if there is none.
func (d *demo) someone(t *testing.T, endpoint, name string) string {
	t.Helper()
	for try := range 3 {
		_, _, answer := d.record(t, "GET", "/scim/v2"+endpoint+"?count=1&attributes=id&filter="+name+"%20ne%20%22bootstrap%22", "")
		var list struct{ Resources []struct{ ID string } }
		if err := json.Unmarshal([]byte(answer), &list); err != nil {
			t.Fatalf("%s: %v", answer, err)
		}
		if len(list.Resources) > 0 {
			return list.Resources[0].ID
		}
		d.record(t, "POST", "/scim/v2"+endpoint, fmt.Sprintf(`{%q:"x%d"}`, name, try))
	}
	t.Fatalf("nobody can be made in %s: %s", endpoint, d.log)
	return ""
}

// record sends a request without a connection. 0 is one that no HTTP client can send.
func (d *demo) record(t *testing.T, method, target, body string) (int, http.Header, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, "http://localhost"+target, strings.NewReader(body))
	if err != nil {
		return 0, nil, ""
	}
	req.Header.Set("Authorization", "Bearer "+demoToken)
	req.Header.Set("Content-Type", contentType)
	w := recordOnly{http.Header{}, new(int), new(strings.Builder)}
	d.server.ServeHTTP(w, req)
	if *w.status == 0 {
		t.Errorf("%s %s is not answered", method, target)
	}
	return *w.status, w.header, w.body.String()
}
