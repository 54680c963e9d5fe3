package provisioner_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"iamscim/provisioner"
	"iamscim/provisioner/iamsim"
	"iamscim/store"
)

// TestHistory: generations older than Config.History are forgotten, the newest
// stays.
func TestHistory(t *testing.T) {
	t.Parallel()
	l := newLab(t, iamsim.Config{}, nil)
	l.refresh()
	then := l.account.Snapshot.Generation().At
	l.Advance(240 * time.Hour)
	l.AddUser(iamsim.User{Name: "newcomer"})
	l.refresh()
	at := func() error {
		return l.account.Snapshot.ViewAt(t.Context(), then, func(*store.SnapshotTx) error { return nil })
	}
	if err := at(); err != nil {
		t.Fatalf("before pruning: %v", err)
	}
	l.Advance(48 * time.Hour)
	l.start(provisioner.Config{History: 24 * time.Hour})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- l.p.Run(ctx) }()
	for deadline := time.Now().Add(20 * time.Second); !errors.Is(at(), store.ErrNoGeneration); {
		if time.Now().After(deadline) {
			t.Error("the old generation is still there")
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if n := l.account.Snapshot.Generation().ID; n < 2 {
		t.Errorf("generation %d, want the newest kept", n)
	}
}
