package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], process{os.Getenv, os.Stdin, os.Stdout, os.Stderr}))
}

// process is what a command may touch of the process it runs in.
type process struct {
	getenv func(string) string
	stdin  io.Reader
	stdout io.Writer // for people and scripts
	stderr io.Writer // logs and errors
}
