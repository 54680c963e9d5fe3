package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"iamscim/provisioner"
	"iamscim/provisioner/observer"
	"iamscim/store"
)

// errHeld makes refresh fail when nothing was published.
var errHeld = errors.New("the observation is held: it would lose too much, so the old one is still served")

func newRefresh(p process) *cobra.Command {
	var log logFlags
	var data dataFlags
	var aws awsFlags
	var confirm string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "refresh",
		Short: "Observe the account once",
		Long: "refresh reads the whole account once and prints what it found. A running server does it;\n" +
			"without one, refresh opens the data directory itself.",
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx := cmd.Context()
			logger, err := log.logger(p)
			if err != nil {
				return err
			}
			var sum *refreshSummary
			err = withDataDir(data.dir,
				func() error { sum, err = refreshHere(ctx, p, aws, data.dir, confirm, logger); return err },
				func(c *socketClient) error { sum, err = refreshThere(ctx, c, confirm); return err })
			if err != nil {
				return err
			}
			return sum.report(p.stdout, asJSON)
		},
	}
	log.add(cmd)
	data.add(cmd)
	aws.add(cmd)
	cmd.Flags().StringVar(&confirm, "confirm", "", "release exactly the held observation with this id")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// refreshThere asks the running server.
func refreshThere(ctx context.Context, c *socketClient, confirm string) (*refreshSummary, error) {
	var sum refreshSummary
	if confirm != "" {
		err := c.call(ctx, http.MethodPost, "/admin/confirm", map[string]string{"id": confirm}, &sum)
		return &sum, err
	}
	err := c.call(ctx, http.MethodPost, "/admin/refresh", nil, &sum)
	if err == nil {
		return &sum, nil
	}
	var health struct{ Snapshot struct{ LastError string } }
	if c.call(ctx, http.MethodGet, "/health", nil, &health) == nil && health.Snapshot.LastError != "" {
		err = fmt.Errorf("%w (%s)", err, health.Snapshot.LastError)
	}
	return nil, err
}

// refreshHere observes in this process, which holds the data directory.
func refreshHere(ctx context.Context, p process, aws awsFlags, dir, confirm string, log *slog.Logger) (_ *refreshSummary, err error) {
	conn, err := connectFor(ctx, dir, aws.connectConfig(p, log))
	if err != nil {
		return nil, err
	}
	if conn.Pending != nil {
		return nil, conn.Pending
	}
	account, err := openAccount(ctx, dir, conn.AccountID, log)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, account.Close()) }()
	prov := provisioner.New(provisioner.Config{
		Connection: conn, Account: account, MaxLoss: float64(aws.maxLoss),
		Derive: observer.Derive{EmailDomain: aws.emailDomain}, Grantable: aws.grantable, Log: log,
	})
	if confirm != "" {
		if err := confirmHeld(ctx, account, confirm); err != nil {
			return nil, err
		}
	}
	opt := provisioner.RefreshOptions{Confirm: confirm, Actor: "command line"}
	if isTerminal(p.stderr) {
		opt.Progress = func(pr observer.Progress) { fmt.Fprintf(p.stderr, "\r\x1b[K%s %d", pr.Action, pr.Done) }
		defer fmt.Fprint(p.stderr, "\r\x1b[K")
	}
	report, err := prov.Refresh(ctx, opt)
	var held *store.HeldError
	if err != nil && !errors.As(err, &held) {
		return nil, err
	}
	return summarize(account, report, held), nil
}

