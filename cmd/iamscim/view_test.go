package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"

	"iamscim/provisioner/iamsim"
)

const (
	denyAllARN  = "arn:aws:iam::aws:policy/AWSDenyAll"
	readOnlyARN = "arn:aws:iam::aws:policy/ReadOnlyAccess"
	auditorARN  = "arn:aws:iam::aws:policy/SecurityAudit"
	awsUser     = "urn:iamscim:params:scim:schemas:extension:aws:2.0:User"
	awsGroup    = "urn:iamscim:params:scim:schemas:extension:aws:2.0:Group"
)

type reference struct{ Value string }

type shownUser struct {
	ID, UserName, Title string
	Active              bool
	Groups              []reference
	AWS                 struct {
		Path             string
		AccessKeys       []struct{ ID, Status string }
		AttachedPolicies []reference
	} `json:"urn:iamscim:params:scim:schemas:extension:aws:2.0:User"`
}

type shownGroup struct {
	ID, DisplayName, ExternalID string
	Members                     []reference
	AWS                         struct {
		Path             string
		AttachedPolicies []reference
	} `json:"urn:iamscim:params:scim:schemas:extension:aws:2.0:Group"`
}

// entry is what SCIM shows of a user or group, and IAM has.
type entry struct {
	Name, Path string
	Active     bool
	Granted    []string
	Others     []string // groups or members
	Keys       map[string]string
}

// shown is the account as SCIM shows it, by id.
func (w *world) shown() (map[string]entry, error) {
	var users struct{ Resources []shownUser }
	var groups struct{ Resources []shownGroup }
	for path, into := range map[string]any{"/Users?count=10000": &users, "/Groups?count=10000": &groups} {
		status, text, err := w.ask("GET", w.server.base+path, "", into)
		if err != nil || status != http.StatusOK {
			return nil, fmt.Errorf("%s: status %d, %w: %s", path, status, err, text)
		}
	}
	all := map[string]entry{}
	for _, u := range users.Resources {
		keys := map[string]string{}
		for _, k := range u.AWS.AccessKeys {
			keys[k.ID] = k.Status
		}
		delete(keys, "") // not read yet
		all[u.ID] = entry{u.UserName, u.AWS.Path, u.Active, values(u.AWS.AttachedPolicies), values(u.Groups), keys}
	}
	for _, g := range groups.Resources {
		all[g.ID] = entry{Name: g.DisplayName, Path: g.AWS.Path, Granted: values(g.AWS.AttachedPolicies), Others: values(g.Members)}
	}
	return all, nil
}

func values(list []reference) []string {
	out := []string{}
	for _, r := range list {
		out = append(out, r.Value)
	}
	slices.Sort(out)
	return out
}

// real is the account as it is.
func (w *world) real() map[string]entry {
	all, members := map[string]entry{}, map[string][]string{}
	for _, u := range w.sim.Users() {
		keys := map[string]string{}
		for _, k := range u.Keys {
			keys[k.ID] = k.Status
		}
		all[u.ID] = entry{u.Name, u.Path, !denied(&u), slices.Sorted(slices.Values(u.Attached)), slices.Sorted(slices.Values(u.Groups)), keys}
		for _, g := range u.Groups {
			members[g] = append(members[g], u.ID)
		}
	}
	for _, g := range w.sim.Groups() {
		all[g.ID] = entry{Name: g.Name, Path: g.Path, Granted: slices.Sorted(slices.Values(g.Attached)), Others: slices.Sorted(slices.Values(members[g.ID]))}
	}
	return all
}

// denied reports whether a user is denied everything.
func denied(u *iamsim.User) bool {
	return slices.Contains(u.Attached, denyAllARN) || slices.ContainsFunc(u.Inline, func(p iamsim.InlinePolicy) bool {
		return strings.Contains(p.Document, `"Deny"`)
	})
}

// difference compares what SCIM shows with what there is. Keys that SCIM does
// not name yet are not compared.
func (w *world) difference() error {
	shown, err := w.shown()
	if err != nil {
		return err
	}
	known := func(a, b map[string]string) bool {
		return len(a) == 0 || len(b) == 0 || maps.Equal(a, b)
	}
	lists := func(a, b []string) bool { return slices.Equal(a, b) }
	if diff := cmp.Diff(w.real(), shown, cmp.Comparer(known), cmp.Comparer(lists)); diff != "" {
		return fmt.Errorf("SCIM differs from IAM (-there +shown):\n%s", diff)
	}
	return nil
}

