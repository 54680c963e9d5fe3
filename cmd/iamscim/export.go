package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

func newExport(p process) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Write the account into files: who has access, now or on a day",
		Long: "export writes what is known of the account into files for access reviews: all of it from one generation, now\n" +
			"or --as-of a time. A running server is asked; without one, export reads the data directory itself and changes\n" +
			"nothing in it. It needs no AWS.",
		Example: exportJSONExamples + "\n" + exportCSVExamples,
		Args:    noArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newExportJSON(p), newExportCSV(p))
	return cmd
}

const (
	exportJSONExamples = "  iamscim export json | jq '.users[] | select(.active) | .userName'\n" +
		"  iamscim export json --as-of 2026-01-31 --output january.json"
	exportCSVExamples = "  iamscim export csv --output today\n" +
		"  iamscim export csv --as-of 2026-01-02T15:04:05Z --output january --bom"
)

// exportFlags are those of every form.
type exportFlags struct {
	read   readFlags
	asOf   string
	output string
	force  bool
	bom    bool // of CSV files
	asJSON bool
}

func (f *exportFlags) add(cmd *cobra.Command, output string) {
	f.read.add(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.asOf, "as-of", "", "as it was then: a time such as 2026-01-02T15:04:05Z, or a day, which means its end in UTC (now)")
	flags.StringVar(&f.output, "output", "", output)
	flags.BoolVar(&f.force, "force", false, "replace files that are there")
	flags.BoolVar(&f.asJSON, "json", false, "print the summary as JSON")
}

func newExportJSON(p process) *cobra.Command {
	var f exportFlags
	cmd := &cobra.Command{
		Use:   "json",
		Short: "One JSON document",
		Long: "export json writes one JSON document, with one resource a line: users, groups with their members, policies and\n" +
			"roles, as SCIM shows them. notKnown lists what is not known of a user; of what is absent otherwise there is\n" +
			"none. A file appears when it is whole, and only its owner can read it.",
		Example: exportJSONExamples,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.asJSON && f.toStdout() {
				return usageError{errors.New("--json prints a summary, so the document needs a file: --output FILE")}
			}
			return f.run(cmd.Context(), p, f.document)
		},
	}
	f.add(cmd, "file to write; - is stdout, and the default")
	return cmd
}

func newExportCSV(p process) *cobra.Command {
	var f exportFlags
	cmd := &cobra.Command{
		Use:   "csv --output DIR",
		Short: "A folder of CSV files",
		Long: "export csv writes " + strings.Join(newTables().names(), ", ") + "\n" +
			"and " + manifestName + ", which says of when they are and has their checksums. They are UTF-8 with a header line.\n" +
			"An empty cell is a value that is not there or not known; the column notKnown of users.csv tells which. A cell\n" +
			"that a spreadsheet would take for a formula gets an apostrophe in front. Only their owner can read the files,\n" +
			"and they appear when all are whole, " + manifestName + " last.",
		Example: exportCSVExamples,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.output == "" || f.output == "-" {
				return usageError{errors.New("--output is required: the folder to write to")}
			}
			return f.run(cmd.Context(), p, f.folder)
		},
	}
	f.add(cmd, "folder to write to; it is made if it is not there")
	cmd.Flags().BoolVar(&f.bom, "bom", false, "begin each file with a byte order mark, without which Excel does not see that it is UTF-8")
	_ = cmd.MarkFlagDirname("output") // the flag is there
	return cmd
}

func (f *exportFlags) toStdout() bool { return f.output == "" || f.output == "-" }

// run asks for the account and lets write make something of the answer; it
// returns no summary if there is no room for one.
func (f *exportFlags) run(ctx context.Context, p process, write func(account io.Reader, stdout io.Writer) (*exportSummary, error)) error {
	asOf, err := parseAsOf(f.asOf, time.Now())
	if err != nil {
		return err
	}
	query := url.Values{}
	if asOf != "" {
		query.Set("as-of", asOf)
	}
	var sum *exportSummary
	err = f.read.ask(ctx, p, func(c *socketClient) error {
		body, err := c.open(ctx, f.read.path("/admin/export", query))
		if err != nil {
			return err
		}
		defer body.Close()
		sum, err = write(body, p.stdout)
		return err
	})
	if err != nil || sum == nil {
		return err
	}
	if f.asJSON {
		e := json.NewEncoder(p.stdout)
		e.SetIndent("", "  ")
		return e.Encode(sum)
	}
	return sum.print(p.stdout)
}

// document writes the answer as it is. It is read on the way, so that what is
// not whole is not taken for an export.
func (f *exportFlags) document(account io.Reader, stdout io.Writer) (*exportSummary, error) {
	read := func(to io.Writer) (*exportSummary, error) {
		return readExport(io.TeeReader(account, to), func(*exportSummary, string, json.RawMessage) error { return nil })
	}
	if f.toStdout() {
		_, err := read(stdout)
		return nil, err
	}
	file, err := newDraft(f.output, f.force)
	if err != nil {
		return nil, err
	}
	defer file.discard()
	sum, err := read(file)
	if err != nil {
		return nil, err
	}
	sum.Files = append(sum.Files, exportedFile{Name: f.output, SHA256: file.checksum()})
	return sum, publish(file)
}

// parseAsOf returns the time as the server takes it. A day is over at its end:
// whoever still had access then is shown, and nothing can change it any more.
func parseAsOf(text string, now time.Time) (string, error) {
	if text == "" {
		return "", nil
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at.UTC().Format(time.RFC3339Nano), nil
	}
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return "", usageError{fmt.Errorf("--as-of: %q is neither a time such as 2026-01-02T15:04:05Z nor a day such as 2026-01-02", text)}
	}
	end := day.AddDate(0, 0, 1).Add(-time.Millisecond)
	if end.After(now) {
		return "", usageError{fmt.Errorf("--as-of: %s, in UTC, is not over; give a time, or leave it out for now", text)}
	}
	return end.Format(time.RFC3339Nano), nil
}