// confirmHeld records an operator's release, as the running server would.
func confirmHeld(ctx context.Context, account *store.Account, id string) error {
	err := account.State.Update(ctx, func(tx *store.StateTx) error {
		if err := tx.Confirm(ctx, id, "command line"); err != nil {
			return err
		}
		_, err := tx.AppendAudit(ctx, store.AuditEntry{
			Actor: "command line", Action: "observation.confirm", Object: store.Ref{Kind: "Observation", ID: id}, Outcome: "done",
		})
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("no observation with id %s is held", id)
	}
	return err
}

// refreshSummary is what one observation did, in the words of POST /admin/refresh.
type refreshSummary struct {
	AccountID  string             `json:"accountId"`
	Generation int64              `json:"generation"`
	New        bool               `json:"new"`
	Observed   map[store.Kind]int `json:"observed"`
	Created    map[store.Kind]int `json:"created"`
	Updated    map[store.Kind]int `json:"updated"`
	Deleted    map[store.Kind]int `json:"deleted"`
	Joined     int                `json:"membershipsAdded"`
	Left       int                `json:"membershipsRemoved"`
	Calls      map[string]int64   `json:"calls"`
	TookMS     int64              `json:"tookMs"`
	Flags      []observer.Flag    `json:"flags,omitempty"`
	Held       *heldSummary       `json:"held"`
}

type heldSummary struct {
	ID     string                `json:"id"`
	Losses map[string]store.Loss `json:"losses"`
}

func summarize(account *store.Account, r *provisioner.Report, held *store.HeldError) *refreshSummary {
	s := &refreshSummary{
		AccountID: account.ID, Generation: account.Snapshot.Generation().ID, Observed: r.Counts,
		Calls: r.Calls, TookMS: r.Took.Milliseconds(), Flags: r.Flags,
	}
	if held != nil {
		s.Held = &heldSummary{held.ID, held.Losses}
	}
	if o := r.Outcome; o != nil {
		s.New, s.Created, s.Updated, s.Deleted = o.New, o.Created, o.Updated, o.Deleted
		s.Joined, s.Left = o.Memberships.Added, o.Memberships.Removed
	}
	return s
}

// report prints the summary; a held observation is a failure of the command.
func (s *refreshSummary) report(out io.Writer, asJSON bool) error {
	if asJSON {
		e := json.NewEncoder(out)
		e.SetIndent("", "  ")
		if err := e.Encode(s); err != nil {
			return err
		}
	} else {
		s.print(out)
	}
	if s.Held != nil {
		return errHeld
	}
	return nil
}

func (s *refreshSummary) print(out io.Writer) {
	fmt.Fprintf(out, "account %s, generation %d", s.AccountID, s.Generation)
	switch {
	case s.Held != nil:
		fmt.Fprint(out, " (unchanged: what was observed is held)")
	case !s.New:
		fmt.Fprint(out, " (nothing differed)")
	}
	fmt.Fprintln(out)
	for _, kind := range []store.Kind{store.KindUser, store.KindGroup, store.KindPolicy, store.KindRole} {
		fmt.Fprintf(out, "  %-8s %6d   +%d ~%d -%d\n", kind, s.Observed[kind], s.Created[kind], s.Updated[kind], s.Deleted[kind])
	}
	fmt.Fprintf(out, "  %-8s          +%d -%d\n", "Members", s.Joined, s.Left)
	var total int64
	for _, action := range slices.Sorted(maps.Keys(s.Calls)) {
		fmt.Fprintf(out, "  %5d × %s\n", s.Calls[action], action)
		total += s.Calls[action]
	}
	fmt.Fprintf(out, "  %d AWS calls in %s\n", total, time.Duration(s.TookMS)*time.Millisecond)
	for _, f := range s.Flags {
		fmt.Fprintf(out, "  flagged: %s %s: %s\n", f.Kind, f.Name, f.Problem)
	}
	if s.Held == nil {
		return
	}
	fmt.Fprintf(out, "  held as %s; it would lose:\n", s.Held.ID)
	for _, kind := range slices.Sorted(maps.Keys(s.Held.Losses)) {
		l := s.Held.Losses[kind]
		fmt.Fprintf(out, "    %s: %d of %d\n", kind, l.Lost, l.Had)
	}
	fmt.Fprintf(out, "  if that is real: iamscim refresh --confirm %s\n", s.Held.ID)
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
