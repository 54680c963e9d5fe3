package main

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// manifestName is the file of a folder that says what the others are.
const manifestName = "export.json"

// folder makes tables of the answer, in a folder.
func (f *exportFlags) folder(account io.Reader, _ io.Writer) (_ *exportSummary, err error) {
	made, err := makeDir(f.output)
	if err != nil {
		return nil, err
	}
	t := newTables()
	defer func() {
		for _, s := range t.sheets() {
			s.discard()
		}
		if err != nil && made {
			_ = os.Remove(f.output) // only if it is empty
		}
	}()
	manifest := filepath.Join(f.output, manifestName)
	if err := vacant(manifest, f.force); err != nil {
		return nil, err
	}
	for _, s := range t.sheets() {
		if err := s.begin(f); err != nil {
			return nil, err
		}
	}
	sum, err := readExport(account, t.take)
	if err != nil {
		return nil, err
	}
	sum.folder = f.output
	return sum, t.publish(sum, manifest)
}

// makeDir makes a directory for its owner only, if it is not there.
func makeDir(path string) (made bool, err error) {
	err = os.Mkdir(path, 0o700)
	if errors.Is(err, os.ErrExist) {
		info, err := os.Stat(path)
		if err == nil && !info.IsDir() {
			err = fmt.Errorf("%s is no folder", path)
		}
		return false, err
	}
	return err == nil, err
}

// publish puts the tables into their places, and the manifest.
func (t *tables) publish(sum *exportSummary, path string) error {
	var drafts []*draft
	for _, s := range t.sheets() {
		file, err := s.end()
		if err != nil {
			return err
		}
		drafts, sum.Files = append(drafts, s.draft), append(sum.Files, file)
	}
	text, err := json.MarshalIndent(sum, "", "  ")
	if err != nil {
		return err
	}
	manifest, err := newDraft(path, true) // it was found vacant
	if err != nil {
		return err
	}
	defer manifest.discard()
	if _, err := manifest.Write(append(text, '\n')); err != nil {
		return err
	}
	return publish(append(drafts, manifest)...)
}

// sheet is one CSV file.
type sheet struct {
	name   string
	header []string
	rows   int
	*draft
	csv *csv.Writer
}

func (s *sheet) begin(f *exportFlags) (err error) {
	if s.draft, err = newDraft(filepath.Join(f.output, s.name), f.force); err != nil {
		return err
	}
	if f.bom {
		if _, err := s.draft.Write([]byte("\ufeff")); err != nil {
			return err
		}
	}
	s.csv = csv.NewWriter(s.draft)
	return s.csv.Write(s.header)
}

func (s *sheet) end() (exportedFile, error) {
	s.csv.Flush()
	return exportedFile{Name: s.name, Rows: &s.rows, SHA256: s.checksum()}, s.csv.Error()
}

func (s *sheet) discard() {
	if s.draft != nil {
		s.draft.discard()
	}
}

// column is one column of a table whose rows are made of a T.
type column[T any] struct {
	name string
	cell func(*T) string
}

// table is a sheet with its columns.
type table[T any] struct {
	sheet
	columns []column[T]
}

func newTable[T any](name string, columns []column[T]) *table[T] {
	t := &table[T]{sheet: sheet{name: name, header: []string{"accountId"}}, columns: columns}
	for _, c := range columns {
		t.header = append(t.header, c.name)
	}
	return t
}

// write adds a row. The id of the account is the first cell of each, so that
// the tables of several accounts can be put together.
func (t *table[T]) write(accountID string, row *T) error {
	cells := []string{accountID}
	for _, c := range t.columns {
		cells = append(cells, plain(c.cell(row)))
	}
	t.rows++
	return t.csv.Write(cells)
}

// formula begin what a spreadsheet evaluates, some of them in other scripts.
const formula = "=+-@\t\r\n＝＋－＠"

// plain keeps a spreadsheet from taking a cell for a formula, with an apostrophe
// in front. To get the value back, take one apostrophe from a cell in which
// apostrophes come before such a character.
func plain(cell string) string {
	if rest := strings.TrimLeft(cell, "'"); rest != "" && strings.ContainsRune(formula, []rune(rest)[0]) {
		return "'" + cell
	}
	return cell
}
