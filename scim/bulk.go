package scim

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"

	scimerrors "github.com/elimity-com/scim/errors"

	"iamscim/scim/tree"
)

// Limits of a Bulk; ServiceProviderConfig tells them to clients.
const (
	maxBulkOperations = 100
	bulkLimit         = 1 << 20 // bytes

	bulkRequestURN  = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
	bulkResponseURN = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"
)

var errTooManyOperations = reply(http.StatusRequestEntityTooLarge,
	"A Bulk may have "+strconv.Itoa(maxBulkOperations)+" operations.")

// bulkOperation is one operation with what became of it.
type bulkOperation struct {
	method, path, bulkID, version string

	data   map[string]any
	needs  []string // bulkIds that it refers to
	result *bulkResult
	// incomplete: it was made without what it refers to, and the rest is owed.
	incomplete bool
}

// bulkResult is one operation of the answer (RFC 7644 §3.7.3).
type bulkResult struct {
	Location string `json:"location,omitempty"`
	Method   string `json:"method"`
	BulkID   string `json:"bulkId,omitempty"`
	Version  string `json:"version,omitempty"`
	Status   string `json:"status"`
	Response any    `json:"response,omitempty"` // the error

	err error // what the log is told of it
}

// bulk answers POST /Bulk (RFC 7644 §3.7). Each operation is a change of its
// own; one that fails undoes no other.
func (s *Server) bulk(w http.ResponseWriter, r *request) error {
	if err := s.writable(); err != nil {
		return err
	}
	if isDryRun(r) {
		return badRequest(scimerrors.ScimTypeInvalidValue, "What the operations of a Bulk would do depends on each other; ask for them one by one.")
	}
	if err := checkMediaType(r.Header); err != nil {
		return err
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	b, err := parseBulk(body, r.strict)
	if err != nil {
		return err
	}
	b.template = change{account: r.account, base: r.base, credential: r.credential, strict: r.strict}
	b.findReferences()
	if err := b.askBrake(r.Context()); err != nil {
		return err
	}
	b.run(r.Context())
	s.logFaults(r, b)
	return b.send(w, r)
}

// bulkRequest is a Bulk while it is worked on.
type bulkRequest struct {
	operations []*bulkOperation
	failOn     int // errors after which nothing more is done; 0: never
	template   change

	ids    map[string]string // of what was created, by bulkId
	failed int
}

// parseBulk reads a BulkRequest. What is wrong with a single operation is an
// error of that operation.
func parseBulk(body []byte, strict bool) (*bulkRequest, error) {
	m, err := readMessage(body, bulkRequestURN, strict)
	if err != nil {
		return nil, err
	}
	if m["schemas"] == nil { // no client is known to leave them out here
		return nil, badRequest(scimerrors.ScimTypeInvalidSyntax, "schemas does not name %s.", bulkRequestURN)
	}
	list, ok := m["operations"].([]any)
	if !ok {
		return nil, badRequest(scimerrors.ScimTypeInvalidSyntax, "Operations is a list.")
	}
	if len(list) > maxBulkOperations {
		return nil, errTooManyOperations
	}
	b := &bulkRequest{ids: map[string]string{}}
	if b.failOn, err = m.integer("failOnErrors", 0); err != nil || b.failOn < 0 {
		return nil, badRequest(scimerrors.ScimTypeInvalidValue, "failOnErrors is a positive integer.")
	}
	for _, v := range list {
		o, err := parseBulkOperation(v, strict)
		if err != nil {
			return nil, err
		}
		b.operations = append(b.operations, o)
	}
	return b, b.checkIDs()
}

func parseBulkOperation(v any, strict bool) (*bulkOperation, error) {
	object, ok := v.(map[string]any)
	if !ok {
		return nil, badRequest(scimerrors.ScimTypeInvalidSyntax, "An operation is an object.")
	}
	m, err := tree.Fold(object)
	if err != nil {
		return nil, err
	}
	o := &bulkOperation{}
	for name, field := range map[string]*string{"method": &o.method, "path": &o.path, "bulkid": &o.bulkID, "version": &o.version} {
		if m[name] == nil {
			continue
		}
		if *field, ok = m[name].(string); !ok {
			return nil, badRequest(scimerrors.ScimTypeInvalidSyntax, "%s of an operation is a string.", name)
		}
	}
	if !strict { // RFC 9110 §9.1: the case of a method matters
		o.method = strings.ToUpper(o.method)
	}
	if o.data, ok = dataOf(o.method, m["data"]); !ok {
		return nil, badRequest(scimerrors.ScimTypeInvalidSyntax, "data of an operation is an object.")
	}
	return o, nil
}

// dataOf is the body of an operation; that of a DELETE means nothing. The example of RFC 7644 §3.7.3 has the
// operations of a PATCH in its place, by mistake (erratum 5050), and clients
// were written after it; as a message that is one without schemas.
func dataOf(method string, v any) (data map[string]any, ok bool) {
	if method == http.MethodDelete {
		return nil, true
	}
	if list, is := v.([]any); is && method == http.MethodPatch {
		return map[string]any{"operations": list}, true
	}
	data, ok = v.(map[string]any)
	return data, ok || v == nil
}

// checkIDs: what a reference means must be clear.
func (b *bulkRequest) checkIDs() error {
	seen := map[string]bool{}
	for _, o := range b.operations {
		switch {
		case o.bulkID == "" && o.method == http.MethodPost:
			return badRequest(scimerrors.ScimTypeInvalidValue, "A POST in a Bulk needs a bulkId.")
		case o.bulkID != "" && o.method == http.MethodPost && seen[o.bulkID]:
			return badRequest(scimerrors.ScimTypeInvalidValue, "The bulkId %q is given twice.", tree.Excerpt(o.bulkID))
		case o.method == http.MethodPost:
			seen[o.bulkID] = true
		}
	}
	return nil
}

// make makes one operation's change and notes the result.
func (b *bulkRequest) make(ctx context.Context, o *bulkOperation) {
	done, err := b.change(ctx, o)
	if err != nil {
		b.fail(o, err)
		return
	}
	o.result = &bulkResult{Method: o.method, BulkID: o.bulkID, Location: done.location, Status: strconv.Itoa(done.status)}
	if done.doc != nil {
		o.result.Version = done.doc.ETag
	}
	if o.method == http.MethodPost {
		b.ids[o.bulkID] = done.ID
	}
}

func (b *bulkRequest) fail(o *bulkOperation, err error) {
	e, _ := replyTo(err)
	if e.Detail == "" {
		e.Detail = http.StatusText(e.Status)
	}
	o.result = &bulkResult{Method: o.method, BulkID: o.bulkID, Location: b.locationOf(o), Status: strconv.Itoa(e.Status), Response: e, err: err}
	b.failed++
}

// bulkChanged is a change with where it was made.
type bulkChanged struct {
	*changed
	location string
}

func (b *bulkRequest) change(ctx context.Context, o *bulkOperation) (*bulkChanged, error) {
	c, err := b.changeOf(o)
	if err != nil {
		return nil, err
	}
	done, err := c.do(ctx)
	if err != nil {
		return nil, err
	}
	if done.ID != "" {
		c.id = done.ID
	}
	return &bulkChanged{done, c.location()}, nil
}

// changeOf is the change that an operation is, without the references that
// nothing is made for yet.
func (b *bulkRequest) changeOf(o *bulkOperation) (*change, error) {
	c, path := b.template, b.pathOf(o)
	c.method, c.version = o.method, o.version
	if err := c.locate(path); err != nil {
		return nil, err
	}
	if c.method != http.MethodDelete {
		c.body = c.swapped(o.data, b.known)
	}
	// The answer has no resources, so what is costly about them is not read.
	c.selection = selection{Attributes: []string{"id"}}
	data, err := json.Marshal(c.body)
	if err != nil {
		return nil, err
	}
	c.options.Digest = digestOf(c.method, path, []string{c.version}, data)
	return &c, nil
}

func (b *bulkRequest) send(w http.ResponseWriter, r *request) error {
	results := []*bulkResult{}
	for _, o := range b.operations {
		if o.result != nil {
			results = append(results, o.result)
		}
	}
	body, err := json.Marshal(object{"schemas": []string{bulkResponseURN}, "Operations": results})
	if err != nil {
		return err
	}
	send(w, r.Request, http.StatusOK, contentType, body)
	return nil
}
