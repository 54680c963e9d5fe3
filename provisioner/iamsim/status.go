package iamsim

import (
	"bytes"
	"embed"
	"html/template"
	"maps"
	"net/http"
	"slices"
)

//go:embed status.html
var statusFS embed.FS

var statusTemplate = template.Must(template.ParseFS(statusFS, "status.html"))

// statusRows is how many users, groups, roles and calls the page shows.
const statusRows = 200

type statusData struct {
	Account, Alias, Now string
	Counts              []statusCount
	Users               []statusUser
	Groups, Roles       []string
	Faults              []Fault
	Calls               []Call
	Actions             []statusCount
}

type statusCount struct {
	Name string
	N    int
}

type statusUser struct {
	Name, Path, ID    string
	Password          bool
	Keys, MFA, Groups int
	Attached          []string
	Boundary          string
}

func (a *Account) statusPage(w http.ResponseWriter, _ *http.Request) {
	var page bytes.Buffer
	if err := statusTemplate.Execute(&page, a.status()); err != nil {
		a.log.Error("cannot render status page", "err", err)
		http.Error(w, "status page cannot be rendered", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
	// An error here means that the client has gone.
	_, _ = w.Write(page.Bytes())
}

func (a *Account) status() statusData {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.now()
	d := statusData{Account: a.cfg.AccountID, Alias: a.alias, Now: stamp(now)}
	d.Counts = []statusCount{
		{"users", a.users.size()}, {"groups", a.groups.size()}, {"roles", a.roles.size()}, {"policies", a.policies.size()},
	}
	for _, u := range first(a.users.all(now)) {
		d.Users = append(d.Users, statusUser{
			u.Name, u.Path, u.ID, u.Login != nil, len(u.Keys), len(u.MFA), len(u.Groups), u.Attached, u.Boundary,
		})
	}
	for _, g := range first(a.groups.all(now)) {
		d.Groups = append(d.Groups, g.Path+g.Name)
	}
	for _, r := range first(a.roles.all(now)) {
		d.Roles = append(d.Roles, r.Path+r.Name)
	}
	for _, f := range a.faults {
		d.Faults = append(d.Faults, *f)
	}
	calls := a.journal.calls[max(0, len(a.journal.calls)-statusRows):]
	d.Calls = slices.Clone(calls)
	slices.Reverse(d.Calls)
	for _, name := range slices.Sorted(maps.Keys(a.journal.counts)) {
		d.Actions = append(d.Actions, statusCount{name, a.journal.counts[name]})
	}
	return d
}

func first[T any](all []T) []T { return all[:min(len(all), statusRows)] }
