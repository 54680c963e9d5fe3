package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"iamscim/scim/auth"
	"iamscim/store"
)

func newToken(p process) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "token",
		Short: "Create, list and revoke SCIM tokens",
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newTokenCreate(p), newTokenList(p), newTokenRevoke(p))
	return cmd
}

// tokenRecord is a token in the words of /admin/tokens.
type tokenRecord struct {
	ID        string     `json:"id"`
	Name      string     `json:"name"`
	Scopes    []string   `json:"scopes"`
	AccountID string     `json:"accountId"`
	UserID    string     `json:"userId,omitempty"`
	Profile   string     `json:"profile,omitempty"`
	Created   time.Time  `json:"created"`
	Expires   *time.Time `json:"expires,omitempty"`
	LastUsed  *time.Time `json:"lastUsed,omitempty"`
	Revoked   *time.Time `json:"revoked,omitempty"`
	Token     string     `json:"token,omitempty"` // only when created
}

// grantFlags say what a new token is for.
type grantFlags struct {
	name, account, user, profile string
	scopes                       []string
	expires                      span
}

func (f *grantFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.name, "name", "", "what the token is for")
	flags.StringSliceVar(&f.scopes, "scopes", []string{"read"}, "read, write, entitlements, password, admin")
	flags.Var(&f.expires, "expires", "life of the token, for example 365d; never expires without")
	flags.StringVar(&f.account, "account", "", "AWS account id; needed only if the data directory has several")
	flags.StringVar(&f.profile, "profile", "", "lenient or strict; the server's --profile without")
	flags.StringVar(&f.user, "user", "", "id of the user whom the token is for: what /Me stands for")
}

// grant is a usage error if it makes no sense.
func (f *grantFlags) grant(now time.Time) (auth.Grant, error) {
	granted, err := auth.ParseScopes(strings.Join(f.scopes, " "))
	if err != nil {
		return auth.Grant{}, usageError{fmt.Errorf("--scopes: %w", err)}
	}
	if strings.TrimSpace(f.name) == "" {
		return auth.Grant{}, usageError{errors.New("--name is required: it tells tokens apart in lists and logs")}
	}
	if f.profile != "" && f.profile != auth.Lenient && f.profile != auth.Strict {
		return auth.Grant{}, usageError{fmt.Errorf("--profile: %q is neither %s nor %s", f.profile, auth.Lenient, auth.Strict)}
	}
	g := auth.Grant{Name: f.name, Scopes: granted, AccountID: f.account, UserID: strings.TrimSpace(f.user), Profile: f.profile}
	if f.expires > 0 {
		g.Expires = now.Add(time.Duration(f.expires)).UTC().Truncate(time.Second)
	}
	return g, nil
}

