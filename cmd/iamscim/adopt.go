package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/spf13/cobra"

	"iamscim/provisioner"
)

func newAdopt(p process) *cobra.Command {
	var data dataFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "adopt USER|GROUP…",
		Short: "Make existing users and groups ours to manage",
		Long: "adopt lets clients write users and groups that exist outside the manage path. For a user it also\n" +
			"releases a deny or quarantine that somebody else placed, so that a client may reactivate them;\n" +
			"it lifts nothing itself. A deleted user who is still kept (--on-delete) is not deleted any more, and\n" +
			"shown again, inactive.",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError{errors.New("adopt needs the names or ids of users or groups")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			var answer struct {
				Adopted []provisioner.Adopted `json:"adopted"`
			}
			err := readingDataDir(data.dir, func() error { return errNoServer }, func(c *socketClient) error {
				return c.call(cmd.Context(), http.MethodPost, "/admin/adopt", map[string]any{"names": args}, &answer)
			})
			if err != nil {
				return err
			}
			if asJSON {
				return json.NewEncoder(p.stdout).Encode(answer.Adopted)
			}
			for _, a := range answer.Adopted {
				fmt.Fprintln(p.stdout, adoptedLine(a))
			}
			return nil
		},
	}
	data.add(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func adoptedLine(a provisioner.Adopted) string {
	line := fmt.Sprintf("adopted %s %s", strings.ToLower(string(a.Object.Kind)), a.Name)
	if a.Restored {
		line = fmt.Sprintf("restored user %s, who was to be deleted", a.Name)
	}
	if len(a.Released) > 0 {
		line += "; may be reactivated over " + strings.Join(a.Released, ", ")
	}
	if len(a.Still) > 0 {
		line += "; stays denied by " + strings.Join(a.Still, ", ")
	}
	return line
}
