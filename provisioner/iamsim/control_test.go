package iamsim_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"iamscim/provisioner/iamsim"
)

func (s *server) control(method, path, body string) (int, string) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.ctx(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

func TestControl(t *testing.T) {
	s := newServer(t, iamsim.Config{})
	if status, text := s.control("POST", "/_sim/faults", `{"action":"CreateUser","code":"Throttling","delay":"1s"}`); status != 204 {
		t.Fatalf("got %d %s", status, text)
	}
	if _, text := s.control("GET", "/_sim/faults", ""); !strings.Contains(text, `"code":"Throttling"`) || !strings.Contains(text, `"delay":"1s"`) {
		t.Errorf("got %s", text)
	}
	s.wantCode(s.create("u"), "Throttling")
	for _, bad := range []string{`{"action":"Nonsense"}`, `{"kind":"nonsense"}`, `{"unknown":1}`, `{"delay":"x"}`} {
		if status, _ := s.control("POST", "/_sim/faults", bad); status != 400 {
			t.Errorf("%s: got %d, want 400", bad, status)
		}
	}
	before := s.Now()
	if status, text := s.control("POST", "/_sim/clock", `{"advance":"4h"}`); status != 200 || s.Now().Sub(before) < 4*time.Hour {
		t.Errorf("got %d %s", status, text)
	}
	_, text := s.control("GET", "/_sim/calls", "")
	var calls struct {
		Counts map[string]int
		Calls  []struct{ Action, Code string }
	}
	if err := json.Unmarshal([]byte(text), &calls); err != nil {
		t.Fatal(err)
	}
	if calls.Counts["CreateUser"] != 1 || len(calls.Calls) != 1 || calls.Calls[0].Code != "Throttling" {
		t.Errorf("got %+v", calls)
	}
	if status, _ := s.control("DELETE", "/_sim/faults", ""); status != 204 {
		t.Errorf("got %d, want 204", status)
	}
	if status, text := s.control("POST", "/_sim/delay", `{"action":"CreateUser","delay":"1h"}`); status != 204 {
		t.Errorf("got %d %s", status, text)
	}
	s.wantCode(s.create("late"), "")
	if names, _ := s.listAll(10); len(names) != 1 {
		t.Errorf("got %v in spite of the delay", names)
	}
	if status, _ := s.control("DELETE", "/_sim/calls", ""); status != 204 || len(s.Journal()) != 0 {
		t.Errorf("got %d and %d calls", status, len(s.Journal()))
	}
	if status, _ := s.control("GET", "/_sim/nowhere", ""); status != 404 {
		t.Errorf("got %d, want 404", status)
	}
}

func TestStatusPageEscapes(t *testing.T) {
	s := newServer(t, iamsim.Config{})
	s.AddUser(iamsim.User{Name: "<script>alert(1)</script>"})
	status, text := s.control("GET", "/_sim/", "")
	if status != 200 || strings.Contains(text, "<script>") || !strings.Contains(text, "&lt;script&gt;") {
		t.Errorf("got %d %s", status, text)
	}
}

// TestStatusPage: the page shows what is there and what is turned.
func TestStatusPage(t *testing.T) {
	s := newServer(t, iamsim.Config{Alias: "acme"})
	s.AddUser(iamsim.User{Name: "ann", Boundary: boundaryARN, Grants: iamsim.Grants{Attached: []string{"arn:aws:iam::aws:policy/AWSDenyAll"}}})
	s.AddGroup(iamsim.Group{Name: "devs"})
	s.Join("ann", "devs")
	s.AddPolicy(iamsim.Policy{Name: "own-policy"}, allowS3)
	s.wantCode(s.create("ann"), "EntityAlreadyExists")
	s.fault(iamsim.Fault{Action: "DeleteUser", Kind: iamsim.FaultHang})
	if err := s.SetDelay("CreateGroup", time.Minute); err != nil {
		t.Fatal(err)
	}
	if err := s.SetRate("*", 15, 0); err != nil {
		t.Fatal(err)
	}
	_, text := s.control("GET", "/_sim/", "")
	for _, want := range []string{
		"acme", "ann", "devs", "own-policy", "bounded by PowerUserAccess", `tag bad" title="arn:aws:iam::aws:policy/AWSDenyAll"`,
		"EntityAlreadyExists", "hang", "CreateGroup: is seen after 1m0s", "actions: 15 a second", s.Now().Format("2006-01-02"),
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not show %q", want)
		}
	}
}

func TestControlIsLocal(t *testing.T) {
	s := newServer(t, iamsim.Config{})
	for _, tt := range []struct {
		name, method, host, contentType string
		want                            int
	}{
		{"status page", "GET", "", "", 200},
		{"foreign host", "GET", "evil.example", "", 403},
		{"form post", "POST", "", "application/x-www-form-urlencoded", 415},
		{"text post", "POST", "", "text/plain", 415},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := http.NewRequestWithContext(t.Context(), tt.method, s.url+"/_sim/", nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Host = tt.host
			r.Header.Set("Content-Type", tt.contentType)
			resp, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if resp.StatusCode != tt.want {
				t.Errorf("got %d, want %d", resp.StatusCode, tt.want)
			}
		})
	}
}
