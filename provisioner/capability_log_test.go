package provisioner_test

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"iamscim/provisioner"
)

// TestCapabilityLog: a role that may only read is no surprise, and is one line;
// where everything was asked for, or was allowed before, it is a warning.
func TestCapabilityLog(t *testing.T) {
	t.Parallel()
	check := func(t *testing.T, l *writeLab, cfg provisioner.WriteConfig) (lines []string) {
		t.Helper()
		var b bytes.Buffer
		p := provisioner.New(provisioner.Config{Connection: l.conn, Account: l.account, Now: l.Now, Write: cfg, Log: slog.New(slog.NewTextHandler(&b, nil))})
		if err := p.CheckCapability(t.Context()); err != nil && !errors.Is(err, provisioner.ErrIncapable) {
			t.Fatal(err)
		}
		for line := range strings.Lines(b.String()) {
			if strings.Contains(line, "aws does not allow") {
				lines = append(lines, line)
			}
		}
		return lines
	}
	auto, lifecycle := provisioner.WriteConfig{}, provisioner.WriteConfig{Lifecycle: true}
	auto.Guard.ManagePath, lifecycle.Guard.ManagePath = "/", "/"
	l := newGuardLab(t, setup{role: readsAnd(""), config: managing("/")})
	want := []string{"user.create", "group.delete", "iam:CreateUser", "iam:DeleteGroup"}
	for level, cfg := range map[string]provisioner.WriteConfig{"level=INFO": auto, "level=WARN": lifecycle} {
		lines := check(t, l, cfg)
		if len(lines) != 1 || !strings.Contains(lines[0], level) {
			t.Errorf("want one line of %s, got %q", level, lines)
			continue
		}
		for _, w := range want {
			if !strings.Contains(lines[0], w) {
				t.Errorf("%q does not name %s", lines[0], w)
			}
		}
	}
	t.Run("taken away", func(t *testing.T) {
		l := newGuardLab(t, setup{config: managing("/")})
		var b bytes.Buffer
		p := provisioner.New(provisioner.Config{Connection: l.conn, Account: l.account, Now: l.Now, Write: auto, Log: slog.New(slog.NewTextHandler(&b, nil))})
		for _, scp := range []string{"", `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"iam:CreateUser","Resource":"*"}]}`} {
			b.Reset()
			if scp != "" {
				if err := l.SetSCP(scp); err != nil {
					t.Fatal(err)
				}
			}
			if err := p.CheckCapability(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if got := b.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, "level=WARN") || !strings.Contains(got, "operations=[user.create]") {
			t.Errorf("got %q", got)
		}
	})
}
