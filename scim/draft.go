package scim

import (
	"github.com/elimity-com/scim/schema"

	"iamscim/scim/auth"
)

// addDrafts adds to ServiceProviderConfig what only Internet-Drafts describe:
// the SCIM interoperability profile, which is kept by credentials of the strict
// profile, which demands that there are writes and that what was deleted is gone; roles and entitlements; the delta
// query. RolesAndEntitlements is not in the schema: it has complex values inside
// of a complex value, which RFC 7643 §2.3.8 does not allow.
func (s *Server) addDrafts(config object, a *hosted, writes bool) {
	config["interopProfileConformant"] = writes && s.cfg.Profile == auth.Strict && !a.DeletesLater
	config["RolesAndEntitlements"] = object{
		"roles": object{
			"supported": true, "multipleRolesSupported": true, "primarySupported": false,
			"typeSupported": true, "types": []string{typeRole},
		},
		"entitlements": object{
			"supported": true, "multipleEntitlementsSupported": true, "primarySupported": false,
			"typeSupported": true, "types": []string{typeManagedPolicy},
		},
	}
	config["DeltaQuery"] = deltaQuery(a.content.types)
}

func draftAttributes() []schema.CoreAttribute {
	return append(simple(boolean("interopProfileConformant", "Clients without a profile of their own get that of draft-zollner-scim-interop-profile.", readOnly)),
		frozen(singular("DeltaQuery", "Asking for what changed (draft-sehgal-scim-delta-query).",
			boolean("supported", "Whether it is supported.", readOnly),
			whole("deltaTokenExpiry", "Seconds for which a token is good.", readOnly),
			text("supportedResources", "The resource types that can be asked for.", many, readOnly))))
}
