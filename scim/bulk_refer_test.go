package scim

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"iamscim/provisioner"
	"iamscim/scim/auth"
)

// read is what is at the location of a result.
func (d *demo) read(t testing.TB, location string) answer {
	t.Helper()
	return d.want(t, http.StatusOK, "GET", strings.TrimPrefix(location, d.URL), "")
}

func idOf(location string) string { return location[strings.LastIndexByte(location, '/')+1:] }

// TestBulkText: outside of references bulkId: is text, whether something is
// created for it or not (RFC 7644 §3.7.2).
func TestBulkText(t *testing.T) {
	t.Parallel()
	d := newWritable(t, nil, nil)
	got := d.bulk(t, strings.Join([]string{
		post("/Users", "a", `{"userName":"ann","title":"bulkId:b","displayName":"bulkId:x","externalId":"bulkId:a","profileUrl":"https://x/bulkId:b",
			"nickName":"a/bulkId:b","emails":[{"value":"bulkId:b","type":"work"}],"name":{"givenName":"bulkId:b"},
			"`+enterpriseURN+`":{"department":"bulkId:b","manager":{"value":"no/bulkId:b"}}}`),
		post("/Users", "b", `{"userName":"bob"}`),
		post("/Groups", "g", `{"displayName":"dev","externalId":"bulkId:x"}`),
		`{"method":"PATCH","path":"/Users/bulkId:b","data":{"Operations":[
			{"op":"add","path":"title","value":"bulkId:a"},{"op":"add","path":"emails[type eq \"bulkId:x\"].value","value":"bulkId:y"},
			{"op":"replace","value":{"nickName":"bulkId:a","name.givenName":"bulkId:a","urn:x:y":"bulkId:x","` + enterpriseURN + `:division":"bulkId:a"}}]}}`,
		`{"method":"DELETE","path":"/Users/AIDANOBODY","data":{"members":[{"value":"bulkId:x"}]}}`,
	}, ","))
	if s := got.statuses(); s != "a:201 b:201 g:201 200 404" {
		t.Fatalf("statuses %s: %+v", s, got)
	}
	ann, bob := d.read(t, got.Operations[0].Location), d.read(t, got.Operations[1].Location)
	for _, s := range []string{
		`"title":"bulkId:b"`, `"displayName":"bulkId:x"`, `"externalId":"bulkId:a"`, `"profileUrl":"https://x/bulkId:b"`, `"nickName":"a/bulkId:b"`,
		`"value":"bulkId:b"`, `"givenName":"bulkId:b"`, `"department":"bulkId:b"`, `"manager":{"value":"no/bulkId:b"}`,
	} {
		ann.has(t, s)
	}
	for _, s := range []string{`"title":"bulkId:a"`, `"value":"bulkId:y","type":"bulkId:x"`, `"nickName":"bulkId:a"`, `"givenName":"bulkId:a"`, `"division":"bulkId:a"`} {
		bob.has(t, s)
	}
	d.read(t, got.Operations[2].Location).has(t, `"externalId":"bulkId:x"`)
}

// TestBulkUserName: a user may be called so.
func TestBulkUserName(t *testing.T) {
	t.Parallel()
	d := newWritable(t, nil, nil)
	got := d.bulk(t, post("/Users", "a", `{"userName":"bulkId:a"}`)+","+post("/Groups", "g", `{"displayName":"bulkId:a","members":[{"value":"bulkId:a"}]}`))
	if s := got.statuses(); s != "a:201 g:201" {
		t.Fatalf("statuses %s: %+v", s, got)
	}
	d.read(t, got.Operations[0].Location).has(t, `"userName":"bulkId:a"`)
	d.read(t, got.Operations[1].Location).has(t, `"displayName":"bulkId:a"`)
}

