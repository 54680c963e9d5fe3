package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/spf13/cobra"
)

// Exit statuses; scripts depend on them.
const (
	exitOK      = 0
	exitFailure = 1
	exitUsage   = 2
)

// usageError marks an error of the command line or configuration: exit status 2.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// run executes one command line and returns the exit status.
func run(ctx context.Context, args []string, p process) int {
	root := newRoot(p)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	var usage usageError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &usage):
		fmt.Fprintf(p.stderr, "iamscim: %v\n", err)
		return exitUsage
	default:
		fmt.Fprintf(p.stderr, "iamscim: %v\n", err)
		return exitFailure
	}
}

func newRoot(p process) *cobra.Command {
	root := &cobra.Command{
		Use:   "iamscim",
		Short: "SCIM 2.0 for AWS IAM",
		Long: "iamscim serves the users, groups, policies and roles of an AWS account as SCIM 2.0.\n\n" +
			"Every flag is also an environment variable (IAMSCIM_ and the flag's name in upper case,\n" +
			"with _ for -) and a key of the YAML file named by --config. Flag beats environment beats file.",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          noArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetIn(p.stdin)
	root.SetOut(p.stdout)
	root.SetErr(p.stderr)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.PersistentFlags().String("config", "", "YAML file with settings")
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		if err := applySettings(root, cmd, p.getenv); err != nil {
			return usageError{err}
		}
		return nil
	}
	root.AddCommand(newServe(p), newSim(p), newRefresh(p), newPlan(p), newAdopt(p), newBrake(p), newHistory(p), newExport(p), newToken(p), newConformance(p), newVersion(p))
	return root
}

// noArgs refuses positional arguments as a usage error.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if cmd.HasSubCommands() {
		return usageError{fmt.Errorf("unknown command %q; see %q", args[0], cmd.CommandPath()+" --help")}
	}
	return usageError{fmt.Errorf("%s takes no argument, got %q", cmd.CommandPath(), args[0])}
}

// oneArg demands exactly one positional argument, described by what.
func oneArg(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != 1 {
			return usageError{fmt.Errorf("%s needs exactly one argument: %s", cmd.CommandPath(), what)}
		}
		return nil
	}
}

// logFlags are shared by the commands that log.
type logFlags struct {
	format string
	level  string
}

func (f *logFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.format, "log-format", "text", "text or json")
	cmd.Flags().StringVar(&f.level, "log-level", "info", "debug, info, warn or error")
}

func (f *logFlags) logger(p process) (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(f.level)); err != nil {
		return nil, usageError{fmt.Errorf("--log-level: %q is none of debug, info, warn, error", f.level)}
	}
	opts := &slog.HandlerOptions{Level: level}
	switch f.format {
	case "text":
		return slog.New(slog.NewTextHandler(p.stderr, opts)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(p.stderr, opts)), nil
	}
	return nil, usageError{fmt.Errorf("--log-format: %q is neither text nor json", f.format)}
}
