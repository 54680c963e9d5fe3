package iamsim

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
)

//go:embed status.html
var statusFS embed.FS

var statusTemplate = template.Must(template.ParseFS(statusFS, "status.html"))

// statusRows is how many of a kind the page shows, and statusCalls how many calls.
const (
	statusRows  = 200
	statusCalls = 50
)

// statusData is what the page shows.
type statusData struct {
	Account, Alias, Now string
	Counts              []statusCount
	Faults              []statusFault
	Dials               []string
	Calls               []Call
	Actions             []statusCount
	Users               []statusUser
	Groups              []statusGroup
	Roles               []statusRole
	Policies            []statusPolicy
	More                map[string]int // how many of each kind are not shown
}

type statusCount struct {
	Name string
	N    int
}

type statusFault struct {
	Fault
	Seen int
}

type statusThing struct{ Name, Path, ID string }

// statusGrant is a managed policy by its name, or an inline one.
type statusGrant struct {
	Name, ARN string
	Denies    bool // everything
}

type statusUser struct {
	statusThing
	Password  bool
	Keys, MFA int
	Groups    []string
	Policies  []statusGrant
	Boundary  *statusGrant
}

type statusGroup struct {
	statusThing
	Members  int
	Policies []statusGrant
}

type statusRole struct {
	statusThing
	Trusts   []string
	Policies []statusGrant
}

type statusPolicy struct {
	statusThing
	Default            string
	Versions, Attached int
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
