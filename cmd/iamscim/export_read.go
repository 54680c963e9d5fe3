package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"text/tabwriter"
)

// exportSummary is the head of an export, and what was made of it. Times stay
// as they were written.
type exportSummary struct {
	Format         int            `json:"format"`
	AccountID      string         `json:"accountId"`
	AccountAlias   string         `json:"accountAlias,omitempty"`
	Epoch          string         `json:"epoch"`
	Generation     int64          `json:"generation"`
	GenerationTime string         `json:"generationTime"`
	AsOf           string         `json:"asOf,omitempty"`
	ObservedAt     string         `json:"observedAt"`
	Resources      map[string]int `json:"resources"` // how many, by list
	Files          []exportedFile `json:"files"`

	folder string // where the files are
}

// exportedFile is a file that was written; rows are those of a table.
type exportedFile struct {
	Name   string `json:"name"`
	Rows   *int   `json:"rows,omitempty"`
	SHA256 string `json:"sha256"`
}

// takeResource gets a resource of a list, when the head is complete.
type takeResource func(sum *exportSummary, list string, resource json.RawMessage) error

// readExport reads an export to its end, one resource at a time.
func readExport(export io.Reader, take takeResource) (*exportSummary, error) {
	sum := &exportSummary{Resources: map[string]int{}, Files: []exportedFile{}}
	d := json.NewDecoder(export)
	err := expect(d, '{')
	for err == nil && d.More() {
		var name json.Token
		if name, err = d.Token(); err == nil {
			err = sum.member(d, fmt.Sprint(name), take)
		}
	}
	if err == nil {
		err = expect(d, '}')
	}
	if err == nil { // only its very end says whether it is whole
		_, err = io.Copy(io.Discard, export)
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = errors.New("the export broke off: the server ended")
	}
	return sum, err
}

// member reads what comes after a name.
func (s *exportSummary) member(d *json.Decoder, name string, take takeResource) error {
	head := map[string]any{
		"format": &s.Format, "accountId": &s.AccountID, "accountAlias": &s.AccountAlias, "epoch": &s.Epoch, "generation": &s.Generation,
		"generationTime": &s.GenerationTime, "asOf": &s.AsOf, "observedAt": &s.ObservedAt,
	}
	if into := head[name]; into != nil {
		return d.Decode(into)
	}
	if err := expect(d, '['); err != nil {
		return err
	}
	s.Resources[name] = 0
	for d.More() {
		var resource json.RawMessage
		if err := d.Decode(&resource); err != nil {
			return err
		}
		s.Resources[name]++
		if err := take(s, name, resource); err != nil {
			return err
		}
	}
	return expect(d, ']')
}

func expect(d *json.Decoder, want json.Delim) error {
	token, err := d.Token()
	if err == nil && token != want {
		err = fmt.Errorf("the export has %v where %v belongs", token, want)
	}
	return err
}

func (s *exportSummary) print(out io.Writer) error {
	fmt.Fprintf(out, "account %s, generation %d of %s", s.AccountID, s.Generation, s.GenerationTime)
	if s.AsOf != "" {
		fmt.Fprintf(out, ", the newest as of %s", s.AsOf)
	}
	fmt.Fprintf(out, "\n  %d users, %d groups, %d policies, %d roles\n", s.Resources["users"], s.Resources["groups"], s.Resources["policies"], s.Resources["roles"])
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	for _, f := range s.Files {
		fmt.Fprintf(w, "  %s", filepath.Join(s.folder, f.Name))
		if f.Rows != nil {
			fmt.Fprintf(w, "\t%d rows", *f.Rows)
		}
		fmt.Fprintln(w)
	}
	return w.Flush()
}