func newTokenCreate(p process) *cobra.Command {
	var data dataFlags
	var flags grantFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "create --name NAME",
		Short: "Create a token and print it, this once",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			grant, err := flags.grant(time.Now())
			if err != nil {
				return err
			}
			record, err := createToken(cmd.Context(), data.dir, grant)
			if err != nil {
				return err
			}
			if asJSON {
				return json.NewEncoder(p.stdout).Encode(record)
			}
			fmt.Fprintf(p.stderr, "token %s (%s) for account %s; it is not shown again:\n", record.ID, strings.Join(record.Scopes, " "), record.AccountID)
			_, err = fmt.Fprintln(p.stdout, record.Token)
			return err
		},
	}
	data.add(cmd)
	flags.add(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func createToken(ctx context.Context, dir string, grant auth.Grant) (*tokenRecord, error) {
	var record tokenRecord
	err := withDataDir(dir, func() error {
		return withAuth(ctx, dir, func(a *auth.Authenticator) error {
			var err error
			if grant.AccountID, err = onlyAccount(dir, grant.AccountID); err != nil {
				return err
			}
			secret, token, err := a.Create(ctx, "command line", grant)
			record = recordOf(token)
			record.Token = secret.Reveal()
			return err
		})
	}, func(c *socketClient) error {
		body := map[string]any{"name": grant.Name, "scopes": grant.Scopes.Names(), "userId": grant.UserID, "profile": grant.Profile}
		if !grant.Expires.IsZero() {
			body["expires"] = grant.Expires
		}
		path := "/admin/tokens"
		if grant.AccountID != "" {
			path += "?account=" + url.QueryEscape(grant.AccountID)
		}
		return c.call(ctx, http.MethodPost, path, body, &record)
	})
	return &record, err
}

func newTokenList(p process) *cobra.Command {
	var data dataFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List tokens, without the tokens themselves",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			records, err := listTokens(cmd.Context(), data.dir)
			if err != nil {
				return err
			}
			if asJSON {
				return json.NewEncoder(p.stdout).Encode(records)
			}
			return printTokens(p.stdout, records)
		},
	}
	data.add(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func listTokens(ctx context.Context, dir string) ([]tokenRecord, error) {
	answer := struct{ Tokens []tokenRecord }{Tokens: []tokenRecord{}}
	err := withDataDir(dir, func() error {
		return withControl(ctx, dir, func(c *store.Control) error {
			return c.View(ctx, func(tx *store.ControlTx) error {
				tokens, err := tx.Tokens(ctx)
				for _, t := range tokens {
					answer.Tokens = append(answer.Tokens, recordOf(t))
				}
				return err
			})
		})
	}, func(c *socketClient) error { return c.call(ctx, http.MethodGet, "/admin/tokens", nil, &answer) })
	return answer.Tokens, err
}

func printTokens(out io.Writer, records []tokenRecord) error {
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tNAME\tSCOPES\tACCOUNT\tCREATED\tEXPIRES\tLAST USED\tREVOKED")
	for _, r := range records {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.ID, r.Name, strings.Join(r.Scopes, " "), r.AccountID,
			day(&r.Created), day(r.Expires), day(r.LastUsed), day(r.Revoked))
	}
	return w.Flush()
}

func day(t *time.Time) string {
	if t == nil {
		return "-"
	}
	return t.UTC().Format("2006-01-02 15:04")
}

func newTokenRevoke(p process) *cobra.Command {
	var data dataFlags
	cmd := &cobra.Command{
		Use:   "revoke ID",
		Short: "Revoke a token, at once",
		Args:  oneArg("the id of a token, see iamscim token list"),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, id := cmd.Context(), args[0]
			err := withDataDir(data.dir, func() error {
				return withAuth(ctx, data.dir, func(a *auth.Authenticator) error { return a.Revoke(ctx, "command line", id) })
			}, func(c *socketClient) error {
				return c.call(ctx, http.MethodDelete, "/admin/tokens/"+url.PathEscape(id), nil, nil)
			})
			if errors.Is(err, store.ErrNotFound) {
				return fmt.Errorf("there is no token %s", id)
			}
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(p.stdout, "revoked", id)
			return err
		},
	}
	data.add(cmd)
	return cmd
}

func recordOf(t store.Token) tokenRecord {
	at := func(t time.Time) *time.Time {
		if t.IsZero() {
			return nil
		}
		return &t
	}
	return tokenRecord{
		ID: t.ID, Name: t.Name, Scopes: t.Scopes, AccountID: t.AccountID, UserID: t.UserID, Profile: t.Profile, Created: t.Created,
		Expires: at(t.Expires), LastUsed: at(t.LastUsed), Revoked: at(t.Revoked),
	}
}

// withControl opens the token file while this process holds the data directory.
func withControl(ctx context.Context, dir string, fn func(*store.Control) error) error {
	c, err := store.OpenControl(ctx, filepath.Join(dir, "control.db"), time.Now)
	if err != nil {
		return err
	}
	return errors.Join(fn(c), c.Close())
}

func withAuth(ctx context.Context, dir string, fn func(*auth.Authenticator) error) error {
	return withControl(ctx, dir, func(c *store.Control) error {
		a, err := auth.New(ctx, auth.Config{Control: c})
		if err != nil {
			return err
		}
		return fn(a)
	})
}
