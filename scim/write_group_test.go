package scim

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"iamscim/provisioner/iamsim"
)

// TestLargeGroup: a change of one member asks IAM the same of a group of ten
// and of one of a thousand, and the answer does not hold them all.
func TestLargeGroup(t *testing.T) {
	t.Parallel()
	d := newWritable(t, nil, func(a *iamsim.Account) {
		a.AddGroup(iamsim.Group{Name: "small", Path: "/"})
		a.AddGroup(iamsim.Group{Name: "large", Path: "/"})
		for i := range briefAbove + 1 {
			name := fmt.Sprintf("u%04d", i)
			a.AddUser(iamsim.User{Name: name, Path: "/"})
			a.Join(name, "large")
			if i < 10 {
				a.Join(name, "small")
			}
		}
		a.AddUser(iamsim.User{Name: "ann", Path: "/"})
	})
	group := func(name string) string {
		return "/scim/v2/Groups/" + onlyID(t, d, "/scim/v2/Groups?attributes=displayName&filter=displayName%20eq%20%22"+name+"%22")
	}
	small, large := group("small"), group("large")
	ann := onlyID(t, d, "/scim/v2/Users?filter=userName%20eq%20%22ann%22")
	add := fmt.Sprintf(`{"Operations":[{"op":"add","path":"members","value":[{"value":%q,"display":"Ann"}]}]}`, ann)
	remove := fmt.Sprintf(`{"Operations":[{"op":"remove","path":"members[value eq %s]"}]}`, strings.ReplaceAll(strconv.Quote(ann), `"`, `\"`))

	d.sim.ResetCalls()
	body := d.want(t, http.StatusOK, "PATCH", small, add, jsonType).body
	if calls := len(d.sim.Journal()); calls == 0 || strings.Count(string(body), `"type":"User"`) != 11 || strings.Count(string(body), `"display":"Ann"`) != 1 {
		t.Errorf("%d calls, %s", calls, body)
	}
	calls := d.sim.Calls()
	delete(calls, "GetCallerIdentity") // who we are is asked once
	d.sim.ResetCalls()
	brief := d.want(t, http.StatusNoContent, "PATCH", large, add, jsonType)
	if got := d.sim.Calls(); fmt.Sprint(got) != fmt.Sprint(calls) {
		t.Errorf("calls for a large group %v, for a small one %v", got, calls)
	}
	read := d.want(t, http.StatusOK, "GET", large+"?excludedAttributes=members", "")
	if len(brief.body) != 0 || brief.header.Get("Etag") == "" || brief.header.Get("Etag") != read.header.Get("Etag") || !strings.HasSuffix(brief.header.Get("Location"), large) {
		t.Errorf("%v %v", brief.header, read.header)
	}

	shown := d.want(t, http.StatusOK, "PATCH", large+"?excludedAttributes=members", remove, jsonType)
	if shown.member(t, "displayName") != "large" || strings.Contains(string(shown.body), `"members"`) {
		t.Errorf("%.200s", shown.body)
	}
	all := d.want(t, http.StatusOK, "PATCH", large+"?attributes=members", add, jsonType)
	if strings.Count(string(all.body), `"type":"User"`) != briefAbove+2 {
		t.Errorf("%.200s", all.body)
	}
	d.want(t, http.StatusNoContent, "PUT", large, `{"displayName":"large","externalId":"x"}`, jsonType)
}

// TestPreferWait: a client that does not want to wait is told to come back; the
// change goes on.
func TestPreferWait(t *testing.T) {
	t.Parallel()
	d := newWritable(t, nil, nil)
	if err := d.sim.SetDelay("CreateUser", 2*time.Second); err != nil {
		t.Fatal(err)
	}
	got := d.want(t, http.StatusServiceUnavailable, "POST", "/scim/v2/Users", `{"userName":"ann"}`, jsonType, "Prefer: respond-async, wait=0")
	if n, err := strconv.Atoi(got.header.Get("Retry-After")); err != nil || n < 1 {
		t.Errorf("%v", got.header)
	}
	checkErrorBody(t, got.status, got.header, got.body)
	if err := d.provisioner.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	onlyID(t, d, "/scim/v2/Users?filter=userName%20eq%20%22ann%22")
}

func TestWaitPreference(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]time.Duration{
		"": 0, "wait=5": 5 * time.Second, "respond-async, Wait = \"7\"": 7 * time.Second, "wait=0": time.Millisecond,
		"wait=soon": 0, "wait=-1": 0, "handling=lenient; wait=3": 3 * time.Second, "wait=99999999": 0,
	} {
		if got := waitPreference([]string{header}); got != want {
			t.Errorf("%q: %v, want %v", header, got, want)
		}
	}
}
