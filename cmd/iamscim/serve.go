package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"iamscim/provisioner"
	"iamscim/provisioner/awsapi"
	"iamscim/provisioner/observer"
	"iamscim/scim"
	"iamscim/scim/auth"
	"iamscim/store"
)

func newServe(p process) *cobra.Command {
	var flags serveFlags
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve an AWS account as SCIM",
		Long: "serve observes an AWS account in the background and serves it as SCIM 2.0.\n\n" +
			"Secrets come from the environment only: IAMSCIM_TOKEN (a bootstrap token with every scope),\n" +
			"IAMSCIM_AWS_ACCESS_KEY_ID and IAMSCIM_AWS_SECRET_ACCESS_KEY, each also as a file named by\n" +
			"the variable with _FILE appended. Without keys the AWS SDK's default chain is used.",
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			flags.data.chosen = cmd.Flags().Changed("data-dir")
			if flags.printConfig {
				return printSettings(p.stdout, cmd, p.getenv)
			}
			if err := flags.validate(); err != nil {
				return err
			}
			log, err := flags.log.logger(p)
			if err != nil {
				return err
			}
			return flags.serve(cmd.Context(), p, log)
		},
	}
	flags.add(cmd)
	return cmd
}

// serve runs the gateway until ctx is done. What was opened is closed in
// reverse: listeners and requests, then the refresh loop, then the store.
func (f *serveFlags) serve(ctx context.Context, p process, log *slog.Logger) (err error) {
	if !f.demo { // the simulated account needs memory of its own
		tuneMemory(p.getenv)
	}
	var g gateway
	defer func() { err = errors.Join(err, g.close()) }()
	if err := g.open(ctx, f, p, log); err != nil {
		return err
	}
	ln, err := g.listen(ctx, f)
	if err != nil {
		return err
	}
	socket, err := listenSocket(ctx, g.dir)
	if err != nil {
		return errors.Join(err, ln.Close())
	}
	metrics, err := listenMetrics(ctx, f)
	if err != nil {
		return errors.Join(err, ln.Close(), socket.Close())
	}
	group, ctx := errgroup.WithContext(ctx)
	if metrics != nil {
		group.Go(func() error { return serveHTTP(ctx, metrics, g.server.Metrics()) })
	}
	group.Go(func() error { return serveHTTP(ctx, ln, g.handler) })
	group.Go(func() error { return serveHTTP(ctx, socket, g.server.Socket()) })
	group.Go(func() error { return g.provisioner.Run(ctx) })
	group.Go(func() error { g.auth.Run(ctx); return nil })
	group.Go(func() error { return g.welcome(ctx, p, baseURL(f, ln.Addr())) })
	return group.Wait()
}

// gateway is everything serve holds open.
type gateway struct {
	dir         string
	demo        *demo // nil for a real account
	control     *store.Control
	account     *store.Account
	auth        *auth.Authenticator
	provisioner *provisioner.Provisioner
	server      *scim.Server
	handler     http.Handler
	closers     []func() error
}

func (g *gateway) close() error {
	var errs []error
	for i := len(g.closers) - 1; i >= 0; i-- {
		errs = append(errs, g.closers[i]())
	}
	return errors.Join(errs...)
}

func (g *gateway) onClose(f func() error) { g.closers = append(g.closers, f) }

