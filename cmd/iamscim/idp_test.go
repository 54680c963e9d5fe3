package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// recordings are the requests and answers of identity providers that
// github.com/elimity-com/scim tests itself with, in an order in which they
// make sense. They are read from its module, not copied.
var recordings = map[string][]string{
	"azuread": {
		"get_user_query_0", "create_user", "get_user_query_resp", "get_user_resp", "update_user",
		"create_group", "get_group", "get_group_dn", "update_group",
	},
	"okta": {
		"user_exists", "create_user", "retrieve_user", "update_user", "update_user_patch",
		"create_group", "retrieve_group", "update_group_name", "update_group_membership",
	},
}

// there are the resources that the requests change or name and no earlier
// request made. A recording of GET brings its own.
var there = map[string][]thing{
	"azuread": {
		{"Users", "6764549bef60420686bc", `{"externalId":"6c75de36-30fa-4d2d-a196-6bdcdb6b6539","userName":"before@testuser.com","active":true,
			"name":{"formatted":"givenName updatedFamilyName","familyName":"before","givenName":"givenName"},
			"emails":[{"value":"before@testuser.com","type":"work","primary":true}]}`},
		{"Users", "f648f8d5ea4e4cd38e9c", `{"userName":"a.member"}`},
		{"Groups", "fa2ce26709934589afc5", `{"externalId":"60f1bb27-2e1e-402d-bcc4-ec999564a194","displayName":"before"}`},
	},
	"okta": {
		{"Users", "b1c794f24f4c49f4b5d503a4cb2686ea", `{"userName":"SCIM 2 Group A"}`},
		{"Users", "89bb1940-b905-4575-9e7f-6f887cfb368e", `{"userName":"another.member"}`},
	},
}

// corrections are what an answer should say instead, where it contradicts its
// own request.
var corrections = map[string][2]string{
	"okta/update_group_name": {`"Test SCIMv20"`, `"Test SCIMv2"`}, // the request says Test SCIMv2
}

type thing struct{ endpoint, id, body string }

type recording struct {
	Method, Path string
	StatusCode   int
	Request      json.RawMessage
	Response     json.RawMessage
}

func TestIdentityProviders(t *testing.T) {
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/elimity-com/scim").Output()
	if err != nil {
		t.Fatal(err)
	}
	dir = []byte(filepath.Join(strings.TrimSpace(string(dir)), "internal", "idp_test", "testdata"))
	for idp, names := range recordings {
		t.Run(idp, func(t *testing.T) {
			files, err := filepath.Glob(filepath.Join(string(dir), idp, "*.json"))
			if err != nil || len(files) != len(names) {
				t.Fatalf("%d recordings, want %d: %v", len(files), len(names), err)
			}
			d := start(t, nil, "excludedAttributes", "serve", "--demo", "--demo-users", "5", "--listen", "127.0.0.1:0",
				"--brake", "off", "--member-display", "always")
			r := replay{t, d.find(t, `SCIM base URL +(\S+)`), d.find(t, `Bearer token +(\S+)`), map[string]string{}}
			for _, x := range there[idp] {
				r.put(x)
			}
			for _, name := range names {
				t.Run(name, func(t *testing.T) {
					r := replay{t, r.base, r.token, r.ids}
					r.run(idp+"/"+name, read(t, filepath.Join(string(dir), idp, name+".json")))
				})
			}
		})
	}
}

func read(t *testing.T, file string) (x recording) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(text, &x)
	}
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// replay sends recorded requests to a gateway whose ids are not the recorded ones.
type replay struct {
	t           *testing.T
	base, token string
	ids         map[string]string // recorded to ours
}

// ours replaces the recorded ids.
func (r replay) ours(text string) string {
	for recorded, id := range r.ids {
		text = strings.ReplaceAll(text, recorded, id)
	}
	return text
}

func (r replay) send(method, path, body string, out any) int {
	r.t.Helper()
	return send(r.t, r.token, method, r.base+r.ours(path), r.ours(body), out)
}

