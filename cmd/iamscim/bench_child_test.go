package main

import (
	"bufio"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"iamscim/scim"
	"iamscim/scim/auth"
	"iamscim/store"
)

// Benchmarks compare processes: this test binary starts itself again as a
// gateway without AWS, or as a plain handler that writes bytes from memory.
const (
	childEnv   = "IAMSCIM_TEST_CHILD" // "gateway", "plain" or "serve"
	childArg   = "IAMSCIM_TEST_CHILD_ARG"
	benchToken = "a-bootstrap-token-for-benchmarks"
	benchID    = "123456789012"
)

func TestMain(m *testing.M) {
	var err error
	switch os.Getenv(childEnv) {
	case "":
		os.Exit(m.Run())
	case "serve":
		err = serveChildProgram(os.Getenv(childArg))
	case "gateway":
		err = gatewayChild(context.Background(), os.Getenv(childArg))
	case "plain":
		err = plainChild(os.Getenv(childArg))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// gatewayChild serves a data directory. A line "n k" on stdin makes it
// publish an observation of n users of which every k-th changed; the end of
// stdin ends it.
func gatewayChild(ctx context.Context, dir string) error {
	tuneMemory(os.Getenv)
	account, err := store.OpenAccount(ctx, dir, benchID, store.AccountOptions{})
	if err != nil {
		return err
	}
	control, err := store.OpenControl(ctx, filepath.Join(dir, "control.db"), time.Now)
	if err != nil {
		return err
	}
	authn, err := auth.New(ctx, auth.Config{Control: control, Bootstrap: benchToken})
	if err != nil {
		return err
	}
	nowhere, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	srv, err := scim.New(scim.Config{
		Accounts: map[string]*scim.Account{"": {Store: account}}, Auth: authn, Control: control,
		Log: slog.New(slog.NewTextHandler(nowhere, nil)), // as serve does, which logs the shape of every request
	})
	if err != nil {
		return err
	}
	return serveChild(srv, func(line string) error {
		var n, k int
		if _, err := fmt.Sscan(line, &n, &k); err != nil {
			return err
		}
		_, err := account.Snapshot.Replace(ctx, benchObservation(n, k, time.Now().String()), store.ReplaceOptions{})
		return err
	})
}

// plainChild serves the bodies of a gob file by request URI.
func plainChild(file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	bodies := map[string][]byte{}
	if err := gob.NewDecoder(f).Decode(&bodies); err != nil {
		return err
	}
	return serveChild(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, ok := bodies[r.URL.RequestURI()]
		if !ok {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		w.Header().Set("Content-Type", "application/scim+json")
		_, _ = w.Write(body) // the client notices
	}), nil)
}

// serveChild prints its address and obeys stdin.
func serveChild(h http.Handler, obey func(string) error) error {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(ln.Addr())
	srv := &http.Server{Handler: h}
	failed := make(chan error, 1)
	go func() {
		lines := bufio.NewScanner(os.Stdin)
		for lines.Scan() {
			if err := obey(lines.Text()); err != nil {
				failed <- err
			}
			fmt.Println("done")
		}
		failed <- srv.Close()
	}()
	if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-failed
}

// child is such a process, seen from the benchmark.
type child struct {
	addr  string
	pid   int
	stdin io.WriteCloser
	out   *bufio.Reader
}

func startChild(b *testing.B, role, arg string) *child {
	b.Helper()
	exe, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), childEnv+"="+role, childArg+"="+arg)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	c := &child{pid: cmd.Process.Pid, stdin: stdin, out: bufio.NewReader(stdout)}
	b.Cleanup(func() {
		_ = stdin.Close() // ends it
		if err := cmd.Wait(); err != nil {
			b.Errorf("%s: %v", role, err)
		}
	})
	c.addr = c.line(b)
	return c
}

func (c *child) line(b *testing.B) string {
	b.Helper()
	line, err := c.out.ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	return strings.TrimSpace(line)
}

// residentMiB is the resident memory of the process.
func (c *child) residentMiB(b *testing.B) float64 {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.pid))
	if err != nil {
		b.Skip("resident memory is read from /proc, which this system does not have")
	}
	_, rest, _ := strings.Cut(string(text), "VmRSS:")
	var kib float64
	if _, err := fmt.Sscan(rest, &kib); err != nil {
		b.Fatal(err)
	}
	return kib / 1024
}
