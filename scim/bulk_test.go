package scim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"iamscim/provisioner/iamsim"
)

// bulkAnswer is a BulkResponse as a client reads it.
type bulkAnswer struct {
	Operations []struct {
		Location, Method, BulkID, Version, Status string
		Response                                  struct{ ScimType, Detail string }
	}
}

func (d *demo) bulk(t testing.TB, operations string, more ...string) bulkAnswer {
	t.Helper()
	body := fmt.Sprintf(`{"schemas":[%q],%s"Operations":[%s]}`, bulkRequestURN, strings.Join(more, ""), operations)
	var got bulkAnswer
	if err := json.Unmarshal(d.want(t, http.StatusOK, "POST", "/scim/v2/Bulk", body, jsonType).body, &got); err != nil {
		t.Fatal(err)
	}
	return got
}

func (b bulkAnswer) statuses() string {
	var all []string
	for _, o := range b.Operations {
		all = append(all, strings.TrimPrefix(o.BulkID+":", ":")+o.Status)
	}
	return strings.Join(all, " ")
}

func post(endpoint, bulkID, data string) string {
	return fmt.Sprintf(`{"method":"POST","path":%q,"bulkId":%q,"data":%s}`, endpoint, bulkID, data)
}

// TestBulk: what an operation refers to is made first, wherever it stands, and
// the answer keeps the order of the request.
func TestBulk(t *testing.T) {
	t.Parallel()
	d := newWritable(t, nil, nil)
	got := d.bulk(t, strings.Join([]string{
		post("/Groups", "g", `{"displayName":"dev","members":[{"value":"bulkId:a"},{"value":"bulkId:b"}]}`),
		`{"method":"PATCH","path":"/Groups/bulkId:g","data":{"Operations":[{"op":"remove","path":"members[value eq \"bulkId:b\"]"}]}}`,
		post("/Users", "a", `{"userName":"ann"}`),
		post("/Users", "b", `{"userName":"bob"}`),
		`{"method":"DELETE","path":"/Users/AIDANOBODY"}`,
		`{"method":"put","path":"/Users/bulkId:a","data":{"userName":"anna"}}`,
	}, ","))
	if s := got.statuses(); s != "g:201 200 a:201 b:201 404 200" {
		t.Fatalf("statuses %s: %+v", s, got)
	}
	for i, o := range got.Operations {
		if o.Status[0] == '2' && (o.Location == "" || o.Version == "") || o.Status[0] == '4' && o.Response.Detail == "" {
			t.Errorf("%d: %+v", i, o)
		}
	}
	want := []string{"group /dev", "user /anna in:dev tag:iamscim:managed", "user /bob tag:iamscim:managed"}
	if diff := cmp.Diff(want, d.state()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	d.want(t, http.StatusOK, "GET", strings.TrimPrefix(got.Operations[0].Location, d.URL), "")
}

// TestBulkExample: the operations of a PATCH in the place of its body, as RFC
// 7644 §3.7.3 shows it and erratum 5050 does not.
func TestBulkExample(t *testing.T) {
	t.Parallel()
	d := newWritable(t, nil, func(a *iamsim.Account) { a.AddUser(iamsim.User{Name: "ann", Path: "/"}) })
	id := d.userIDs(t)["ann"]
	got := d.bulk(t, `{"method":"PATCH","path":"/Users/`+id+`","data":[{"op":"remove","path":"nickName"},{"op":"add","path":"userName","value":"Dave"}]}`)
	if s := got.statuses(); s != "200" {
		t.Fatalf("%+v", got)
	}
	d.want(t, http.StatusOK, "GET", "/scim/v2/Users/"+id, "").has(t, `"userName":"Dave"`)
}

// TestBulkCircle: two who are each other's manager.
func TestBulkCircle(t *testing.T) {
	t.Parallel()
	d := newWritable(t, nil, nil)
	manager := func(id string) string { return `"` + enterpriseURN + `":{"manager":{"value":"bulkId:` + id + `"}}` }
	got := d.bulk(t, post("/Users", "a", `{"userName":"ann",`+manager("b")+`}`)+","+post("/Users", "b", `{"userName":"bob",`+manager("a")+`}`))
	if s := got.statuses(); s != "a:201 b:201" {
		t.Fatalf("statuses %s: %+v", s, got)
	}
	ids := []string{got.Operations[0].Location, got.Operations[1].Location}
	for i, location := range ids {
		read := d.want(t, http.StatusOK, "GET", strings.TrimPrefix(location, d.URL), "")
		other := ids[1-i][strings.LastIndexByte(ids[1-i], '/')+1:]
		if !strings.Contains(string(read.body), `"manager":{"value":"`+other+`"}`) || read.header.Get("Etag") != got.Operations[i].Version {
			t.Errorf("%s: %s", got.Operations[i].Version, read.body)
		}
	}
	// One of a circle that cannot be made: the other exists, but not as asked for.
	got = d.bulk(t, post("/Users", "c", `{"userName":"cat",`+manager("d")+`}`)+","+post("/Users", "d", `{"title":1,`+manager("c")+`}`))
	if s := got.statuses(); s != "c:409 d:400" {
		t.Errorf("statuses %s: %+v", s, got)
	}
}

func TestBulkErrors(t *testing.T) {
	t.Parallel()
	d := newWritable(t, nil, nil)
	bad, good := `{"method":"DELETE","path":"/Users/AIDANOBODY"}`, post("/Users", "a", `{"userName":"ann"}`)
	if s := d.bulk(t, bad+","+bad+","+good, `"failOnErrors":2,`).statuses(); s != "404 404" {
		t.Errorf("failOnErrors 2: %s", s)
	}
	if s := d.bulk(t, bad+","+good+","+bad, `"failOnErrors":2,`).statuses(); s != "404 a:201 404" {
		t.Errorf("failOnErrors 2: %s", s)
	}
	for name, ops := range map[string]string{
		"a reference to nothing":      post("/Groups", "g", `{"displayName":"g","members":[{"value":"bulkId:x"}]}`),
		"a reference to what failed":  post("/Users", "x", `{}`) + "," + post("/Groups", "g", `{"displayName":"g","members":[{"value":"bulkId:x"}]}`),
		"a path that is none":         `{"method":"PATCH","path":"/Roles/AROA","data":{}}`,
		"a method that is none":       `{"method":"GET","path":"/Users/AIDA"}`,
		"no data":                     post("/Users", "n", `null`),
		"a version that is not there": `{"method":"DELETE","path":"/Users/AIDANOBODY","version":"W/\"x\""}`,
	} {
		got := d.bulk(t, ops)
		if last := got.Operations[len(got.Operations)-1]; last.Status[0] != '4' || last.Response.Detail == "" {
			t.Errorf("%s: %+v", name, got)
		}
	}
	big := strings.TrimSuffix(strings.Repeat(bad+",", maxBulkOperations+1), ",")
	for name, tt := range map[string]struct {
		body   string
		status int
	}{
		"no schemas":       {`{"Operations":[]}`, 400},
		"no operations":    {fmt.Sprintf(`{"schemas":[%q]}`, bulkRequestURN), 400},
		"no bulkId":        {fmt.Sprintf(`{"schemas":[%q],"Operations":[{"method":"POST","path":"/Users","data":{}}]}`, bulkRequestURN), 400},
		"a bulkId twice":   {fmt.Sprintf(`{"schemas":[%q],"Operations":[%s,%s]}`, bulkRequestURN, good, good), 400},
		"too many":         {fmt.Sprintf(`{"schemas":[%q],"Operations":[%s]}`, bulkRequestURN, big), 413},
		"too large":        {`{"x":"` + strings.Repeat("x", bulkLimit) + `"}`, 413},
		"no operation":     {fmt.Sprintf(`{"schemas":[%q],"Operations":[1]}`, bulkRequestURN), 400},
		"negative failOn":  {fmt.Sprintf(`{"schemas":[%q],"failOnErrors":-1,"Operations":[]}`, bulkRequestURN), 400},
		"failOn of text":   {fmt.Sprintf(`{"schemas":[%q],"failOnErrors":"one","Operations":[]}`, bulkRequestURN), 400},
		"two methods":      {fmt.Sprintf(`{"schemas":[%q],"Operations":[{"method":"DELETE","METHOD":"PATCH","path":"/Users/AIDANOBODY"}]}`, bulkRequestURN), 400},
		"data of a list":   {fmt.Sprintf(`{"schemas":[%q],"Operations":[{"method":"PUT","path":"/Users/AIDANOBODY","data":[]}]}`, bulkRequestURN), 400},
		"a path of number": {fmt.Sprintf(`{"schemas":[%q],"Operations":[{"method":"DELETE","path":1}]}`, bulkRequestURN), 400},
	} {
		got := d.want(t, tt.status, "POST", "/scim/v2/Bulk", tt.body, jsonType)
		if checkErrorBody(t, got.status, got.header, got.body); t.Failed() {
			t.Fatal(name)
		}
	}
}

// TestBulkBrake: eleven people of whom each alone may lose access.
func TestBulkBrake(t *testing.T) {
	t.Parallel()
	d := newWritable(t, nil, func(a *iamsim.Account) {
		for i := range 20 {
			a.AddUser(iamsim.User{Name: fmt.Sprintf("u%02d", i), Path: "/", Created: a.Now().AddDate(0, -1, 0)})
		}
	})
	var list struct {
		Resources []struct{ ID, UserName string }
	}
	if err := json.Unmarshal(d.want(t, http.StatusOK, "GET", "/scim/v2/Users?attributes=userName&filter=userName%20sw%20%22u%22", "").body, &list); err != nil {
		t.Fatal(err)
	}
	var ops []string
	for _, u := range list.Resources[:11] {
		ops = append(ops, fmt.Sprintf(`{"method":"PATCH","path":"/Users/%s","data":{"Operations":[{"op":"replace","path":"active","value":false}]}}`, u.ID))
	}
	body := fmt.Sprintf(`{"schemas":[%q],"Operations":[%s]}`, bulkRequestURN, strings.Join(ops, ","))
	got := d.want(t, http.StatusForbidden, "POST", "/scim/v2/Bulk", body, jsonType)
	if !strings.Contains(got.member(t, "detail"), "brake") {
		t.Errorf("%s", got.body)
	}
	if calls := d.changes(); len(calls) > 0 {
		t.Errorf("calls %q", calls)
	}
}
