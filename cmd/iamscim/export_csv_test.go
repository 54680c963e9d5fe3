package main

import (
	"encoding/csv"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden tables")

// TestTables: what becomes of an account that has one of everything.
func TestTables(t *testing.T) {
	account, err := os.Open("testdata/export/account.json")
	if err != nil {
		t.Fatal(err)
	}
	defer account.Close()
	dir := filepath.Join(t.TempDir(), "out")
	if _, err := (&exportFlags{output: dir}).folder(account, nil); err != nil {
		t.Fatal(err)
	}
	names := append(newTables().names(), manifestName)
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != len(names) {
		t.Errorf("%v, %v", entries, err)
	}
	for _, name := range names {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		golden := filepath.Join("testdata/export", name)
		if *update {
			if err := os.WriteFile(golden, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s, -want +got:\n%s", name, diff)
		}
	}
}

// readTable is a table as a program reads it.
func readTable(t *testing.T, path string) (header []string, rows []map[string]string) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	all, err := csv.NewReader(file).ReadAll()
	if err != nil || len(all) == 0 {
		t.Fatalf("%s: %d rows, %v", path, len(all), err)
	}
	for _, cells := range all[1:] {
		row := map[string]string{}
		for i, name := range all[0] {
			row[name] = cells[i]
		}
		rows = append(rows, row)
	}
	return all[0], rows
}

// TestPlain: no cell is a formula, and every value can be had back.
func TestPlain(t *testing.T) {
	escaped := regexp.MustCompile(`^'+[=+\-@\t\r\n＝＋－＠]`)
	for value, want := range map[string]string{
		"": "", "a=b": "a=b", "'t Hooft": "'t Hooft", "'": "'", "''": "''", "Ωmega": "Ωmega", " =1": " =1", "\xff=": "\xff=",
		"=1+1": "'=1+1", "+1": "'+1", "-1": "'-1", "@SUM(1)": "'@SUM(1)", "\t=1": "'\t=1", "\r=1": "'\r=1", "\n=1": "'\n=1",
		"＝1": "'＝1", "'=1": "''=1", "''@x": "'''@x", "=": "'=",
	} {
		got := plain(value)
		if got != want {
			t.Errorf("plain(%q) is %q, want %q", value, got, want)
		}
		back := got
		if escaped.MatchString(got) {
			back = got[1:]
		}
		if back != value {
			t.Errorf("%q comes back as %q", value, back)
		}
	}
}

// TestColumns: no two columns of a table have the same name.
func TestColumns(t *testing.T) {
	for _, s := range newTables().sheets() {
		if names := slices.Compact(slices.Sorted(slices.Values(s.header))); len(names) != len(s.header) {
			t.Errorf("%s: %s", s.name, strings.Join(s.header, " "))
		}
	}
}
