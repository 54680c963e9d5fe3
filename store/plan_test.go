package store

import (
	"strings"
	"testing"
	"time"
)

// TestCurrentMemberships: what has ended is not passed on the way to what is.
func TestCurrentMemberships(t *testing.T) {
	s, err := OpenSnapshot(t.Context(), t.TempDir()+"/s.db", "111122223333", time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	m := conn{}.valid("m")
	for text, index := range map[string]string{
		`select m.user_id from membership m where m.group_id = 'g' and ` + m + ` order by m.user_id`:                                   "membership_members",
		`select count(*) from membership m where m.group_id = 'g' and ` + m:                                                            "membership_members",
		`select (select group_concat(m.group_id) from membership m where m.user_id = x.id and ` + m + `) from user x where x.id = 'u'`: "membership_current",
		`update membership set to_gen = 1 where group_id = 'g' and user_id in ('u', 'v') and to_gen is null`:                           "membership_members",
		`select kind from protection where id in ('u', 'v')`:                                                                           "protection_id",
		`select kind from protection where other in ('u', 'v')`:                                                                        "protection_other",
	} {
		if plan := queryPlan(t, s, text); !strings.Contains(plan, "INDEX "+index+" ") {
			t.Errorf("%s: %s", text, plan)
		}
	}
}

func queryPlan(t *testing.T, s *Snapshot, text string) string {
	t.Helper()
	rows, err := s.db.r.QueryContext(t.Context(), `explain query plan `+text)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var plan []string
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		plan = append(plan, detail)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return strings.Join(plan, "; ")
}
