package conformance

import (
	"fmt"
	"strings"
	"time"
)

func metaTimes(_ kind, _ []attribute, o object) error {
	var at [2]time.Time
	for i, name := range []string{"meta/created", "meta/lastModified"} {
		v := field(o, name)
		if v == nil {
			continue
		}
		s, _ := v.(string)
		if !dateTime.MatchString(s) {
			return fmt.Errorf("%s is %s", name, show(v))
		}
		if t, err := time.Parse(time.RFC3339, s); err == nil { // a valid one may also lack a zone
			at[i] = t
		}
	}
	if !at[0].IsZero() && !at[1].IsZero() && at[1].Before(at[0]) {
		return fmt.Errorf("meta.lastModified %s is before meta.created %s", text(o, "meta/lastModified"), text(o, "meta/created"))
	}
	return nil
}

func metaType(k kind, _ []attribute, o object) error {
	return fieldIs(o, "meta/resourceType", k.name)
}

func metaLocation(k kind, _ []attribute, o object) error {
	want := k.endpoint + "/" + escape(text(o, "id"))
	if got := text(o, "meta/location"); !strings.HasSuffix(got, want) && !strings.HasSuffix(got, k.endpoint+"/"+text(o, "id")) {
		return fmt.Errorf("meta.location is %q, want it to end in %s", got, want)
	}
	return nil
}
