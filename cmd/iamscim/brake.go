package main

import (
	"fmt"
	"net/http"

	"github.com/spf13/cobra"

	"iamscim/provisioner"
)

func newBrake(p process) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "brake",
		Short: "Release the brake that stopped people from losing access",
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newBrakeRelease(p))
	return cmd
}

func newBrakeRelease(p process) *cobra.Command {
	var data dataFlags
	cmd := &cobra.Command{
		Use:   "release",
		Short: "Release a latched brake; what it refused may be sent again",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var state provisioner.BrakeState
			err := readingDataDir(data.dir, func() error { return errNoServer }, func(c *socketClient) error {
				return c.call(cmd.Context(), http.MethodPost, "/admin/brake/release", nil, &state)
			})
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(p.stdout, "released; %d people lost access within %s, at most %d may\n", state.Lost, state.Window, state.Limit)
			return err
		},
	}
	data.add(cmd)
	return cmd
}
