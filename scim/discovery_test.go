package scim

import (
	"encoding/json"
	"net/http"
	"testing"
)

func TestServiceProviderConfig(t *testing.T) {
	t.Parallel()
	d := newDemo(t, 5)
	got := d.do(t, "GET", "/scim/v2/ServiceProviderConfig", "", "Authorization: ")
	want := `{
		"schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
		"documentationUri": "<absent>",
		"patch": {"supported": false},
		"bulk": {"supported": false, "maxOperations": 0, "maxPayloadSize": 0},
		"filter": {"supported": true, "maxResults": 1000},
		"changePassword": {"supported": false},
		"sort": {"supported": true},
		"etag": {"supported": true},
		"authenticationSchemes": [{"type": "oauthbearertoken", "name": "<string>", "description": "<string>", "primary": true}],
		"pagination": {"cursor": true, "index": true, "defaultPaginationMethod": "index", "defaultPageSize": 100, "maxPageSize": 1000,
			"cursorTimeout": 3600},
		"DeltaQuery": "<absent>",
		"meta": {"resourceType": "ServiceProviderConfig", "location": "{base}/ServiceProviderConfig"}
	}`
	if got.status != http.StatusOK {
		t.Fatalf("status %d: %s", got.status, got.body)
	}
	if err := matchJSON(want, got.body, map[string]string{"base": d.URL + "/scim/v2"}); err != nil {
		t.Error(err)
	}
}

func TestDiscoveryLists(t *testing.T) {
	t.Parallel()
	d := newDemo(t, 5)
	for _, path := range []string{"/ResourceTypes", "/Schemas"} {
		got := d.do(t, "GET", "/scim/v2"+path+"?startIndex=3&count=0&sortBy=id", "")
		var list struct {
			TotalResults, StartIndex, ItemsPerPage int
			Resources                              []struct {
				ID   string
				Meta struct{ Location string }
			}
		}
		if err := json.Unmarshal(got.body, &list); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		n := len(list.Resources)
		if n < 4 || list.TotalResults != n || list.ItemsPerPage != n || list.StartIndex != 1 {
			t.Errorf("%s: %d resources, counts %+v", path, n, list)
		}
		for _, r := range list.Resources {
			if want := d.URL + "/scim/v2" + path + "/" + r.ID; r.Meta.Location != want {
				t.Errorf("location %s, want %s", r.Meta.Location, want)
			}
			one := d.do(t, "GET", "/scim/v2"+path+"/"+r.ID, "")
			if one.status != http.StatusOK || one.header.Get("Etag") == "" {
				t.Errorf("%s/%s: status %d, header %v", path, r.ID, one.status, one.header)
			}
			again := d.do(t, "GET", "/scim/v2"+path+"/"+r.ID, "", "If-None-Match: "+one.header.Get("Etag"))
			if again.status != http.StatusNotModified {
				t.Errorf("%s/%s again: status %d", path, r.ID, again.status)
			}
		}
	}
}

func TestDiscoveryFilter(t *testing.T) {
	t.Parallel()
	d := newDemo(t, 5)
	for _, path := range []string{"/ServiceProviderConfig", "/ResourceTypes", "/Schemas", "/Schemas/urn:ietf:params:scim:schemas:core:2.0:User"} {
		got := d.do(t, "GET", "/scim/v2"+path+"?Filter=id+pr", "")
		if got.status != http.StatusForbidden {
			t.Errorf("%s: status %d", path, got.status)
		}
		checkErrorBody(t, got.status, got.header, got.body)
	}
}
