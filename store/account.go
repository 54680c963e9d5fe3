package store

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"
)

// Account is the pair of files of one AWS account.
type Account struct {
	ID       string
	Snapshot *Snapshot
	State    *State
}

// AccountOptions are the settings of OpenAccount.
type AccountOptions struct {
	Now func() time.Time // nil: time.Now
}

// OpenAccount opens or creates <accountID>.snapshot.db and <accountID>.state.db
// in a data directory, which the caller holds the Lock of.
func OpenAccount(ctx context.Context, dir, accountID string, opt AccountOptions) (*Account, error) {
	if !isAccountID(accountID) {
		return nil, fmt.Errorf("open account %q: an AWS account id has twelve digits", accountID)
	}
	now := opt.Now
	if now == nil {
		now = time.Now
	}
	state, err := OpenState(ctx, filepath.Join(dir, accountID+".state.db"), accountID, now)
	if err != nil {
		return nil, fmt.Errorf("open account %s: %w", accountID, err)
	}
	snapshot, err := OpenSnapshot(ctx, filepath.Join(dir, accountID+".snapshot.db"), accountID, now)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open account %s: %w", accountID, err), state.Close())
	}
	return &Account{ID: accountID, Snapshot: snapshot, State: state}, nil
}

// isAccountID also keeps the id from being a path.
func isAccountID(id string) bool {
	return len(id) == 12 && strings.Trim(id, "0123456789") == ""
}

// Close closes both files.
func (a *Account) Close() error {
	return errors.Join(a.Snapshot.Close(), a.State.Close())
}
