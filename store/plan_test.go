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
	m := conn{}.member("m")
	for text, index := range map[string]string{
		`select m.user_id from membership m where m.group_id = 'g' and ` + m + ` order by m.user_id`:                                   "PRIMARY KEY (group_id=? AND to_gen=?",
		`select count(*) from membership m where m.group_id = 'g' and ` + m:                                                            "PRIMARY KEY (group_id=? AND to_gen=?",
		`select (select group_concat(m.group_id) from membership m where m.user_id = x.id and ` + m + `) from user x where x.id = 'u'`: "INDEX membership_user (user_id=? AND to_gen=?",
		`update membership set to_gen = 1 where group_id = 'g' and ` + isCurrent + ` and user_id in ('u', 'v')`:                        "PRIMARY KEY (group_id=? AND to_gen=?",
		`select kind from protection where id in ('u', 'v')`:                                                                           "PRIMARY KEY (id=?",
		`select kind from protection where other in ('u', 'v')`:                                                                        "INDEX protection_other (other=?",
	} {
		if plan := queryPlan(t, s, text); !strings.Contains(plan, index) {
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
