package main

import (
	"os"
	"os/exec"
	"testing"
)

// TestBuild32Bit: a constant that no int of 32 bits holds compiles where this is
// written, and not there.
func TestBuild32Bit(t *testing.T) {
	t.Parallel()
	cmd := exec.Command("go", "build", "iamscim/...")
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH=386", "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}
