package conformance_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
)

const (
	refMaxOperations = 10
	refMaxPayload    = 20000
)

// bulk does the operations whose references are known, until none is left that
// could be done (RFC 7644 §3.7).
func (s *reference) bulk(_ http.ResponseWriter, r *http.Request) (int, any, error) {
	raw, err := io.ReadAll(r.Body)
	if err != nil || len(raw) > refMaxPayload {
		return 0, nil, fail(http.StatusRequestEntityTooLarge, "", "the body is larger than %d", refMaxPayload)
	}
	r.Body = io.NopCloser(bytes.NewReader(raw))
	body, err := readBody(r)
	if err != nil {
		return 0, nil, err
	}
	operations := list(body["Operations"])
	if most := s.maxOperations(); len(operations) > most {
		return 0, nil, fail(http.StatusRequestEntityTooLarge, "", "there are more than %d operations", most)
	}
	run := &bulkRun{s: s, made: map[string]string{}, results: make([]map[string]any, len(operations))}
	limit, _ := atoi(fmt.Sprint(body["failOnErrors"]), 0)
	for moved := true; moved; {
		moved = false
		for i, o := range operations {
			if run.results[i] == nil && (limit <= 0 || run.errors < limit) && run.ready(o) {
				run.results[i] = run.do(o.(map[string]any))
				moved = true
			}
		}
	}
	var results []any
	for i, o := range operations {
		if run.results[i] == nil && (limit <= 0 || run.errors < limit) {
			run.results[i] = run.refused(o.(map[string]any), fail(http.StatusConflict, "invalidValue", "bulkId is not known"))
		}
		if run.results[i] != nil {
			results = append(results, run.results[i])
		}
	}
	return http.StatusOK, map[string]any{"schemas": []any{"urn:ietf:params:scim:api:messages:2.0:BulkResponse"}, "Operations": results}, nil
}

type bulkRun struct {
	s       *reference
	made    map[string]string // bulkId to id
	results []map[string]any
	errors  int
}

// bulkReference: what a resource refers to is in a value.
var bulkReference = regexp.MustCompile(`"value":"bulkId:([\w-]+)"`)

// ready reports whether everything that an operation refers to has been made.
func (b *bulkRun) ready(o any) bool {
	raw, _ := json.Marshal(o) // it came from JSON
	for _, m := range bulkReference.FindAllStringSubmatch(string(raw), -1) {
		if b.made[m[1]] == "" {
			return false
		}
	}
	return true
}

func (b *bulkRun) do(o map[string]any) map[string]any {
	data, _ := json.Marshal(o["data"]) // it came from JSON
	data = bulkReference.ReplaceAllFunc(data, func(m []byte) []byte {
		return []byte(`"value":"` + b.made[string(bulkReference.FindSubmatch(m)[1])] + `"`)
	})
	method := strings.ToUpper(text(o["method"]))
	if !strings.Contains("POST PUT PATCH DELETE", method) || method == "" {
		return b.refused(o, fail(400, "invalidSyntax", "the method is not known"))
	}
	req := httptest.NewRequest(method, refBase+text(o["path"]), bytes.NewReader(data))
	req.Header.Set("Content-Type", "application/scim+json")
	rec := httptest.NewRecorder()
	http.StripPrefix("/scim/v2", b.s.mux).ServeHTTP(rec, req)
	result := b.result(o, rec.Code)
	var answer map[string]any
	_ = json.Unmarshal(rec.Body.Bytes(), &answer) // a DELETE has no body
	if rec.Code >= 400 {
		b.errors++
		result["response"] = answer
		return result
	}
	if id := text(answer["id"]); id != "" {
		b.made[text(o["bulkId"])] = id
	}
	if where := rec.Header().Get("Location"); where != "" {
		result["location"] = where
	} else {
		result["location"] = refBase + text(o["path"])
	}
	return result
}

func (b *bulkRun) result(o map[string]any, status int) map[string]any {
	result := map[string]any{"method": o["method"], "status": fmt.Sprint(status)}
	if o["bulkId"] != nil {
		result["bulkId"] = o["bulkId"]
	}
	return result
}

func (b *bulkRun) refused(o map[string]any, f *failure) map[string]any {
	b.errors++
	result := b.result(o, f.status)
	result["response"] = map[string]any{"schemas": []any{"urn:ietf:params:scim:api:messages:2.0:Error"},
		"status": fmt.Sprint(f.status), "scimType": f.scimType, "detail": f.detail}
	return result
}
