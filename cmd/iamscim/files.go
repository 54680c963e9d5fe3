package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"iamscim/scim"
	"iamscim/store"
)

// readFlags name an account whose snapshot is read.
type readFlags struct {
	data    dataFlags
	account string
}

func (f *readFlags) add(cmd *cobra.Command) {
	f.data.add(cmd)
	cmd.Flags().StringVar(&f.account, "account", "", "AWS account id; needed only if the data directory has several")
}

// path adds the account to the query of a path.
func (f *readFlags) path(path string, query url.Values) string {
	if f.account != "" {
		query.Set("account", f.account)
	}
	return path + "?" + query.Encode()
}

// ask lets fn ask the server that holds the data directory, or if none does,
// this process, which then answers the same from the files. They are not
// changed, and a directory that is not there is not made.
func (f *readFlags) ask(ctx context.Context, p process, fn func(*socketClient) error) error {
	return readingDataDir(f.data.dir, func() error { return f.askFiles(ctx, p, fn) }, fn)
}

func (f *readFlags) askFiles(ctx context.Context, p process, fn func(*socketClient) error) (err error) {
	id, err := onlyAccount(f.data.dir, f.account)
	if err != nil {
		return err
	}
	snapshot, err := store.ReadSnapshot(ctx, f.data.dir, id)
	if errors.Is(err, fs.ErrNotExist) {
		return f.noSnapshot(id)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, snapshot.Close()) }()
	log := slog.New(slog.NewTextHandler(p.stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	server := newInside(scim.Files(id, snapshot, log))
	defer server.close()
	return fn(server.client())
}

func (f *readFlags) noSnapshot(id string) error {
	found, err := accountsIn(f.data.dir)
	if err != nil {
		return err
	}
	if len(found) == 0 {
		found = []string{"none"}
	}
	return fmt.Errorf("there is no snapshot of account %s in %s (accounts there: %s): iamscim serve or iamscim refresh reads it from AWS",
		id, f.data.dir, strings.Join(found, ", "))
}

// inside is an HTTP server whose connections do not leave the process.
type inside struct {
	http   *http.Server
	conns  chan net.Conn
	closed chan struct{}
	done   chan struct{}
}

func newInside(h http.Handler) *inside {
	s := &inside{http: &http.Server{Handler: h}, conns: make(chan net.Conn), closed: make(chan struct{}), done: make(chan struct{})}
	go func() {
		defer close(s.done)
		_ = s.http.Serve(s) // always ends with an error, because it is closed
	}()
	return s
}

func (s *inside) client() *socketClient {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		theirs, ours := net.Pipe()
		select {
		case s.conns <- theirs:
			return ours, nil
		case <-s.closed:
			return nil, net.ErrClosed
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return &socketClient{&http.Client{Transport: &http.Transport{DialContext: dial}}}
}

// close ends the connections, answered or not.
func (s *inside) close() {
	_ = s.http.Close() // there is nothing to close but connections of ours
	<-s.done
}

// Accept implements net.Listener.
func (s *inside) Accept() (net.Conn, error) {
	select {
	case conn := <-s.conns:
		return conn, nil
	case <-s.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener; the server calls it once.
func (s *inside) Close() error {
	close(s.closed)
	return nil
}

// Addr implements net.Listener.
func (s *inside) Addr() net.Addr { return &net.UnixAddr{Net: "unix"} }
