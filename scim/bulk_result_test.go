package scim

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"iamscim/provisioner/iamsim"
)

// TestBulkLocation: only a POST that failed has no location (RFC 7644 §3.7.3),
// and what could be nowhere.
func TestBulkLocation(t *testing.T) {
	t.Parallel()
	d := newWritable(t, nil, nil)
	users := d.URL + "/scim/v2/Users"
	for op, want := range map[string]string{
		post("/Users", "a", `{}`): "",
		`{"method":"PUT","path":"/Users/AIDANOBODY","data":{"userName":"x"}}`:                            users + "/AIDANOBODY",
		`{"method":"PATCH","path":"/Users/AIDANOBODY","data":{"Operations":[]}}`:                         users + "/AIDANOBODY",
		`{"method":"DELETE","path":"Users/AIDANOBODY/","version":"W/\"x\""}`:                             users + "/AIDANOBODY",
		`{"method":"DELETE","path":"/Users/a b?","data":[]}`:                                             users + "/a%20b%3F",
		`{"method":"GET","path":"/Users/AIDANOBODY"}`:                                                    users + "/AIDANOBODY",
		`{"method":"PUT","path":"/Users","data":{"userName":"x"}}`:                                       users,
		`{"method":"PUT","path":"/Users/AIDANOBODY","data":{"groups":[{"value":"bulkId:x"}]}}`:           users + "/AIDANOBODY",
		`{"method":"DELETE","path":"/Users/bulkId:x"}`:                                                   "",
		`{"method":"DELETE","path":"/Roles/AROA"}`:                                                       "",
		post("/Users", "b", `{"userName":"`+strings.Repeat("x", 65)+`"}`):                                "",
		`{"method":"DELETE","path":"/Users/AIDANOBODY/x","data":{"Operations":[{"value":"bulkId:bb"}]}}`: "",
	} {
		o := d.bulk(t, op).Operations[0]
		if o.Location != want || o.Status[0] != '4' || o.Response.Detail == "" {
			t.Errorf("%s: %+v, want location %s", op, o, want)
		}
	}
	// What was made and failed afterwards.
	got := d.bulk(t, post("/Users", "a", `{"userName":"ann"}`)+`,{"method":"PATCH","path":"/Users/bulkId:a","data":{"Operations":[{"op":"remove","path":"active"}]}}`)
	if s := got.statuses(); s != "a:201 400" || got.Operations[0].Location != got.Operations[1].Location {
		t.Errorf("statuses %s: %+v", s, got)
	}
}

// TestBulkLog: what fails by no fault of the client is in the log, though the
// answer is 200.
func TestBulkLog(t *testing.T) {
	t.Parallel()
	d := newWritable(t, nil, nil)
	if err := d.sim.Fault(iamsim.Fault{Action: "CreateUser", Code: "NoSuchCode", Count: -1}); err != nil {
		t.Fatal(err)
	}
	got := d.bulk(t, post("/Users", "a", `{}`)+","+post("/Users", "b", `{"userName":"bob"}`))
	if s := got.statuses(); s != "a:400 b:500" {
		t.Errorf("statuses %s: %+v", s, got)
	}
	if detail := got.Operations[1].Response.Detail; strings.Contains(detail, "NoSuchCode") {
		t.Errorf("detail %q", detail)
	}
	log := d.log.String()
	if strings.Count(log, `"bulk operation failed"`) != 1 || !strings.Contains(log, `"operation":1`) || !strings.Contains(log, "NoSuchCode") {
		t.Errorf("%s", log)
	}
}

// TestBulkBrakeWhole: one operation that goes too far stops the others, too,
// also where it refers to what is still to be created.
func TestBulkBrakeWhole(t *testing.T) {
	t.Parallel()
	d := newWritable(t, nil, func(a *iamsim.Account) {
		a.AddGroup(iamsim.Group{Name: "all", Path: "/"})
		for i := range 20 {
			name := fmt.Sprintf("u%02d", i)
			a.AddUser(iamsim.User{Name: name, Path: "/", Created: a.Now().AddDate(0, -1, 0)})
			a.Join(name, "all")
		}
	})
	id := d.sim.Groups()[0].ID
	body := fmt.Sprintf(`{"schemas":[%q],"Operations":[%s,{"method":"PUT","path":"/Groups/%s","data":{"displayName":"all","members":[{"value":"bulkId:a"}]}}]}`,
		bulkRequestURN, post("/Users", "a", `{"userName":"ann"}`), id)
	got := d.want(t, http.StatusForbidden, "POST", "/scim/v2/Bulk", body, jsonType)
	if !strings.Contains(got.member(t, "detail"), "brake") {
		t.Errorf("%s", got.body)
	}
	if calls := d.changes(); len(calls) > 0 {
		t.Errorf("calls %q", calls)
	}
	brake, err := d.provisioner.Brake(t.Context())
	if err != nil || !brake.Latched {
		t.Errorf("%+v, %v", brake, err)
	}
}

// TestBulkOnePerson: the only one who loses access in a Bulk is a matter of that
// operation. While the brake is latched it may come later; the others go on.
func TestBulkOnePerson(t *testing.T) {
	t.Parallel()
	d := newWritable(t, nil, func(a *iamsim.Account) {
		for i := range 20 {
			a.AddUser(iamsim.User{Name: fmt.Sprintf("u%02d", i), Path: "/", Created: a.Now().AddDate(0, -1, 0)})
		}
	})
	var ops []string
	for name, id := range d.userIDs(t) {
		if strings.HasPrefix(name, "u") {
			ops = append(ops, `{"method":"PATCH","path":"/Users/`+id+`","data":{"Operations":[{"op":"replace","path":"active","value":false}]}}`)
		}
	}
	body := fmt.Sprintf(`{"schemas":[%q],"Operations":[%s]}`, bulkRequestURN, strings.Join(ops, ","))
	d.want(t, http.StatusForbidden, "POST", "/scim/v2/Bulk", body, jsonType)
	got := d.bulk(t, post("/Users", "a", `{"userName":"ann"}`)+","+ops[0])
	if s := got.statuses(); s != "a:201 503" || !strings.Contains(got.Operations[1].Response.Detail, "a minute") {
		t.Errorf("statuses %s: %+v", s, got)
	}
}
