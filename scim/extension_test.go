package scim

import (
	"net/http"
	"testing"

	"iamscim/provisioner"
	"iamscim/provisioner/iamsim"
)

// TestExtensionAsAWhole: an operation on all of the AWS extension takes away
// nothing that /Schemas calls readOnly, whoever sends it; clients read it and
// write it back.
func TestExtensionAsAWhole(t *testing.T) {
	t.Parallel()
	for name, grantable := range map[string]bool{"nothing can be written": false, "what may be written": true} {
		t.Run(name, func(t *testing.T) {
			var boundary string
			d := newWritable(t, func(a *Account, c *provisioner.Config) { a.Grantable = grantable }, func(a *iamsim.Account) {
				boundary = a.AddPolicy(iamsim.Policy{Name: "fence", Path: "/"}, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}`).ARN
				a.AddUser(iamsim.User{Name: "ann", Path: "/", Boundary: boundary})
			})
			path := "/scim/v2/Users/" + d.userIDs(t)["ann"]
			for _, op := range []string{
				`{"op":"remove","path":"` + awsUserURN + `"}`,
				`{"op":"replace","path":"` + awsUserURN + `","value":{"arn":"x","permissionsBoundary":null}}`,
			} {
				d.want(t, http.StatusOK, "PATCH", path, `{"Operations":[`+op+`]}`, jsonType)
				got := d.want(t, http.StatusOK, "GET", path, "")
				got.has(t, `"arn":"arn:aws:iam::`)
				if grantable {
					got.hasNot(t, "permissionsBoundary")
				} else {
					got.has(t, `"permissionsBoundary":"`+boundary+`"`)
				}
			}
		})
	}
}

// TestComputedAttribute: nothing is found by a version, and nobody is told that
// there is nothing to find.
func TestComputedAttribute(t *testing.T) {
	t.Parallel()
	s := newStaff(t)
	for query, keyword := range map[string]string{
		"filter=meta.version%20pr": "invalidFilter", "filter=meta.version%20eq%20%22x%22": "invalidFilter",
		"filter=" + userURN + ":meta.version%20pr": "invalidFilter", "sortBy=meta.version": "invalidValue",
	} {
		s.want(t, http.StatusBadRequest, "GET", "/scim/v2/Users?"+query, "").has(t, `"scimType":"`+keyword+`"`)
	}
	s.want(t, http.StatusBadRequest, "POST", "/scim/v2/.search", `{"filter":"meta.version pr"}`, jsonType).has(t, `"scimType":"invalidFilter"`)
}
