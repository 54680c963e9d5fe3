package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"iamscim/provisioner/iamsim"
)

// world is a simulated account in this process, and the program itself as a
// process of its own that serves it and may be killed.
type world struct {
	t      testing.TB
	sim    *iamsim.Account
	aws    *httptest.Server
	trap   trap
	meter  meter
	dir    string
	extra  []string // arguments
	server *server  // the running process
}

// trap kills the gateway at one of its calls that change something.
type trap struct {
	mu    sync.Mutex
	armed bool
	at    int  // which of them, from 0
	after bool // once it took effect, but before it is answered
	seen  int
	kill  func()
}

func newWorld(t testing.TB, cfg iamsim.Config, fill func(*iamsim.Account), extra ...string) *world {
	t.Helper()
	w := &world{t: t, sim: iamsim.New(cfg), extra: extra}
	fill(w.sim)
	dir, err := os.MkdirTemp("", "iamscim")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	w.dir = dir + "/d"
	w.aws = httptest.NewServer(http.HandlerFunc(w.serveAWS))
	t.Cleanup(w.aws.Close)
	w.start()
	return w
}

// serveAWS passes calls on to the account, unless the trap is sprung.
func (w *world) serveAWS(rw http.ResponseWriter, r *http.Request) {
	w.meter.enter()
	defer w.meter.leave()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the gateway died while it asked
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	params, _ := url.ParseQuery(string(body)) // the account judges what it is
	kill, after := w.trap.sprung(params.Get("Action"))
	if kill == nil {
		w.sim.ServeHTTP(rw, r)
		return
	}
	if after {
		w.sim.ServeHTTP(httptest.NewRecorder(), r)
	}
	kill()
	panic(http.ErrAbortHandler)
}

func (t *trap) arm(at int, after bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.armed, t.at, t.after, t.seen = true, at, after, 0
}

// disarm reports whether the trap was never sprung.
func (t *trap) disarm() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	was := t.armed
	t.armed = false
	return was
}

// sprung returns how to kill the gateway, if it is now, and whether that is
// after the call.
func (t *trap) sprung(action string) (kill func(), after bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.armed || !changes(action) {
		return nil, false
	}
	t.seen++
	if t.seen-1 != t.at {
		return nil, false
	}
	t.armed = false
	return t.kill, t.after
}

// sdk is a client of the account that knows nothing of the gateway.
func (w *world) sdk() *iam.Client {
	id, secret := w.sim.Credentials()
	return iam.New(iam.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(w.aws.URL), Credentials: credentials.NewStaticCredentialsProvider(id, secret, ""),
	})
}

// changes tells the actions that do not only look.
func changes(action string) bool {
	for _, prefix := range []string{"Get", "List", "Generate", "Simulate", "Assume"} {
		if strings.HasPrefix(action, prefix) {
			return false
		}
	}
	return true
}

// server is one process of the program.
type server struct {
	cmd   *exec.Cmd
	base  string // of SCIM
	root  string
	out   *buffer
	ended chan struct{}
}

// serveChildProgram is the program, run by the test binary. Its arguments are JSON.
func serveChildProgram(text string) error {
	var args []string
	if err := json.Unmarshal([]byte(text), &args); err != nil {
		return err
	}
	if status := run(context.Background(), args, process{os.Getenv, os.Stdin, os.Stdout, os.Stderr}); status != exitOK {
		return fmt.Errorf("status %d", status)
	}
	return nil
}

func (w *world) args() []string {
	return append([]string{
		"serve", "--listen", "127.0.0.1:0", "--data-dir", w.dir, "--read-rate", "0", "--write-rate", "0", "--mode", "lifecycle",
		"--manage-path", "/", "--grantable-policies", "*", "--grantable-groups", "*", "--passwords", "on", "--groups-via-users",
		"--brake", "off", "--consistency-window", "300ms",
	}, w.extra...)
}

// environment is that of a machine with access to the simulated account only.
func (w *world) environment() []string {
	id, secret := w.sim.Credentials()
	return append(os.Environ(),
		"AWS_ENDPOINT_URL="+w.aws.URL, "AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID="+id, "AWS_SECRET_ACCESS_KEY="+secret, "AWS_SESSION_TOKEN=",
		"AWS_CONFIG_FILE="+os.DevNull, "AWS_SHARED_CREDENTIALS_FILE="+os.DevNull, "AWS_EC2_METADATA_DISABLED=true",
		"IAMSCIM_ROLE_ARN="+w.sim.RoleARN(), "IAMSCIM_TOKEN="+benchToken)
}

// start runs the program until it has something to serve.
func (w *world) start() {
	w.t.Helper()
	w.launch()
	until(w.t, "the program serves", func() error {
		if w.server.hasEnded() {
			w.t.Fatalf("the program ended:\n%s", w.server.out)
		}
		return w.server.serves()
	})
}

// launch starts the program and does not wait for it.
func (w *world) launch() {
	w.t.Helper()
	exe, err := os.Executable()
	if err != nil {
		w.t.Fatal(err)
	}
	args, err := json.Marshal(w.args())
	if err != nil {
		w.t.Fatal(err)
	}
	s := &server{cmd: exec.Command(exe), out: &buffer{}, ended: make(chan struct{})}
	s.cmd.Env = append(w.environment(), childEnv+"=serve", childArg+"="+string(args))
	s.cmd.Stdout, s.cmd.Stderr = s.out, s.out
	w.trap.mu.Lock() // the trap must know whom to kill before the first call
	defer w.trap.mu.Unlock()
	if err := s.cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	w.server, w.trap.kill = s, s.kill
	go func() {
		_ = s.cmd.Wait() // it is killed
		close(s.ended)
	}()
	w.t.Cleanup(func() {
		s.kill()
		if strings.Contains(s.out.String(), "DATA RACE") { // it was built as this test was
			w.t.Errorf("%s", s.out)
		}
	})
}

// serves learns the address once the program has printed it.
func (s *server) serves() error {
	_, rest, ok := strings.Cut(s.out.String(), "SCIM base URL")
	if !ok || !strings.Contains(rest, "\n") {
		return errors.New(s.out.String())
	}
	s.base = strings.Fields(rest)[0]
	s.root = strings.TrimSuffix(s.base, "/scim/v2")
	return nil
}

func (s *server) hasEnded() bool {
	select {
	case <-s.ended:
		return true
	default:
		return false
	}
}

// kill ends the process as a power cut would.
func (s *server) kill() {
	_ = s.cmd.Process.Kill() // it may have ended
	<-s.ended
}

// until waits for something that must come; that it does not is the failure.
func until(t testing.TB, what string, check func() error) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		err := check()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("it never came that %s: %v", what, err)
		}
	}
}
