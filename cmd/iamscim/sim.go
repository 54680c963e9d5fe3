package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"iamscim/provisioner/iamsim"
)

// simFlags shape the simulated account; serve --demo has them too.
type simFlags struct {
	users int
	seed  uint64
}

func (f *simFlags) add(cmd *cobra.Command) {
	cmd.Flags().IntVar(&f.users, "demo-users", 200, "number of users in the simulated account (at most 5000)")
	cmd.Flags().Uint64Var(&f.seed, "demo-seed", 1, "everything in the simulated account follows from this number")
}

func (f *simFlags) account() (*iamsim.Account, error) {
	if f.users < 1 || f.users > 5000 {
		return nil, usageError{fmt.Errorf("--demo-users: %d is not between 1 and 5000, the quota of an AWS account", f.users)}
	}
	account := iamsim.New(iamsim.Config{Alias: "iamscim-demo", Seed: f.seed})
	iamsim.Generate(account, iamsim.GenerateOptions{Users: f.users, Seed: f.seed})
	return account, nil
}

func newSim(p process) *cobra.Command {
	var flags simFlags
	var listen string
	cmd := &cobra.Command{
		Use:   "sim",
		Short: "Run only the simulated AWS endpoint (IAM and STS)",
		Long: "sim serves a simulated AWS account on a loopback address. Its first lines of output are the\n" +
			"export lines that make the AWS CLI and any SDK use it.",
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			account, err := flags.account()
			if err != nil {
				return err
			}
			ln, err := listenLoopback(cmd.Context(), listen)
			if err != nil {
				return err
			}
			id, key := account.Credentials()
			fmt.Fprintf(p.stdout, "export AWS_ENDPOINT_URL=http://%s\nexport AWS_REGION=us-east-1\nexport AWS_DEFAULT_REGION=us-east-1\n", ln.Addr())
			fmt.Fprintf(p.stdout, "export AWS_ACCESS_KEY_ID=%s\nexport AWS_SECRET_ACCESS_KEY=%s\n", id, key)
			fmt.Fprintf(p.stdout, "export IAMSCIM_ROLE_ARN=%s\nexport IAMSCIM_READONLY_ROLE_ARN=%s\n", account.RoleARN(), account.ReadOnlyRoleARN())
			return serveHTTP(cmd.Context(), ln, account)
		},
	}
	flags.add(cmd)
	cmd.Flags().StringVar(&listen, "listen", "127.0.0.1:8090", "loopback address to listen on")
	return cmd
}

// listenLoopback listens on address, which must be a loopback one: whoever
// reaches the simulated endpoint may read its keys on the status page.
func listenLoopback(ctx context.Context, address string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, usageError{fmt.Errorf("--listen: %w", err)}
	}
	if !isLoopback(host) {
		return nil, usageError{fmt.Errorf("--listen: %s is not a loopback address", address)}
	}
	var lc net.ListenConfig
	return lc.Listen(ctx, "tcp", address)
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// serveHTTP serves h on ln until ctx is done, then lets running requests end.
func serveHTTP(ctx context.Context, ln net.Listener, h http.Handler) error {
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}
	done := make(chan error, 1)
	go func() { done <- srv.Serve(ln) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	err := srv.Shutdown(grace)
	if served := <-done; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}
