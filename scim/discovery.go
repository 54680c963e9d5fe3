package scim

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
)

const (
	listResponseURN   = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
	providerConfigURN = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"
	resourceTypeURN   = "urn:ietf:params:scim:schemas:core:2.0:ResourceType"

	// maxDiscovery bounds the memory: on loopback a client chooses the base.
	maxDiscovery = 64
)

// discovery remembers rendered discovery answers. They depend on nothing but
// the base URL, of which there is one, or on loopback a few.
type discovery struct {
	mu   sync.Mutex
	docs map[string]*document // by URL and state
}

// document returns the answer of that key, rendering it the first time.
func (d *discovery) document(key string, render func() (any, error)) (*document, error) {
	d.mu.Lock()
	doc := d.docs[key]
	d.mu.Unlock()
	if doc != nil {
		return doc, nil
	}
	v, err := render()
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(body)
	doc = &document{Body: body, ETag: `W/"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.docs == nil || len(d.docs) >= maxDiscovery {
		d.docs = map[string]*document{}
	}
	d.docs[key] = doc
	return doc, nil
}

// discover answers a discovery request. Sorting and paging are ignored and a
// filter is forbidden (RFC 7644 §4). The answer may depend on the state of
// something, besides the URL.
func (s *Server) discover(w http.ResponseWriter, r *request, state string, render func() (any, error)) error {
	query, err := parseQuery(r)
	if err != nil {
		return err
	}
	if parameter(query, "filter") != "" {
		return errFilterDiscovery
	}
	path := r.URL.Path[strings.Index(r.URL.Path, "/scim/v2")+len("/scim/v2"):]
	doc, err := s.discovery.document(r.base+path+" "+state, render)
	if err != nil {
		return err
	}
	s.sendDocument(w, r, doc)
	return nil
}

type object map[string]any

// serviceProviderConfig tells what this server can do, no more (RFC 7643 §5).
func (s *Server) serviceProviderConfig(w http.ResponseWriter, r *request) error {
	writes := s.writes(r.account)
	return s.discover(w, r, strconv.FormatBool(writes), func() (any, error) {
		bulk := object{"supported": false, "maxOperations": 0, "maxPayloadSize": 0}
		if writes {
			bulk = object{"supported": true, "maxOperations": maxBulkOperations, "maxPayloadSize": bulkLimit}
		}
		config := object{
			"schemas":        []string{providerConfigURN},
			"patch":          object{"supported": writes},
			"bulk":           bulk,
			"filter":         object{"supported": true, "maxResults": maxPageSize},
			"changePassword": object{"supported": writes && r.account.Passwords},
			"sort":           object{"supported": true},
			"etag":           object{"supported": true},
			"authenticationSchemes": []object{{
				"type":        "oauthbearertoken",
				"name":        "OAuth Bearer Token",
				"description": "A token of this server in the Authorization header.",
				"specUri":     "https://www.rfc-editor.org/info/rfc6750",
				"primary":     true,
			}},
			// RFC 9865 §4
			"pagination": object{"cursor": true, "index": true, "defaultPaginationMethod": "index",
				"defaultPageSize": defaultPageSize, "maxPageSize": maxPageSize, "cursorTimeout": int(cursorTimeout.Seconds())},
			"meta": object{"resourceType": "ServiceProviderConfig", "location": r.base + "/ServiceProviderConfig"},
		}
		if s.cfg.DraftFeatures {
			s.addDrafts(config, r.account, writes)
		}
		if s.cfg.DocumentationURI != "" {
			config["documentationUri"] = s.cfg.DocumentationURI
		}
		return config, nil
	})
}

func (s *Server) resourceTypes(w http.ResponseWriter, r *request) error {
	return s.discover(w, r, "", func() (any, error) {
		var all []any
		for _, t := range r.account.content.all() {
			all = append(all, t.document(r.base))
		}
		return listOf(all), nil
	})
}

func (s *Server) resourceType(w http.ResponseWriter, r *request) error {
	t := r.account.content.resourceType(r.id())
	if t == nil {
		return errNoRoute
	}
	return s.discover(w, r, "", func() (any, error) { return t.document(r.base), nil })
}

// document is the entry of /ResourceTypes (RFC 7643 §6).
func (res *resourceType) document(base string) object {
	extensions := []object{}
	for _, urn := range res.Extensions {
		extensions = append(extensions, object{"schema": urn, "required": false})
	}
	return object{
		"schemas":          []string{resourceTypeURN},
		"id":               res.Name,
		"name":             res.Name,
		"description":      res.Description,
		"endpoint":         res.Endpoint,
		"schema":           res.Schema,
		"schemaExtensions": extensions,
		"meta":             object{"resourceType": "ResourceType", "location": base + "/ResourceTypes/" + res.Name},
	}
}

func (s *Server) schemas(w http.ResponseWriter, r *request) error {
	return s.discover(w, r, "", func() (any, error) {
		docs, err := r.account.content.schemaDocuments(r.base)
		var all []any
		for _, doc := range docs {
			all = append(all, json.RawMessage(doc.Body))
		}
		return listOf(all), err
	})
}

func (s *Server) schema(w http.ResponseWriter, r *request) error {
	return s.discover(w, r, "", func() (any, error) {
		docs, err := r.account.content.schemaDocuments(r.base)
		if err != nil {
			return nil, err
		}
		// Attribute names and URNs are the same in any case (RFC 7643 §2.1).
		i := slices.IndexFunc(docs, func(d schemaDocument) bool { return strings.EqualFold(d.URN, r.id()) })
		if i < 0 {
			return nil, errNoRoute
		}
		return json.RawMessage(docs[i].Body), nil
	})
}

// listOf is a ListResponse with everything on one page.
func listOf(all []any) object {
	return object{
		"schemas":      []string{listResponseURN},
		"totalResults": len(all),
		"startIndex":   1,
		"itemsPerPage": len(all),
		"Resources":    all,
	}
}
