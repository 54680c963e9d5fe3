package scim

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	scimerrors "github.com/elimity-com/scim/errors"

	"iamscim/scim/auth"
	"iamscim/store"
)

func TestWriteError(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		err    error
		status int
		key    string // a header that must be there
	}{
		{"unauthorized", auth.ErrExpired, 401, "Www-Authenticate"},
		{"not found", fmt.Errorf("user %q: %w", "AIDAX", store.ErrNotFound), 404, "Content-Type"},
		{"exists", fmt.Errorf("create: %w", store.ErrExists), 409, "Content-Type"},
		{"nothing observed", store.ErrNoGeneration, 503, "Retry-After"},
		{"too large", fmt.Errorf("read: %w", &http.MaxBytesError{Limit: 1}), 413, "Content-Type"},
		{"minted for the client", fmt.Errorf("parse: %w", badRequest(scimerrors.ScimTypeInvalidFilter, "no")), 400, "Content-Type"},
		{"without detail", scimerrors.ScimError{Status: 400}, 400, "Content-Type"},
		{"not listed", errors.New("secret path /var/lib"), 500, "Content-Type"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			writeError(w, httptest.NewRequest("GET", "/", nil), tt.err)
			if w.Code != tt.status || w.Header().Get(tt.key) == "" {
				t.Errorf("got status %d, header %v; want %d with %s", w.Code, w.Header(), tt.status, tt.key)
			}
			checkErrorBody(t, w.Code, w.Header(), w.Body.Bytes())
			if strings.Contains(w.Body.String(), "secret") {
				t.Errorf("internal text reached the client: %s", w.Body)
			}
		})
	}
}

// checkErrorBody demands a SCIM Error (RFC 7644 §3.12).
func checkErrorBody(t *testing.T, status int, h http.Header, body []byte) {
	t.Helper()
	var e struct {
		Schemas []string
		Status  string
		Detail  string
	}
	if err := json.Unmarshal(body, &e); err != nil {
		t.Errorf("error body %q: %v", body, err)
		return
	}
	if got := h.Get("Content-Type"); got != contentType {
		t.Errorf("Content-Type %q, want %q", got, contentType)
	}
	if len(e.Schemas) != 1 || e.Schemas[0] != "urn:ietf:params:scim:api:messages:2.0:Error" || e.Status != fmt.Sprint(status) || e.Detail == "" {
		t.Errorf("error body %s does not fit status %d", body, status)
	}
}
