package scim

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestShapeLog(t *testing.T) {
	t.Parallel()
	d := newDemo(t, 5)
	d.do(t, "GET", "/scim/v2/Users?filter=userName%20eq%20%22secret.person%40example.com%22&count=7", "", "User-Agent: Okta SCIM Client 1.0.0", "X-Request-Id: proxy-1")
	lines := strings.Split(strings.TrimSpace(d.logged()), "\n")
	var line map[string]any
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &line); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"msg": "served", "level": "INFO", "request_id": "proxy-1", "method": "GET", "route": "/scim/v2/Users", "query": "count,filter",
		"filter": "userName eq ?", "user_agent": "Okta SCIM Client 1.0.0", "auth_scheme": "bearer", "credential": "bootstrap", "status": 200.0,
	}
	for k, v := range want {
		if line[k] != v {
			t.Errorf("%s: got %v, want %v", k, line[k], v)
		}
	}
	for _, k := range []string{"took", "bytes"} {
		if _, ok := line[k]; !ok {
			t.Errorf("%s is not logged", k)
		}
	}
}

// A 501 is a client's question, not a fault of ours.
func TestLevel(t *testing.T) {
	t.Parallel()
	d := newDemo(t, 5)
	d.do(t, "GET", "/scim/v2/Me", "")
	if log := d.logged(); !strings.Contains(log, `"status":501`) || strings.Contains(log, `"level":"ERROR"`) {
		t.Errorf("logged:\n%s", log)
	}
}

// What a client sends as a value or as a credential is nowhere in the log.
func TestLogKeepsNoValues(t *testing.T) {
	t.Parallel()
	d := newDemo(t, 5)
	const secret = "s3cret-value"
	d.do(t, "GET", "/scim/v2/Users?filter=userName+eq+"+secret+"&"+secret+"=1&x="+secret, "")
	d.do(t, "GET", "/scim/v2/Users?filter="+secret, "")
	d.do(t, "GET", "/scim/v2/Users?count="+secret, "")
	d.do(t, "GET", "/scim/v2/Users/"+secret, "", "Authorization: Bearer "+secret)
	d.do(t, "GET", "/scim/v2/"+secret, "", "Authorization: "+secret)
	d.do(t, "POST", "/scim/v2/.search", `{"filter":"userName eq \"`+secret+`\"","sortBy":"`+secret+`"}`)
	d.do(t, "GET", "/scim/v2/Users?access_token="+secret, "")
	d.do(t, "POST", "/admin/tokens", `{"name":"`+secret+`"}`)
	if log := d.logged(); strings.Contains(log, secret) || strings.Contains(log, demoToken) {
		t.Errorf("a value is in the log:\n%s", log)
	}
}

func TestRequestID(t *testing.T) {
	t.Parallel()
	d := newDemo(t, 5)
	for sent, keep := range map[string]bool{"abc-1.2_3": true, "": false, "with blank": false, strings.Repeat("x", 65): false} {
		got := d.do(t, "GET", "/livez", "", "X-Request-Id: "+sent).header.Get("X-Request-Id")
		if got == "" || (got == sent) != keep {
			t.Errorf("sent %q, got %q", sent, got)
		}
	}
}

// A fault of ours is a bare 500, logged once with what happened.
func TestFaults(t *testing.T) {
	t.Parallel()
	d := newDemo(t, 5)
	for name, do := range map[string]handler{
		"panic":    func(http.ResponseWriter, *request) error { panic("inner secret") },
		"unlisted": func(http.ResponseWriter, *request) error { return errors.New("inner secret") },
	} {
		t.Run(name, func(t *testing.T) {
			before := len(d.log.String())
			w := httptest.NewRecorder()
			d.server.serve(route{path: "/x", verbs: verbs{"GET": {0, do, 0}}}).ServeHTTP(w, httptest.NewRequest("GET", "/x", nil))
			checkErrorBody(t, w.Code, w.Header(), w.Body.Bytes())
			if w.Code != 500 || strings.Contains(w.Body.String(), "secret") {
				t.Errorf("%d %s", w.Code, w.Body)
			}
			if log := d.log.String()[before:]; strings.Count(log, "inner secret") != 1 || !strings.Contains(log, `"level":"ERROR"`) {
				t.Errorf("log: %s", log)
			}
		})
	}
}

func TestSecurityHeaders(t *testing.T) {
	t.Parallel()
	d := newDemo(t, 5)
	for _, path := range []string{"/scim/v2/Users", "/nothing", "/health", "/livez"} {
		h := d.do(t, "GET", path, "").header
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Content-Security-Policy") == "" || h.Get("Cache-Control") == "" {
			t.Errorf("%s: %v", path, h)
		}
	}
}

func TestBodyLimit(t *testing.T) {
	t.Parallel()
	d := newDemo(t, 5)
	got := d.do(t, "POST", "/scim/v2/Users", strings.Repeat(" ", bodyLimit+1))
	if got.status != http.StatusRequestEntityTooLarge {
		t.Errorf("status %d", got.status)
	}
	checkErrorBody(t, got.status, got.header, got.body)
}
