package main

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/google/go-cmp/cmp"
)

// outsider is a client of the simulated account, whose variables are set.
func outsider() *iam.Client {
	return iam.New(iam.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(os.Getenv("AWS_ENDPOINT_URL")),
		Credentials: credentials.NewStaticCredentialsProvider(os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY"), ""),
	})
}

// exported is what a command line exports; its head is left out, and what every
// observation moves.
func exported(t *testing.T, args ...string) string {
	t.Helper()
	status, out, stderr := command(t, nil, append([]string{"export", "json"}, args...)...)
	_, lists, ok := strings.Cut(out, `"users":[`)
	if status != exitOK || stderr != "" || !ok || !json.Valid([]byte(out)) {
		t.Fatalf("status %d, %.200s: %s", status, out, stderr)
	}
	return regexp.MustCompile(`"(observedAt|reportedAt|detailsAt)":"[^"]*",?`).ReplaceAllString(lists, "")
}

// observe runs a refresh without a server.
func observe(t *testing.T, env map[string]string, dir string) {
	t.Helper()
	if status, out, stderr := command(t, env, "refresh", "--data-dir", dir, "--read-rate", "0"); status != exitOK {
		t.Fatalf("status %d\n%s%s", status, out, stderr)
	}
}

// TestExport: what was exported before a change is exported as of then after
// it, from the files as from a server.
func TestExport(t *testing.T) {
	env, dir := simulated(t, "30"), dataDir(t)
	observe(t, env, dir)
	before, then := exported(t, "--data-dir", dir), time.Now().UTC()
	client := outsider()
	if _, err := client.CreateUser(t.Context(), &iam.CreateUserInput{UserName: aws.String("=newcomer")}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.AddUserToGroup(t.Context(), &iam.AddUserToGroupInput{UserName: aws.String("=newcomer"), GroupName: aws.String("everyone")}); err != nil {
		t.Fatal(err)
	}
	observe(t, env, dir)
	after := exported(t, "--data-dir", dir)
	check := func(who string) {
		t.Helper()
		if diff := cmp.Diff(before, exported(t, "--data-dir", dir, "--as-of", then.Format(time.RFC3339Nano))); diff != "" {
			t.Errorf("%s, as of before the change, -then +now:\n%s", who, diff)
		}
		if diff := cmp.Diff(after, exported(t, "--data-dir", dir, "--account", "123456789012", "--as-of", time.Now().UTC().Format(time.RFC3339Nano))); diff != "" {
			t.Errorf("%s, after the change, -files +now:\n%s", who, diff)
		}
	}
	check("the files")
	if strings.Contains(before, "newcomer") || strings.Count(after, "newcomer") < 3 {
		t.Error("the newcomer shows when they should not, or does not when they should")
	}
	first := filepath.Join(t.TempDir(), "first")
	export(t, dir, "csv", "--output", first)
	_, users := readTable(t, filepath.Join(first, "users.csv"))
	_, members := readTable(t, filepath.Join(first, "memberships.csv"))
	if newcomer := users[len(users)-1]; newcomer["userName"] != "'=newcomer" || newcomer["active"] != "true" || newcomer["mfaActive"] != "" ||
		!strings.Contains(newcomer["notKnown"], "mfaActive") {
		t.Errorf("the newcomer is %v", newcomer)
	}
	if last := members[len(members)-1]; last["userName"] != "'=newcomer" || last["groupName"] != "everyone" {
		t.Errorf("the newest membership is %v", last)
	}
	start(t, env, "excludedAttributes", "serve", "--listen", "127.0.0.1:0", "--data-dir", dir, "--refresh-interval", "1h", "--read-rate", "0", "--mode", "read-only")
	if diff := cmp.Diff(before, exported(t, "--data-dir", dir, "--as-of", then.Format(time.RFC3339Nano))); diff != "" {
		t.Errorf("a server, as of before the change, -then +now:\n%s", diff)
	}
}

// export runs a command that exports into files, and returns its summary.
func export(t *testing.T, dir string, args ...string) *exportSummary {
	t.Helper()
	status, out, stderr := command(t, nil, append([]string{"export", args[0], "--data-dir", dir, "--json"}, args[1:]...)...)
	sum := &exportSummary{}
	if err := json.Unmarshal([]byte(out), sum); status != exitOK || err != nil {
		t.Fatalf("status %d, %v: %s%s", status, err, out, stderr)
	}
	return sum
}

const everything = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"whole@example.com","externalId":"00u1",
	"displayName":"Whole","name":{"givenName":"Who","familyName":"Le"},"title":"Boss","userType":"Employee",
	"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"1","department":"D","costCenter":"C","organization":"O",
	"division":"V","manager":{"value":"AIDAX","displayName":"M"}}}`

// TestExportTables: every column is filled from what the server exports, and the
// tables agree with each other and with SCIM.
func TestExportTables(t *testing.T) {
	dir := dataDir(t)
	d := start(t, nil, "excludedAttributes", "serve", "--demo", "--demo-users", "300", "--listen", "127.0.0.1:0", "--data-dir", dir)
	base, token := d.find(t, `SCIM base URL +(\S+)`), d.find(t, `Bearer token +(\S+)`)
	group := `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"whole","externalId":"g-1"}`
	for path, body := range map[string]string{"/Users": everything, "/Groups": group} {
		if status := send(t, token, "POST", base+path, body, nil); status != http.StatusCreated {
			t.Fatalf("POST %s: status %d", path, status)
		}
	}
	out := filepath.Join(t.TempDir(), "out")
	sum := export(t, dir, "csv", "--output", out)
	empty := map[string][]string{ // what the simulated account never has, or may not have read yet
		"credentials.csv": {"expires"}, "policies.csv": {"description", "tags"}, "roles.csv": {"permissionsBoundary", "tags"},
		"users.csv": {"notKnown"},
	}
	tables := map[string][]map[string]string{}
	for _, f := range sum.Files {
		header, rows := readTable(t, filepath.Join(out, f.Name))
		if *f.Rows != len(rows) || len(rows) == 0 {
			t.Errorf("%s has %d rows, and is said to have %d", f.Name, len(rows), *f.Rows)
		}
		for _, name := range header {
			filled := slices.ContainsFunc(rows, func(row map[string]string) bool { return row[name] != "" })
			if !filled && !slices.Contains(empty[f.Name], name) {
				t.Errorf("%s: nobody has a %s", f.Name, name)
			}
		}
		tables[f.Name] = rows
	}
	var groups struct{ Resources []shownGroup }
	get(t, token, base+"/Groups?count=1000", &groups)
	members := 0
	for _, g := range groups.Resources {
		members += len(g.Members)
	}
	if n := len(tables["memberships.csv"]); n != members {
		t.Errorf("%d memberships, and groups have %d members", n, members)
	}
	var users listResponse
	get(t, token, base+"/Users?count=1000&filter=active+eq+true", &users)
	active := slices.DeleteFunc(tables["users.csv"], func(u map[string]string) bool { return u["active"] != "true" })
	if len(active) != users.TotalResults || sum.Resources["users"] == users.TotalResults {
		t.Errorf("%d active users of %d, and SCIM has %d", len(active), sum.Resources["users"], users.TotalResults)
	}
	for _, e := range tables["entitlements.csv"] {
		if strings.Contains(e["value"], "AWSDenyAll") {
			t.Errorf("a deny is an entitlement: %v", e)
		}
	}
}
