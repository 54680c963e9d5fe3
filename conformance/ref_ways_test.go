package conformance_test

import (
	"net/http"
	"strings"
	"time"
)

// ways are choices that the RFCs leave to a server. None is a fault, and no
// check may call one so: see TestVariants.
type ways struct {
	off         string        // features that are not supported, with blanks around them
	fixedGroups bool          // groups are made elsewhere
	page        int           // most resources on a page
	onlyEq      bool          // no other operator is supported in filters
	onlyCursor  bool          // no paging by index, and no totalResults
	strongMatch bool          // If-Match compares strongly, as RFC 9110 §13.1.1 says
	noVersion   bool          // meta has no version
	lag         time.Duration // of reads; searches lag three times as long
	madeUp      bool          // who has no displayName or address gets one
	oneBulk     bool          // a Bulk of one operation
	shouts      bool          // what is not case-exact is kept in upper case
	trims       bool          // strings are kept without blanks around them
	forbids     bool          // wrong credentials are 403
	terse       bool          // lists say no more than they must
	explicit    bool          // what has no value is null, or an empty array
	oddIDs      bool          // ids have slashes, blanks, plus signs, equals signs
	scimOnly    bool          // no application/json
	wantsAgent  bool          // requests without User-Agent are refused
	busy        func(http.ResponseWriter) bool

	refuses func(a *refAttr, text string) bool // rules that schemas cannot say
	untold  func(*doc) error
}

func (w ways) has(feature string) bool { return !strings.Contains(" "+w.off+" ", " "+feature+" ") }

// admit turns away what the server does not talk to.
func (s *reference) admit(w http.ResponseWriter, r *http.Request) bool {
	media, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	switch {
	case s.ways.busy != nil && s.ways.busy(w):
		return false
	case s.ways.wantsAgent && r.Header.Get("User-Agent") == "":
		writeFailure(w, fail(http.StatusForbidden, "", "say who you are"))
		return false
	case s.ways.scimOnly && r.Header.Get("Accept") == "application/json":
		writeFailure(w, fail(http.StatusNotAcceptable, "", "there is only application/scim+json"))
		return false
	case s.ways.scimOnly && media == "application/json":
		writeFailure(w, fail(http.StatusUnsupportedMediaType, "", "send application/scim+json"))
		return false
	}
	return true
}

// kept is a string as the server keeps it.
func (s *reference) kept(a *refAttr, text string) string {
	if s.ways.trims {
		text = strings.TrimSpace(text)
	}
	if s.ways.shouts && a.typ == "string" && !a.exact && a.canonical == nil {
		text = strings.ToUpper(text)
	}
	return text
}

// makeUp gives a user what no client said.
func (s *reference) makeUp(d *doc) {
	if !s.ways.madeUp || d.kind != s.user {
		return
	}
	if d.attrs["displayName"] == nil {
		d.attrs["displayName"] = d.attrs["userName"]
	}
	if d.attrs["emails"] == nil {
		d.attrs["emails"] = []any{map[string]any{"value": d.attrs["userName"], "type": "work"}}
	}
	if d.attrs["name"] == nil {
		d.attrs["name"] = map[string]any{"givenName": "Somebody", "familyName": "Else"}
	}
}

// spellOut adds what has no value, in the two ways that RFC 7643 §2.5 has for it.
func (s *reference) spellOut(k *refKind, o map[string]any) {
	for _, a := range k.attrs {
		if _, there := o[a.name]; there || a.returned == "never" || !s.ways.explicit {
			continue
		}
		o[a.name] = nil
		if a.multi {
			o[a.name] = []any{}
		}
	}
}

// seen is what a read that lags behind shows of the resources: those that were
// deleted a moment ago are still there, those that were made are not there yet,
// and what was changed is as it was.
func (s *reference) seen(lag time.Duration) []*doc {
	if lag == 0 {
		return s.docs
	}
	visible := func(then time.Time) bool { return time.Since(then) >= lag }
	var out []*doc
	for _, d := range s.docs {
		if !visible(d.created) {
			continue
		}
		if d.past != nil && !visible(d.modified) {
			was := *d
			was.attrs = d.past
			d = &was
		}
		out = append(out, d)
	}
	for _, d := range s.buried {
		if !visible(d.deleted) {
			out = append(out, d)
		}
	}
	return out
}

// missing finds what the schema demands and a resource lacks.
func (k *refKind) missing(attrs map[string]any) string {
	if name := lacking(k.attrs, attrs); name != "" {
		return name
	}
	if k.required == "" {
		return ""
	}
	ext, _ := attrs[k.required].(map[string]any)
	return lacking(k.extensions[k.required], ext)
}

func lacking(declared []*refAttr, o map[string]any) string {
	for _, a := range declared {
		v := o[a.name]
		if a.required && a.returned != "never" && (v == nil || v == "" || v != nil && a.multi && len(list(v)) == 0) {
			return a.name
		}
		for _, e := range append(list(v), v) {
			if x, ok := e.(map[string]any); ok {
				if name := lacking(a.sub, x); name != "" {
					return a.name + "." + name
				}
			}
		}
	}
	return ""
}
