package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestOnDelete: a deleted user is gone, their name is not free, and an operator
// gets them back.
func TestOnDelete(t *testing.T) {
	dir := dataDir(t)
	d := start(t, nil, "excludedAttributes", "serve", "--demo", "--demo-users", "30", "--listen", "127.0.0.1:0", "--data-dir", dir,
		"--manage-path", "/people/", "--on-delete", "deactivate-then-delete=30d")
	base, token := d.find(t, `SCIM base URL +(\S+)`), d.find(t, `Bearer token +(\S+)`)
	var user struct {
		ID     string
		Active bool
		Detail string
	}
	leaver := `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"leaver"}`
	if status := send(t, token, "POST", base+"/Users", leaver, &user); status != http.StatusCreated {
		t.Fatalf("create: status %d, %+v", status, user)
	}
	id := user.ID
	file := filepath.Join(t.TempDir(), "request.json")
	if err := os.WriteFile(file, []byte(`{"method":"DELETE","path":"/Users/`+id+`"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	status, out, stderr := command(t, nil, "plan", "--data-dir", dir, file)
	if status != exitOK || !strings.Contains(out, "iam:AttachUserPolicy user=leaver") || !strings.Contains(out, "note: the user would be deactivated now") {
		t.Errorf("plan: status %d\n%s%s", status, out, stderr)
	}
	if status := send(t, token, "DELETE", base+"/Users/"+id, "", nil); status != http.StatusNoContent {
		t.Fatalf("delete: status %d", status)
	}
	if status := get(t, token, base+"/Users/"+id, nil); status != http.StatusNotFound {
		t.Errorf("deleted: status %d", status)
	}
	if status := send(t, token, "POST", base+"/Users", leaver, &user); status != http.StatusConflict || !strings.Contains(user.Detail, "iamscim adopt user/leaver") {
		t.Errorf("the same name: status %d, %q", status, user.Detail)
	}
	if status, out, stderr := command(t, nil, "adopt", "--data-dir", dir, "user/leaver"); status != exitOK || !strings.Contains(out, "restored user leaver") {
		t.Errorf("adopt: status %d\n%s%s", status, out, stderr)
	}
	user.Active = true
	if status := get(t, token, base+"/Users/"+id, &user); status != http.StatusOK || user.Active {
		t.Errorf("restored: status %d, %+v", status, user)
	}
}