// picture describes what there is whose name holds a suffix, with * for it, and
// says of each whether it was there before.
func (w *world) picture(suffix string, before map[string]bool) string {
	var lines []string
	groups := map[string]string{}
	add := func(id, format string, args ...any) {
		text := strings.ReplaceAll(fmt.Sprintf(format, args...), suffix, "*")
		if !before[id] {
			text += " new"
		}
		lines = append(lines, text)
	}
	for _, g := range w.sim.Groups() {
		groups[g.ID] = g.Name
		if strings.HasSuffix(g.Name, suffix) {
			add(g.ID, "group %s%s %s %s", g.Path, g.Name, short(g.Attached), inlineNames(g.Inline))
		}
	}
	for _, u := range w.sim.Users() {
		if strings.HasSuffix(u.Name, suffix) {
			add(u.ID, "user %s%s %s %s", u.Path, u.Name, rights(&u, groups), held(&u))
		}
	}
	for _, d := range w.sim.VirtualDevices() {
		if strings.HasSuffix(d.Serial, suffix) {
			lines = append(lines, "device "+d.Serial[strings.LastIndexByte(d.Serial, '/')+1:len(d.Serial)-len(suffix)])
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func rights(u *iamsim.User, groups map[string]string) string {
	var in, tags []string
	for _, g := range u.Groups {
		in = append(in, groups[g])
	}
	for _, t := range u.Tags {
		tags = append(tags, t.Key)
	}
	slices.Sort(in)
	return fmt.Sprintf("in %v has %s %s boundary %q tags %v", in, short(u.Attached), inlineNames(u.Inline), u.Boundary, tags)
}

func held(u *iamsim.User) string {
	var out []string
	for _, k := range u.Keys {
		out = append(out, "key:"+k.Status)
	}
	for _, k := range u.SSHKeys {
		out = append(out, "ssh:"+k.Status)
	}
	for _, k := range u.Certificates {
		out = append(out, "certificate:"+k.Status)
	}
	for _, k := range u.Credentials {
		out = append(out, "service:"+k.Status)
	}
	for range u.MFA {
		out = append(out, "mfa")
	}
	if u.Login != nil {
		out = append(out, "password")
	}
	return strings.Join(out, " ")
}

func short(arns []string) []string {
	var out []string
	for _, arn := range arns {
		out = append(out, arn[strings.LastIndexByte(arn, '/')+1:])
	}
	slices.Sort(out)
	return out
}

func inlineNames(list []iamsim.InlinePolicy) []string {
	var out []string
	for _, p := range list {
		out = append(out, p.Name)
	}
	return out
}

// ask makes one request; err is for one that was not answered.
func (w *world) ask(method, target, body string, out any) (status int, text []byte, err error) {
	return askAs(w.t.Context(), benchToken, method, target, body, out)
}

func askAs(ctx context.Context, token, method, target, body string, out any) (status int, text []byte, err error) {
	req, err := http.NewRequestWithContext(ctx, method, target, strings.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/scim+json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	if text, err = io.ReadAll(resp.Body); err == nil && out != nil {
		err = json.Unmarshal(text, out)
	}
	return resp.StatusCode, text, err
}

// want makes one SCIM request that must be answered with the status.
func (w *world) want(status int, method, path, body string, out any) {
	w.t.Helper()
	got, text, err := w.ask(method, w.server.base+path, body, out)
	if err != nil || got != status {
		w.t.Fatalf("%s %s: status %d, want %d, %v: %s\n%s", method, path, got, status, err, text, w.server.out)
	}
}

// settle waits until the journal is empty.
func (w *world) settle() {
	w.t.Helper()
	until(w.t, "the journal is empty", w.settled)
}

func (w *world) settled() error {
	var health struct {
		Journal struct {
			Open  int
			Plans json.RawMessage
		}
	}
	status, text, err := w.ask("GET", w.server.root+"/health", "", &health)
	if err != nil || status != http.StatusOK || health.Journal.Open > 0 {
		return fmt.Errorf("status %d, %w, %.400s\n%s", status, err, text, w.server.out)
	}
	return nil
}