// TestBulkReferences: each way in which clients name another resource.
func TestBulkReferences(t *testing.T) {
	t.Parallel()
	d := newWritable(t, nil, nil)
	patched := func(path, op string) string {
		return `{"method":"PATCH","path":"` + path + `","data":{"operations":[` + op + `]}}`
	}
	const manager, both = enterpriseURN + ":manager", `{"op":"add","path":"members","value":["bulkId:a","bulkId:b"]},`
	rows := []struct{ name, op, want string }{ // %s is the id of b
		{"POST, a value", post("/Users", "u", `{"USERNAME":"%s","`+enterpriseURN+`":{"Manager":{"Value":"bulkId:b"}}}`), `"manager":{"value":"%s"`},
		{"POST, a text", post("/Users", "u", `{"userName":"%s","`+enterpriseURN+`":{"manager":"bulkId:b"}}`), `"manager":{"value":"%s"`},
		{"POST, a list", post("/Users", "u", `{"userName":"%s","`+enterpriseURN+`":{"manager":[{"$ref":null,"value":"bulkId:b"}]}}`), `"manager":{"value":"%s"`},
		{"POST, a $ref", post("/Users", "u", `{"userName":"%s","`+enterpriseURN+`":{"manager":{"$ref":"../Users/bulkId:b"}}}`), `"$ref":"../Users/%s"`},
		{"PUT", `{"method":"PUT","path":"/Users/bulkId:u","data":{"userName":"%s","` + enterpriseURN + `":{"manager":{"value":"bulkId:b"}}}}`, `"manager":{"value":"%s"`},
		{"PATCH, a part", patched("/Users/bulkId:u", `{"op":"Add","path":"`+manager+`.value","value":"bulkId:b"}`), `"manager":{"value":"%s"`},
		{"PATCH, a text", patched("/Users/bulkId:u", `{"OP":"Add","PATH":"`+manager+`","VALUE":"bulkId:b"}`), `"manager":{"value":"%s"`},
		{"PATCH, without the URN", patched("/Users/bulkId:u", `{"op":"add","path":"Manager","value":[{"value":"bulkId:b"}]}`), `"manager":{"value":"%s"`},
		{"PATCH, the extension", patched("/Users/bulkId:u", `{"op":"add","path":"`+enterpriseURN+`","value":{"manager":{"value":"bulkId:b"}}}`), `"manager":{"value":"%s"`},
		{"PATCH, no path", patched("/Users/bulkId:u", `{"op":"replace","value":{"`+manager+`":{"value":"bulkId:b"}}}`), `"manager":{"value":"%s"`},
		{"PATCH, no path, a dot", patched("/Users/bulkId:u", `{"op":"replace","value":{"manager.value":"bulkId:b"}}`), `"manager":{"value":"%s"`},
		{"PATCH, no path, the extension", patched("/Users/bulkId:u", `{"op":"replace","value":{"`+enterpriseURN+`":{"manager.value":"bulkId:b"}}}`), `"manager":{"value":"%s"`},
		{"POST, members", post("/Groups", "h", `{"displayName":"%s","members":{"value":"bulkId:b","display":"bulkId:x"}}`), `"members":[{"value":"%s"`},
		{"PATCH, members", patched("/Groups/bulkId:g", `{"op":"Add","path":"members","value":[{"$ref":null,"value":"bulkId:b"}]}`), `"members":[{"value":"%s"`},
		{"PATCH, one member", patched("/Groups/bulkId:g", `{"op":"add","path":"members","value":{"value":"bulkId:b"}}`), `"members":[{"value":"%s"`},
		{"PATCH, members without a path", patched("/Groups/bulkId:g", `{"op":"replace","value":{"displayName":"%s","members":[{"value":"bulkId:b"}]}}`), `"members":[{"value":"%s"`},
		{"PATCH, the core schema", patched("/Groups/bulkId:g", `{"op":"add","path":"`+groupURN+`:members","value":[{"value":"bulkId:b"}]}`), `"members":[{"value":"%s"`},
		{"remove a list", patched("/Groups/bulkId:g", both+`{"op":"Remove","path":"members","value":[{"value":"bulkId:a"}]}`), `"members":[{"value":"%s"`},
		{"remove by a filter", patched("/Groups/bulkId:g", both+`{"op":"remove","path":"Members[Value eq \"bulkId:a\"]"}`), `"members":[{"value":"%s"`},
		{"remove by a filter of two", patched("/Groups/bulkId:g", both+`{"op":"remove","path":"`+groupURN+`:members[value eq \"x\" or value EQ bulkId:a]"}`), `"members":[{"value":"%s"`},
	}
	for i, row := range rows {
		op := strings.ReplaceAll(row.op, "%s", fmt.Sprintf("x%d", i))
		names := fmt.Sprintf(`{"userName":"a%d"}|{"userName":"b%d"}|{"userName":"u%d"}|{"displayName":"g%d"}`, i, i, i, i)
		data := strings.Split(names, "|")
		ops := []string{op, post("/Users", "a", data[0]), post("/Users", "b", data[1])}
		at := 0
		if strings.Contains(op, "/bulkId:u") {
			ops, at = append(ops, post("/Users", "u", data[2])), 3
		}
		if strings.Contains(op, "/bulkId:g") {
			ops, at = append(ops, post("/Groups", "g", data[3])), 3
		}
		got := d.bulk(t, strings.Join(ops, ","))
		if strings.Contains(got.statuses(), "4") {
			t.Errorf("%s: %+v", row.name, got)
			continue
		}
		read, want := d.read(t, got.Operations[at].Location), fmt.Sprintf(row.want, idOf(got.Operations[2].Location))
		if !strings.Contains(string(read.body), want) || strings.Count(string(read.body), `"value":"AIDA`) > 1 {
			t.Errorf("%s: %s, want %s", row.name, read.body, want)
		}
		// To nothing, it is refused.
		op = strings.NewReplacer("bulkId:a", "bulkId:nobody", "bulkId:b", "bulkId:nobody", "/bulkId:u", "/"+idOf(got.Operations[at].Location),
			"/bulkId:g", "/"+idOf(got.Operations[at].Location)).Replace(op)
		if got := d.bulk(t, op); got.Operations[0].Status != "400" || !strings.Contains(got.Operations[0].Response.Detail, "bulkId:nobody") {
			t.Errorf("%s: %+v", row.name, got)
		}
	}
}

