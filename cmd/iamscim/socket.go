package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"syscall"

	"iamscim/scim"
	"iamscim/store"
)

// socketPath is where a server listens for command-line tools.
func socketPath(dir string) string { return filepath.Join(dir, "iamscim.sock") }

// maxSocketPath is the length of sun_path on Linux, less the final zero; BSDs have less.
const maxSocketPath = 103

// listenSocket opens the socket, for this user only. The caller holds the lock
// of dir, so a socket that is there is a dead server's.
func listenSocket(ctx context.Context, dir string) (net.Listener, error) {
	path := socketPath(dir)
	if len(path) > maxSocketPath {
		return nil, fmt.Errorf("data directory: %s is too long for a socket (%d characters)", path, maxSocketPath)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("remove old socket: %w", err)
	}
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "unix", path)
	if err != nil {
		return nil, fmt.Errorf("listen on socket: %w", err)
	}
	// The directory is 0700, so nobody could connect before this either.
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("protect socket: %w", err), ln.Close())
	}
	return ln, nil
}

// socketClient asks the server that holds a data directory.
type socketClient struct{ http *http.Client }

func dialSocket(dir string) *socketClient {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", socketPath(dir))
	}
	return &socketClient{&http.Client{Transport: &http.Transport{DialContext: dial}}}
}

// call sends in as JSON and decodes the answer into out; either may be nil. A
// refusal becomes an error with the server's sentence.
func (c *socketClient) call(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("encode request: %w", err)
		}
		body = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://localhost"+path, body)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := c.do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if out == nil || resp.StatusCode == http.StatusNoContent {
		return nil
	}
	if err := json.NewDecoder(resp.Body).Decode(out); err != nil {
		return fmt.Errorf("read the server's answer: %w", err)
	}
	return nil
}

// open returns the body of a long answer. It ends with an error if the server
// could not finish.
func (c *socketClient) open(ctx context.Context, path string) (io.ReadCloser, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://localhost"+path, nil)
	if err != nil {
		return nil, err
	}
	resp, err := c.do(req) //nolint:bodyclose // whoever reads the answer closes it
	if err != nil {
		return nil, err
	}
	return longAnswer{resp}, nil
}

// longAnswer reads a body that says at its end whether it is whole.
type longAnswer struct{ resp *http.Response }

func (a longAnswer) Read(p []byte) (int, error) {
	n, err := a.resp.Body.Read(p)
	if errors.Is(err, io.EOF) {
		if reason := a.resp.Trailer.Get(scim.BrokenTrailer); reason != "" {
			err = errors.New(reason)
		}
	}
	return n, err
}

func (a longAnswer) Close() error { return a.resp.Body.Close() }

// errNotAsked: nobody listens.
var errNotAsked = errors.New("no server can be asked: another command is at work, or the server is starting or stopping")

// do returns an answer that is no refusal.
func (c *socketClient) do(req *http.Request) (*http.Response, error) {
	resp, err := c.http.Do(req)
	switch {
	case errors.Is(err, os.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED):
		return nil, errNotAsked
	case err != nil:
		return nil, fmt.Errorf("ask the running server: %w", err)
	case resp.StatusCode >= 300:
		defer resp.Body.Close()
		return nil, refusal(resp)
	}
	return resp, nil
}

func refusal(resp *http.Response) error {
	var scimError struct{ Detail string }
	if err := json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(&scimError); err != nil || scimError.Detail == "" {
		return fmt.Errorf("the server answered %s", resp.Status)
	}
	return errors.New(scimError.Detail)
}

// withDataDir runs offline while holding the data directory, or online against
// the server that holds it.
func withDataDir(dir string, offline func() error, online func(*socketClient) error) error {
	lock, err := store.LockDir(dir)
	return lockedOrAsked(dir, lock, err, offline, online)
}

// readingDataDir is withDataDir for what writes nothing offline: it runs beside
// others that read.
func readingDataDir(dir string, offline func() error, online func(*socketClient) error) error {
	lock, err := store.ShareDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("%w (name another one with --data-dir)", err)
	}
	return lockedOrAsked(dir, lock, err, offline, online)
}

func lockedOrAsked(dir string, lock *store.Lock, err error, offline func() error, online func(*socketClient) error) error {
	switch {
	case err == nil:
		return errors.Join(offline(), lock.Close())
	case !errors.Is(err, store.ErrLocked), errors.Is(err, store.ErrBeingRead): // then there is no server
		return err
	}
	asked := online(dialSocket(dir))
	if errors.Is(asked, errNotAsked) {
		return fmt.Errorf("%w, and %w", err, asked)
	}
	return asked
}
