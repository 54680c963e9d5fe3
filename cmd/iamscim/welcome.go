package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"iamscim/scim/auth"
	"iamscim/store"
)

// firstTokenLife is how long the token lives that a first start makes up.
const firstTokenLife = 30 * 24 * time.Hour

// welcome prints how to use the gateway once there is something to read.
func (g *gateway) welcome(ctx context.Context, p process, base string) error {
	if !g.awaitGeneration(ctx) {
		return nil // stopped before anything was observed
	}
	w := banner{Account: "AWS account " + g.account.ID, Base: base}
	if g.demo != nil {
		w.Account = fmt.Sprintf("A simulated AWS account (%s), thrown away at the end", g.account.ID)
		w.Hints = []string{
			"AWS endpoint   " + g.demo.url + "/_sim/ (the simulated account itself)",
			"Data directory " + g.dir + " (--data-dir of iamscim export, history and token)",
		}
	}
	var err error
	if w.Token, err = g.firstToken(ctx, p); err != nil {
		return err
	}
	if w.Token == "" && !hasBootstrap(p) {
		w.Hints = append(w.Hints, "Bearer token   one you have already, as $IAMSCIM_TOKEN; iamscim token create --name NAME makes another")
	}
	if w.UserName, err = g.someUser(ctx); err != nil {
		return err
	}
	w.print(p.stdout)
	return nil
}

// awaitGeneration waits until the account was observed once; false means that
// ctx ended first.
func (g *gateway) awaitGeneration(ctx context.Context) bool {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for g.account.Snapshot.Generation().ID == 0 {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return false
		}
	}
	return true
}

func hasBootstrap(p process) bool {
	return p.getenv("IAMSCIM_TOKEN") != "" || p.getenv("IAMSCIM_TOKEN_FILE") != ""
}

// firstToken makes a token for whoever has none yet: no bootstrap token and
// nothing that iamscim token create made. It is printed this once.
func (g *gateway) firstToken(ctx context.Context, p process) (string, error) {
	if hasBootstrap(p) {
		return "", nil
	}
	var tokens []store.Token
	err := g.control.View(ctx, func(tx *store.ControlTx) error {
		var err error
		tokens, err = tx.Tokens(ctx)
		return err
	})
	if err != nil || len(tokens) > 0 {
		return "", err
	}
	grant := auth.Grant{
		Name: "first start", Scopes: auth.Scopes(auth.Read), AccountID: g.account.ID, Expires: time.Now().Add(firstTokenLife),
	}
	if g.demo != nil {
		grant.Name, grant.Scopes = "demo", auth.AllScopes
	}
	token, _, err := g.auth.Create(ctx, "serve", grant)
	return token.Reveal(), err
}

// someUser is a user name for the example: the first one that needs no quoting.
func (g *gateway) someUser(ctx context.Context) (string, error) {
	var name string
	err := g.account.Snapshot.View(ctx, func(tx *store.SnapshotTx) error {
		first, err := tx.Select(ctx, store.KindUser, store.Query{OrderBy: "userName"})
		if err != nil {
			return err
		}
		users, err := tx.Users(ctx, first.IDs[:min(20, len(first.IDs))]...)
		for _, u := range users {
			if u.UserName == u.Name { // IAM's own characters; none means anything to a shell
				name = u.UserName
				break
			}
		}
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return "", nil
	}
	return name, err
}
