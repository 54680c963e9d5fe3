package scim

import (
	"net/http"
	"testing"
	"time"

	"iamscim/provisioner/iamsim"
)

// TestRetry: whoever was told to come back gets the result when they do.
func TestRetry(t *testing.T) {
	t.Parallel()
	d := newWritable(t, nil, nil)
	for _, action := range []string{"CreateUser", "UpdateUser", "DeleteUser", "CreateGroup"} {
		if err := d.sim.Fault(iamsim.Fault{Action: action, Kind: iamsim.FaultSlow, Delay: 200 * time.Millisecond, Count: -1}); err != nil {
			t.Fatal(err)
		}
	}
	later := "Prefer: wait=0"
	// send is told to come back, and waits for the change to end.
	send := func(method, path, body string, headers ...string) {
		t.Helper()
		d.want(t, http.StatusServiceUnavailable, method, path, body, append(headers, jsonType, later)...)
		if err := d.provisioner.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	const ann = `{"userName":"ann","name":{"familyName":"A"}}`
	send("POST", "/scim/v2/Users", ann)
	d.want(t, http.StatusConflict, "POST", "/scim/v2/Users", ann+" ", jsonType)
	made := d.want(t, http.StatusCreated, "POST", "/scim/v2/Users", ann, jsonType)
	id := made.member(t, "id")
	if made.member(t, "userName") != "ann" || made.header.Get("Location") != d.URL+"/scim/v2/Users/"+id || made.header.Get("Etag") == "" {
		t.Errorf("%v %s", made.header, made.body)
	}
	d.want(t, http.StatusConflict, "POST", "/scim/v2/Users", ann, jsonType)

	path := "/scim/v2/Users/" + id
	const rename = `{"Operations":[{"op":"replace","path":"userName","value":"anna"}]}`
	version := "If-Match: " + made.header.Get("Etag")
	send("PATCH", path, rename, version)
	d.want(t, http.StatusPreconditionFailed, "PATCH", path, rename, jsonType, version)

	send("DELETE", path, "")
	d.want(t, http.StatusNotFound, "DELETE", path, "")

	const dev = `{"displayName":"dev"}`
	send("POST", "/scim/v2/Groups", dev)
	group := d.want(t, http.StatusCreated, "POST", "/scim/v2/Groups", dev, jsonType)
	if group.member(t, "displayName") != "dev" || group.header.Get("Location") == "" {
		t.Errorf("%v %s", group.header, group.body)
	}
	d.want(t, http.StatusConflict, "POST", "/scim/v2/Groups", dev, jsonType)
}