// open builds the gateway from the bottom up.
func (g *gateway) open(ctx context.Context, f *serveFlags, p process, log *slog.Logger) error {
	connect := f.aws.connectConfig(p, log)
	g.dir = f.data.dir
	if f.demo {
		d, err := startDemo(ctx, f)
		if err != nil {
			return err
		}
		g.demo, g.dir, connect = d, d.dir, d.connectConfig(log)
		f.forDemo()
		g.onClose(d.close)
	}
	lock, err := store.LockDir(g.dir)
	if err != nil {
		return err
	}
	g.onClose(lock.Close)
	conn, err := connectFor(ctx, g.dir, connect)
	if err != nil {
		return err
	}
	sayConnected(ctx, conn, log)
	if err := g.openStore(ctx, conn.AccountID, log); err != nil {
		return err
	}
	token, err := secret(p.getenv, "IAMSCIM_TOKEN")
	if err != nil {
		return err
	}
	g.auth, err = auth.New(ctx, auth.Config{Control: g.control, Bootstrap: auth.Secret(token), Log: log})
	if err != nil {
		return fmt.Errorf("IAMSCIM_TOKEN: %w", err)
	}
	g.provisioner = provisioner.New(provisioner.Config{
		Connection: conn,
		Account:    g.account,
		Interval:   time.Duration(f.interval),
		MaxLoss:    float64(f.aws.maxLoss),
		History:    time.Duration(f.history),
		Derive:     observer.Derive{EmailDomain: f.aws.emailDomain},
		Grantable:  f.aws.grantable,
		Write:      f.write.config(float64(f.aws.readRate)),
		Log:        log,
	})
	g.server, err = scim.New(scim.Config{
		Accounts: map[string]*scim.Account{"": {
			Store: g.account, Provisioner: g.provisioner, Grantable: len(f.aws.grantable) > 0,
			Passwords: f.write.passwords == "on", GroupsViaUsers: f.write.groupsViaUsers, DeletesLater: f.write.onDelete != "delete",
		}},
		Auth:           g.auth,
		Control:        g.control,
		PublicURL:      f.publicURL,
		Writable:       f.write.mode != "read-only",
		ReadOnlyReason: "This server only reads, because it was started with --mode read-only.",
		MemberDisplay:  f.display == "always",
		Profile:        f.profile,
		Rate:           scim.Rate{Reads: f.rate.reads, Writes: f.rate.writes},

		OktaEntitlements: f.okta,
		DraftFeatures:    f.drafts,

		Version: version(),
		Log:     log,
	})
	if err != nil {
		return err
	}
	g.handler, err = f.guard(g.server)
	return err
}

// sayConnected logs how the way into AWS was found.
func sayConnected(ctx context.Context, conn *awsapi.Connection, log *slog.Logger) {
	if ce := conn.Pending; ce != nil {
		log.ErrorContext(ctx, "aws cannot be reached; serving what is known, and trying on",
			"account", conn.AccountID, "problem", ce.Problem, "remedy", ce.Remedy, "err", ce.Err)
		return
	}
	log.InfoContext(ctx, "connected to aws", "account", conn.AccountID, "caller", conn.CallerARN)
}

func (g *gateway) openStore(ctx context.Context, accountID string, log *slog.Logger) error {
	var err error
	if g.control, err = store.OpenControl(ctx, filepath.Join(g.dir, "control.db"), time.Now); err != nil {
		return err
	}
	g.onClose(g.control.Close)
	if g.account, err = openAccount(ctx, g.dir, accountID, log); err != nil {
		return err
	}
	g.onClose(g.account.Close)
	return nil
}

// listen opens the public address, with TLS if a certificate is given.
func (g *gateway) listen(ctx context.Context, f *serveFlags) (net.Listener, error) {
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", f.listen)
	if err != nil {
		return nil, fmt.Errorf("%w (choose another address with --listen)", err)
	}
	if f.tlsCert == "" {
		return ln, nil
	}
	return f.tls(ln)
}

// listenMetrics opens the address for metrics, or none.
func listenMetrics(ctx context.Context, f *serveFlags) (net.Listener, error) {
	if f.metrics == "" {
		return nil, nil
	}
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", f.metrics)
	if err != nil {
		return nil, fmt.Errorf("--metrics-listen: %w", err)
	}
	return ln, nil
}

// baseURL is the SCIM base as clients see it.
func baseURL(f *serveFlags, addr net.Addr) string {
	switch {
	case f.publicURL != "":
		return trimSlash(f.publicURL) + "/scim/v2"
	case f.tlsCert != "":
		return "https://" + addr.String() + "/scim/v2"
	}
	return "http://" + addr.String() + "/scim/v2"
}
