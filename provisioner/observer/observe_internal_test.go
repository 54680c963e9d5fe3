package observer

import (
	"slices"
	"testing"
	"time"
)

// TestParseReport: columns by name, unknown ones ignored, every way to say
// nothing understood, unreadable rows left out.
func TestParseReport(t *testing.T) {
	t.Parallel()
	r, err := parseReport([]byte("arn,user,user_creation_time,new_column,MFA_ACTIVE,password_enabled,password_last_used,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,additional_credentials_info\n" +
		"arn:root,<root_account>,2020-01-01T00:00:00+00:00,?,true,not_supported,no_information,false,N/A,N/A,N/A,false,N/A,N/A\n" +
		"arn:ann,ann,2020-01-02T03:04:05Z,?,TRUE,False,N/A,FALSE,2021-01-01T00:00:00Z,2022-02-02T02:02:02Z,s3,TRUE,2021-06-01T00:00:00Z,3 keys\n" +
		"arn:bob,bob,yesterday,?,true,true\n" +
		"arn:eve,eve,2020-01-02T03:04:05Z"))
	if err != nil {
		t.Fatal(err)
	}
	if root := r.rows["arn:root"]; root == nil || root.passwordEnabled != nil || root.passwordLastUsed != nil || len(root.keys) != 0 || root.more {
		t.Errorf("got root %+v", root)
	}
	ann := r.Row("arn:ann", time.Date(2020, 1, 2, 3, 4, 5, 999, time.UTC))
	if ann == nil || !*ann.mfaActive || *ann.passwordEnabled || len(ann.keys) != 2 || !ann.more {
		t.Fatalf("got ann %+v", ann)
	}
	if k := ann.keys[0]; k.active || k.rotated == nil || k.lastUsed == nil || k.service != "s3" || !ann.keys[1].active {
		t.Errorf("got keys %+v", ann.keys)
	}
	if r.rows["arn:bob"] != nil || r.Row("arn:ann", time.Date(2021, 1, 2, 3, 4, 5, 0, time.UTC)) != nil {
		t.Error("a row without a creation time, or with another, was believed")
	}
	if eve := r.rows["arn:eve"]; eve == nil || eve.mfaActive != nil || len(eve.keys) != 0 {
		t.Errorf("got eve %+v from a short row", eve)
	}
	for _, bad := range []string{"", "<html>", "user,arn\nann,arn:ann"} {
		if _, err := parseReport([]byte(bad)); err == nil {
			t.Errorf("%q was taken for a report", bad)
		}
	}
}

func TestDecodeDocument(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"%7B%22a%22%3A%20%22b%2Bc%22%7D": `{"a": "b+c"}`,
		`%7B%22a%22%3A%22b+c%22%7D`:      `{"a":"b+c"}`,
		`{"a":"100%"}`:                   `{"a":"100%"}`,
	} {
		if got, err := DecodeDocument(&in); err != nil || got != want {
			t.Errorf("%s: got %s, %v, want %s", in, got, err, want)
		}
	}
}

// TestMatch: a slot is a credential's if the dates leave no doubt.
func TestMatch(t *testing.T) {
	t.Parallel()
	at := func(days int) *time.Time {
		d := time.Date(2026, 1, days, 0, 0, 0, 0, time.UTC)
		return &d
	}
	for name, tt := range map[string]struct {
		created, slots []*time.Time
		slot, left     []int
	}{
		"one each, same date":               {[]*time.Time{at(1)}, []*time.Time{at(1)}, []int{0}, nil},
		"one each, dates differ":            {[]*time.Time{at(1)}, []*time.Time{at(2)}, []int{0}, nil},
		"one each, slot after the listing":  {[]*time.Time{at(1)}, []*time.Time{at(20)}, []int{-1}, []int{0}},
		"one each, key after the report":    {[]*time.Time{at(15)}, []*time.Time{at(1)}, []int{-1}, []int{0}},
		"crossed":                           {[]*time.Time{at(1), at(2)}, []*time.Time{at(2), at(1)}, []int{1, 0}, nil},
		"one known by date, the other left": {[]*time.Time{at(1), at(2)}, []*time.Time{at(2), at(3)}, []int{1, 0}, nil},
		"two of the same second":            {[]*time.Time{at(1), at(1)}, []*time.Time{at(1), at(1)}, []int{-1, -1}, []int{0, 1}},
		"two of the same second, one slot":  {[]*time.Time{at(1), at(1)}, []*time.Time{at(1)}, []int{-1, -1}, []int{0}},
		"new slot":                          {[]*time.Time{at(1)}, []*time.Time{at(1), at(20)}, []int{0}, []int{1}},
		"unknown date":                      {[]*time.Time{at(1)}, []*time.Time{nil}, []int{0}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			m := merge{at: *at(10), live: at(12)}
			for _, s := range tt.slots {
				m.slots = append(m.slots, reportSlot{rotated: s})
			}
			slot, left := m.match(tt.created)
			if !slices.Equal(slot, tt.slot) || !slices.Equal(left, tt.left) {
				t.Errorf("got %v and %v left, want %v and %v", slot, left, tt.slot, tt.left)
			}
		})
	}
}
