package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// What the state file does not keep. SQLite overwrites what is deleted
// (secure_delete), in the file and in pages that become free.

// planOver is the condition that a plan has come to its end for good.
const planOver = `state in ('done', 'undone', 'superseded', 'failed')`

// over reports the same of a state.
func (s PlanState) over() bool {
	switch s {
	case PlanDone, PlanUndone, PlanSuperseded, PlanFailed:
		return true
	}
	return false
}

// forgetCalls takes from a plan that is over what it was to call and what became
// of it. Calls hold the values of tags, which may be attributes of a person, and
// what AWS says to a call may repeat them. What was done is in the audit log, and
// what was left in the plan's note. Names of objects stay, as they do there.
func (tx *StateTx) forgetCalls(ctx context.Context, id string) error {
	for _, text := range []string{`delete from plan_call where plan_id = ?`, `delete from plan_mark where plan_id = ?`} {
		if _, err := tx.tx.ExecContext(ctx, text, id); err != nil {
			return fmt.Errorf("forget the calls of plan %s: %w", id, err)
		}
	}
	return nil
}

// ForgetDigests takes the digest from plans that were finished before the given
// time, when no equal retry is to be expected any more. Whoever guesses all of a
// request can see in it that they are right.
func (tx *StateTx) ForgetDigests(ctx context.Context, before time.Time) error {
	_, err := tx.tx.ExecContext(ctx, `update plan set digest = '' where digest <> '' and updated < ? and `+planOver, formatTime(before))
	if err != nil {
		return fmt.Errorf("forget digests: %w", err)
	}
	return nil
}

// errLogInUse says that a reader kept the log from being emptied.
var errLogInUse = errors.New("the log is in use")

// Wipe empties the log beside the file (-wal), which still has what was
// overwritten in the file. It waits for readers, though not for long: then it
// fails, and the next one does it.
func (s *State) Wipe(ctx context.Context) error {
	var inUse bool
	var pages, moved int
	err := s.db.w.QueryRowContext(ctx, `pragma wal_checkpoint(truncate)`).Scan(&inUse, &pages, &moved)
	if err == nil && inUse {
		err = errLogInUse
	}
	if err != nil {
		return fmt.Errorf("empty the log of the state: %w", err)
	}
	return nil
}
