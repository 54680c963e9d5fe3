package scim

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"time"

	"iamscim/provisioner"
	"iamscim/store"
)

// Account is one AWS account to serve.
type Account struct {
	Store       *store.Account
	Provisioner *provisioner.Provisioner
	// Grantable says that some policies may be granted: entitlements, attached
	// policies, boundaries and paths are declared writable.
	Grantable bool
	// Passwords says that passwords are written, GroupsViaUsers that groups of a
	// user are.
	Passwords, GroupsViaUsers bool
	// DeletesLater says that a deleted user is kept for a while, so that their
	// name stays taken.
	DeletesLater bool
}

// hosted is an account with what serving it needs.
type hosted struct {
	Account
	name    string // "" is the default account
	content *content

	writable lately[error]
}

func (s *Server) host(name string, a *Account) *hosted {
	return &hosted{Account: *a, name: name, content: newContent(a.Store.Snapshot, contentOptions{
		AccountID:        a.Store.ID,
		Grantable:        a.Grantable,
		PathWritable:     a.Grantable,
		BoundaryWritable: a.Grantable,
		Passwords:        a.Passwords,
		GroupsViaUsers:   a.GroupsViaUsers,
		MemberDisplay:    s.cfg.MemberDisplay,
		OktaEntitlements: s.cfg.OktaEntitlements,
		DraftFeatures:    s.cfg.DraftFeatures,
		CursorKey:        s.cfg.Control.CursorKey(),
	})}
}

// lately remembers an answer that is asked for more often than it changes.
type lately[T any] struct {
	mu    sync.Mutex
	value T
	at    time.Time
}

// get returns the value found within the last d, or asks for a new one.
func (l *lately[T]) get(d time.Duration, ask func() T) T {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now := time.Now(); l.at.IsZero() || now.Sub(l.at) > d {
		l.value, l.at = ask(), now
	}
	return l.value
}

func (h *hosted) status(ctx context.Context) (status store.Status, err error) {
	err = h.Store.Snapshot.View(ctx, func(tx *store.SnapshotTx) error {
		status, err = tx.Status(ctx)
		return err
	})
	return status, err
}

// setAge tells a reader how old the snapshot is.
func (s *Server) setAge(w http.ResponseWriter, r *request) {
	if at := r.account.Store.Snapshot.Observed(); !at.IsZero() {
		age := max(0, s.now().Sub(at))
		w.Header().Set("Iamscim-Snapshot-Age", strconv.Itoa(int(age.Seconds())))
	}
}
