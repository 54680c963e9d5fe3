package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"iamscim/provisioner/awsapi"
	"iamscim/provisioner/iamsim"
)

// demo is a simulated AWS account inside this process, reached through a real
// endpoint on a loopback port.
type demo struct {
	account *iamsim.Account
	server  *http.Server
	served  chan error
	url     string
	dir     string
	remove  string // directory to delete at the end; empty: keep
}

// startDemo keeps the data in a temporary directory unless one was chosen: the
// simulated account begins anew at every start, and old data would contradict it.
func startDemo(ctx context.Context, f *serveFlags) (*demo, error) {
	account, err := f.sim.account()
	if err != nil {
		return nil, err
	}
	d := &demo{account: account, dir: f.data.dir, served: make(chan error, 1)}
	if !f.data.chosen {
		if d.dir, err = os.MkdirTemp("", "iamscim-demo-"); err != nil {
			return nil, fmt.Errorf("demo data directory: %w", err)
		}
		d.remove = d.dir
	}
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("simulated account: %w", err)
	}
	d.url = "http://" + ln.Addr().String()
	d.server = &http.Server{Handler: account, ReadHeaderTimeout: 10 * time.Second}
	go func() { d.served <- d.server.Serve(ln) }()
	return d, nil
}

// connectConfig is how the gateway reaches the simulated account: as it would
// a real one, with a role, but without a rate limit.
func (d *demo) connectConfig(log *slog.Logger) awsapi.Config {
	id, key := d.account.Credentials()
	return awsapi.Config{
		Endpoint:        d.url,
		RoleARN:         d.account.RoleARN(),
		AccessKeyID:     func() (string, error) { return id, nil },
		SecretAccessKey: func() (string, error) { return key, nil },
		Log:             log,
	}
}

func (d *demo) close() error {
	err := d.server.Close()
	if served := <-d.served; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	if d.remove != "" {
		err = errors.Join(err, os.RemoveAll(d.remove))
	}
	return err
}

// forDemo leaves out the limits that protect a real account, unless they were
// chosen: everything may be written, at any pace.
func (f *serveFlags) forDemo() {
	f.aws.readRate, f.write.rate = 0, 0
	if !f.rate.chosen {
		f.rate = rates{}
	}
	if f.write.managePath == "" {
		f.write.managePath = "/"
	}
}
