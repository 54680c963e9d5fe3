package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"slices"
	"strings"
	"time"

	"iamscim/provisioner/awsapi"
	"iamscim/store"
)

// knownTimeout is how long a start waits for AWS if there is something to serve
// meanwhile.
const knownTimeout = 10 * time.Second

// accountsIn lists the AWS accounts that a data directory has files of.
func accountsIn(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	var found []string
	for _, e := range entries {
		if id, ok := strings.CutSuffix(e.Name(), ".state.db"); ok {
			found = append(found, id)
		}
	}
	return found, nil
}

// onlyAccount returns the account a data directory is for.
func onlyAccount(dir, wanted string) (string, error) {
	if wanted != "" {
		return wanted, nil
	}
	found, err := accountsIn(dir)
	if err != nil {
		return "", err
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return "", fmt.Errorf("%s has no account yet: start iamscim serve once, or name one with --account", dir)
	}
	return "", fmt.Errorf("%s has several accounts (%s): name one with --account", dir, strings.Join(found, ", "))
}

// connectFor connects to the account of a data directory. If there is exactly
// one, AWS need not be reachable. Credentials of an account that is not among
// those there are refused: clients would be shown another account's users.
func connectFor(ctx context.Context, dir string, cfg awsapi.Config) (*awsapi.Connection, error) {
	found, err := accountsIn(dir)
	if err != nil {
		return nil, err
	}
	if len(found) == 1 {
		cfg.AccountID, cfg.Timeout = found[0], knownTimeout
	}
	conn, err := awsapi.Connect(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if len(found) > 0 && !slices.Contains(found, conn.AccountID) {
		return nil, fmt.Errorf("the credentials belong to account %s, but the data directory %s to %s: use credentials of that account, or another --data-dir",
			conn.AccountID, dir, strings.Join(found, ", "))
	}
	return conn, nil
}

// openAccount opens the account's files, and says so if the snapshot was
// damaged and is begun anew.
func openAccount(ctx context.Context, dir, id string, log *slog.Logger) (*store.Account, error) {
	account, err := store.OpenAccount(ctx, dir, id, store.AccountOptions{})
	if err != nil {
		return nil, err
	}
	if aside := account.Snapshot.MovedAside(); aside != "" {
		log.WarnContext(ctx, "the snapshot was damaged and is read anew; its history is lost", "moved_to", aside)
	}
	return account, nil
}
