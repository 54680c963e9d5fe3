package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
)

func newHistory(p process) *cobra.Command {
	var read readFlags
	var since, until string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "history",
		Short: "Print what changed in the account between two times",
		Long: "history prints every change of a user, group, policy or role that is known, deletions included, the oldest\n" +
			"first. A running server is asked; without one, history reads the data directory itself and changes nothing in\n" +
			"it. It needs no AWS. A time is 2026-01-02T15:04:05Z, 2026-01-02 (when the day begins, in UTC), a span such as\n" +
			"7d before now, or the number of a generation.",
		Example: "  iamscim history --since 7d\n" +
			"  iamscim history --since 2026-01-01 --until 2026-02-01 --account 111122223333 --json",
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			now := time.Now()
			from, err := parseWhen("--since", since, now)
			if err != nil {
				return err
			}
			to, err := parseWhen("--until", until, now)
			if err != nil {
				return err
			}
			changes := []changeRecord{}
			err = read.ask(cmd.Context(), p, func(c *socketClient) error {
				changes, err = read.history(cmd.Context(), c, from, to)
				return err
			})
			if err != nil {
				return err
			}
			if asJSON {
				return json.NewEncoder(p.stdout).Encode(changes)
			}
			return printHistory(p.stdout, changes)
		},
	}
	read.add(cmd)
	cmd.Flags().StringVar(&since, "since", "", "print what happened after this (everything that is known)")
	cmd.Flags().StringVar(&until, "until", "", "print what happened up to and including this (now)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// when is an end of what is asked for: a time, or a generation; "" is none.
type when struct {
	text       string // as /admin/changes takes it
	at         time.Time
	generation int64
}

func parseWhen(flag, text string, now time.Time) (when, error) {
	if text == "" {
		return when{}, nil
	}
	if id, err := strconv.ParseInt(text, 10, 64); err == nil && id >= 0 {
		return when{text: text, generation: id}, nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		at, err = time.Parse(time.DateOnly, text)
	}
	if err != nil {
		var ago time.Duration
		ago, err = parseSpan(text)
		at = now.Add(-ago)
	}
	if err != nil {
		return when{}, usageError{fmt.Errorf("%s: %q is none of a time such as 2026-01-02T15:04:05Z, a day, a span such as 7d, a generation", flag, text)}
	}
	return when{text: at.UTC().Format(time.RFC3339Nano), at: at}, nil
}

// before reports whether a change is behind the end.
func (w when) before(x changeRecord) bool {
	if w.at.IsZero() {
		return w.text != "" && x.Generation > w.generation
	}
	return x.At.After(w.at)
}

// changeRecord is a change in the words of /admin/changes.
type changeRecord struct {
	Generation int64     `json:"generation"`
	At         time.Time `json:"at"`
	Actor      string    `json:"actor"`
	Kind       string    `json:"kind"`
	ID         string    `json:"id"`
	Name       string    `json:"name,omitempty"`
	What       string    `json:"what"`
}

// history reads the feed to its end.
func (f *readFlags) history(ctx context.Context, c *socketClient, from, to when) ([]changeRecord, error) {
	all := []changeRecord{}
	for since := from.text; ; {
		var answer struct {
			Changes []changeRecord
			Next    string
		}
		path := f.path("/admin/changes", url.Values{"limit": {"10000"}, "since": {since}})
		if err := c.call(ctx, http.MethodGet, path, nil, &answer); err != nil {
			return nil, err
		}
		for _, x := range answer.Changes {
			if to.before(x) {
				return all, nil
			}
			all = append(all, x)
		}
		if len(answer.Changes) == 0 {
			return all, nil
		}
		since = answer.Next
	}
}

func printHistory(out io.Writer, changes []changeRecord) error {
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	for _, x := range changes {
		what := x.What
		if what == "member" {
			what = "memberships changed"
		}
		who := strings.TrimSpace(x.Name + " (" + x.ID + ")")
		fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%s\tby %s\n", x.At.UTC().Format("2006-01-02 15:04:05.000"), x.Generation, strings.ToLower(x.Kind), who, what, x.Actor)
	}
	return w.Flush()
}
