package store_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"iamscim/store"
)

func TestEncodeName(t *testing.T) {
	tests := []struct{ shown, want string }{
		{"ann", "ann"},
		{"ann_b+c,d.e@f-1", "ann_b+c,d.e@f-1"},
		{"Test SCIMv2", "Test=20SCIMv2"},
		{"a#EXT#@b", "a=23EXT=23@b"},
		{"a=b", "a=3Db"},
		{"O'Brien", "O=27Brien"},
		{"é", "=C3=A9"},
		{"e\u0301", "=C3=A9"}, // NFD is composed first
		{"日本", "=E6=97=A5=E6=9C=AC"},
		{"", ""},
	}
	for _, tt := range tests {
		if got := store.EncodeName(tt.shown); got != tt.want {
			t.Errorf("EncodeName(%q) = %q, want %q", tt.shown, got, tt.want)
		}
	}
}

func TestDecodeName(t *testing.T) {
	tests := []struct{ iamName, want string }{
		{"ann", "ann"},
		{"Test=20SCIMv2", "Test SCIMv2"},
		{"a=3Db", "a=b"},
		{"a=b", "a=b"},
		{"a=3db", "a=3db"},         // lower-case hex is not ours
		{"a=41", "a=41"},           // A needs no escape
		{"a=", "a="},               // cut short
		{"a=2", "a=2"},             // cut short
		{"=0A", "=0A"},             // control character
		{"=C2=85", "=C2=85"},       // C1 control character
		{"=C3", "=C3"},             // not UTF-8
		{"e=CC=81", "e=CC=81"},     // not NFC
		{"=E2=84=AA", "=E2=84=AA"}, // KELVIN SIGN; NFC makes it K
		{"=C3=A9", "é"},
	}
	for _, tt := range tests {
		if got := store.DecodeName(tt.iamName); got != tt.want {
			t.Errorf("DecodeName(%q) = %q, want %q", tt.iamName, got, tt.want)
		}
	}
}

func TestShowNames(t *testing.T) {
	tests := []struct {
		name     string
		iamNames []string
		want     []string
	}{
		{"nothing", []string{}, []string{}},
		{"no collision", []string{"ann", "a=b", "x=20y"}, []string{"ann", "a=b", "x y"}},
		{"the one that does not round-trip is escaped", []string{"a=b", "a=3Db"}, []string{"a=3Db", "a=b"}},
		{"regardless of case", []string{"A=B", "a=3Db"}, []string{"A=3DB", "a=b"}},
		{"the escaped form is taken too", []string{"a=b", "a=3Db", "a=3D3Db"}, []string{"a=3D3Db", "a=b", "a=3Db"}},
		{"letters IAM cannot fold", []string{"=C3=A4", "=C3=84"}, []string{"=C3=A4", "Ä"}},
		{"the plain name wins", []string{"stra=C3=9Fe", "strasse"}, []string{"stra=C3=9Fe", "strasse"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, store.ShowNames(tt.iamNames)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			reversed := slices.Clone(tt.iamNames)
			slices.Reverse(reversed)
			got := store.ShowNames(reversed)
			slices.Reverse(got)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("in another order, -want +got:\n%s", diff)
			}
		})
	}
}

func TestEncodeGroupName(t *testing.T) {
	t.Run("short", func(t *testing.T) {
		if got, long := store.EncodeGroupName("Dev Team"); got != "Dev=20Team" || long {
			t.Errorf("got %q, %v", got, long)
		}
	})
	t.Run("longest that fits", func(t *testing.T) {
		name := strings.Repeat("x", store.MaxGroupName)
		if got, long := store.EncodeGroupName(name); got != name || long {
			t.Errorf("got %q, %v", got, long)
		}
	})
	t.Run("fifteen Japanese characters", func(t *testing.T) {
		name := strings.Repeat("部", 15)
		got, long := store.EncodeGroupName(name)
		if !long || len(got) > store.MaxGroupName {
			t.Errorf("got %q (%d), %v", got, len(got), long)
		}
		if shown := store.DecodeName(got); !strings.HasPrefix(shown, strings.Repeat("部", 11)+"-") {
			t.Errorf("the prefix is not readable: %q", shown)
		}
	})
	t.Run("the end counts", func(t *testing.T) {
		a, _ := store.EncodeGroupName(strings.Repeat("x", 200) + "a")
		b, _ := store.EncodeGroupName(strings.Repeat("x", 200) + "b")
		c, _ := store.EncodeGroupName(strings.Repeat("x", 200) + "B")
		if a == b || b != c {
			t.Errorf("got %q, %q, %q", a, b, c)
		}
	})
}

func TestFold(t *testing.T) {
	tests := []struct{ a, b string }{
		{"Ann", "aNN"},
		{"ÄRGER", "ärger"},
		{"straße", "STRASSE"},
		{"ΣΊΣΥΦΟΣ", "σίσυφος"},
		{"\u00e9", "E\u0301"},
	}
	for _, tt := range tests {
		if store.Fold(tt.a) != store.Fold(tt.b) {
			t.Errorf("Fold(%q) = %q, Fold(%q) = %q", tt.a, store.Fold(tt.a), tt.b, store.Fold(tt.b))
		}
	}
	if store.Fold("i") == store.Fold("ı") {
		t.Error("the dotless i is a letter of its own")
	}
}

func FuzzName(f *testing.F) {
	for _, s := range []string{"ann", "Test SCIMv2", "a#EXT#@b", "a=b", "a=3Db", "=C3=A4", "部", "e\u0301", "a\nb", "\xff", "ǰ\u0323"} {
		f.Add(s, "a=3D3Db")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		encoded := store.EncodeName(a)
		if strings.ContainsFunc(encoded, func(r rune) bool {
			return r >= utf8.RuneSelf || !strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+=,.@-", r)
		}) {
			t.Errorf("EncodeName(%q) = %q is no IAM name", a, encoded)
		}
		if shown := store.DecodeName(encoded); shown != encoded && store.EncodeName(shown) != encoded {
			t.Errorf("%q is shown as %q, which is %q", encoded, shown, store.EncodeName(shown))
		}
		if shown := store.DecodeName(a); shown != a && store.EncodeName(shown) != a {
			t.Errorf("%q is shown as %q, which is %q", a, shown, store.EncodeName(shown))
		}
		if group, _ := store.EncodeGroupName(a); len(group) > store.MaxGroupName {
			t.Errorf("EncodeGroupName(%q) = %q", a, group)
		}
		if folded := store.Fold(a); store.Fold(folded) != folded {
			t.Errorf("Fold(%q) = %q folds to %q", a, folded, store.Fold(folded))
		}
		names := []string{store.EncodeName(a), store.EncodeName(b), a, store.EncodeName(store.EncodeName(a))}
		fuzzShowNames(t, names)
	})
}

// fuzzShowNames checks that names which IAM holds apart are shown apart.
func fuzzShowNames(t *testing.T, candidates []string) {
	names := map[string]string{} // by the spelling IAM compares
	for _, n := range candidates {
		if store.EncodeName(n) == n || !strings.ContainsFunc(n, func(r rune) bool { return r != '=' && store.EncodeName(string(r)) != string(r) }) {
			names[strings.ToLower(n)] = n
		}
	}
	var raw []string
	for _, n := range names {
		raw = append(raw, n)
	}
	seen := map[string]string{}
	for i, shown := range store.ShowNames(raw) {
		if other, ok := seen[store.Fold(shown)]; ok {
			t.Errorf("%q and %q are both shown as %q", raw[i], other, shown)
		}
		seen[store.Fold(shown)] = raw[i]
	}
}