// TestBulkGroupsOfUser: membership by way of the user, and a user and a group
// that refer to each other, with more than the reference in the values.
func TestBulkGroupsOfUser(t *testing.T) {
	t.Parallel()
	d := newWritable(t, func(a *Account, c *provisioner.Config) {
		a.GroupsViaUsers, c.Write.GroupsViaUsers, a.Passwords, c.Write.Passwords = true, true, true, true
	}, nil)
	got := d.bulk(t, post("/Users/", "u", `{"userName":"ann","password":"Correct-horse-7-battery","groups":[{"value":"bulkId:g","display":"dev"}]}`)+","+
		post("/Groups/", "g", `{"displayName":"dev","members":[{"value":"bulkId:u","$ref":"../Users/bulkId:u","type":"User","display":"Ann"}]}`))
	if s := got.statuses(); s != "u:201 g:201" {
		t.Fatalf("statuses %s: %+v", s, got)
	}
	set := 0
	for _, call := range d.changes() {
		if strings.Contains(call, "LoginProfile") {
			set++
		}
	}
	if s := strings.Join(d.state(), "; "); !strings.Contains(s, "user /ann in:dev password") || set != 1 {
		t.Errorf("%s; the password was set %d times", s, set)
	}
}

// TestBulkStrict: a strict profile has the same references, and methods in
// their own case.
func TestBulkStrict(t *testing.T) {
	t.Parallel()
	d := newWritable(t, nil, nil)
	d.server.cfg.Profile = auth.Strict
	got := d.bulk(t, strings.Join([]string{
		post("/Groups", "g", `{"schemas":["`+groupURN+`"],"displayName":"dev","externalId":"bulkId:x","members":[{"value":"bulkId:a"}]}`),
		post("/Users", "a", `{"schemas":["`+userURN+`"],"userName":"ann","title":"bulkId:x"}`),
		`{"method":"delete","path":"/Users/bulkId:a"}`,
	}, ","))
	if s := got.statuses(); s != "g:201 a:201 400" {
		t.Errorf("statuses %s: %+v", s, got)
	}
}