// put writes a resource, new or not, in the place of one that has its name.
func (r replay) put(x thing) {
	r.t.Helper()
	var got struct{ ID, Detail string }
	if r.ids[x.id] != "" {
		if status := r.send("PUT", "/"+x.endpoint+"/"+x.id, x.body, &got); status != http.StatusOK {
			r.t.Fatalf("%s: status %d, %s", x.body, status, got.Detail)
		}
		return
	}
	r.clear(x)
	if status := r.send("POST", "/"+x.endpoint, x.body, &got); status != http.StatusCreated {
		r.t.Fatalf("%s: status %d, %s", x.body, status, got.Detail)
	}
	r.ids[x.id] = got.ID
}

func (r replay) clear(x thing) {
	r.t.Helper()
	var named struct{ UserName, DisplayName string }
	if err := json.Unmarshal([]byte(x.body), &named); err != nil {
		r.t.Fatal(err)
	}
	filter := fmt.Sprintf("userName eq %q", named.UserName)
	if x.endpoint == "Groups" {
		filter = fmt.Sprintf("displayName eq %q", named.DisplayName)
	}
	var found listResponse
	r.send("GET", "/"+x.endpoint+"?filter="+url.QueryEscape(filter), "", &found)
	for _, f := range found.Resources {
		if status := r.send("DELETE", "/"+x.endpoint+"/"+f.ID, "", nil); status != http.StatusNoContent {
			r.t.Fatalf("delete the one called so: status %d", status)
		}
	}
}

// run brings about what a GET is to find, sends the request and compares.
func (r replay) run(name string, x recording) {
	answer := string(x.Response)
	if c, ok := corrections[name]; ok {
		if !strings.Contains(answer, c[0]) {
			r.t.Errorf("nothing to correct")
		}
		answer = strings.Replace(answer, c[0], c[1], 1)
	}
	endpoint, _, _ := strings.Cut(strings.Trim(x.Path, "/"), "?")
	endpoint, _, _ = strings.Cut(endpoint, "/")
	if x.Method == http.MethodGet {
		r.arrange(endpoint, answer)
	}
	var got any
	if status := r.send(x.Method, x.Path, string(x.Request), &got); status != x.StatusCode {
		r.t.Fatalf("status %d, want %d: %v", status, x.StatusCode, got)
	}
	if answer == "" {
		return
	}
	if made, ok := got.(map[string]any); ok && x.Method == http.MethodPost {
		r.ids[r.object(answer)["id"].(string)] = made["id"].(string)
	}
	for _, difference := range differences("", r.object(r.ours(answer)), got) {
		r.t.Error(difference)
	}
}

func (r replay) object(text string) (object map[string]any) {
	r.t.Helper()
	if err := json.Unmarshal([]byte(text), &object); err != nil {
		r.t.Fatal(err)
	}
	return object
}

// arrange writes the resources of an answer.
func (r replay) arrange(endpoint, answer string) {
	r.t.Helper()
	object := r.object(answer)
	found := []any{object}
	if list, is := object["Resources"]; is {
		found, _ = list.([]any)
	}
	for _, resource := range found {
		body, err := json.Marshal(resource)
		if err != nil {
			r.t.Fatal(err)
		}
		r.put(thing{endpoint, resource.(map[string]any)["id"].(string), string(body)})
	}
}

// owned are what a server decides for itself: the URNs of what it shows, when
// things happened, and how many it shows at once.
var owned = []string{"schemas", "created", "lastModified", "itemsPerPage"}

// differences tells what of want is not so in got. More than wanted is no
// difference, and nothing is demanded where want has null.
func differences(path string, want, got any) []string {
	switch want := want.(type) {
	case nil:
		return nil
	case map[string]any:
		object, _ := got.(map[string]any)
		var all []string
		for name, v := range want {
			if !slices.Contains(owned, name) {
				all = append(all, differences(path+"."+name, v, object[name])...)
			}
		}
		return all
	case []any:
		list, _ := got.([]any)
		if len(list) != len(want) {
			return []string{fmt.Sprintf("%s: got %v, want %v", path, got, want)}
		}
		var all []string
		for i, v := range want {
			all = append(all, differences(fmt.Sprintf("%s[%d]", path, i), v, list[i])...)
		}
		return all
	}
	text, _ := got.(string)
	if location, is := want.(string); is && strings.HasSuffix(path, ".meta.location") && strings.HasSuffix(text, "/scim/v2/"+location) {
		return nil // recorded without the URL of the server
	}
	if want != got {
		return []string{fmt.Sprintf("%s: got %v, want %v", path, got, want)}
	}
	return nil
}
