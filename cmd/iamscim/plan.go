package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"

	"github.com/spf13/cobra"
)

// errNoServer is for commands that only a running server can answer.
var errNoServer = errors.New("no server is running on this data directory; start iamscim serve, or name another one with --data-dir")

// maxPlanFile is the size of the largest request.
const maxPlanFile = 8 << 20

func newPlan(p process) *cobra.Command {
	var data dataFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "plan FILE|-",
		Short: "Print what a SCIM request would do, as IAM calls; change nothing",
		Long: "plan reads a SCIM request as JSON, {\"method\": \"PATCH\", \"path\": \"/Users/AIDA…\", \"body\": {…}}, and prints\n" +
			"the IAM calls that it would cause. The running server reads from IAM what it needs and changes nothing.",
		Args: oneArg("a file, or - for standard input"),
		RunE: func(cmd *cobra.Command, args []string) error {
			request, err := readRequest(p, args[0])
			if err != nil {
				return err
			}
			var answer planAnswer
			err = readingDataDir(data.dir, func() error { return errNoServer },
				func(c *socketClient) error {
					return c.call(cmd.Context(), http.MethodPost, "/admin/plan", request, &answer)
				})
			if err != nil {
				return err
			}
			return answer.print(p.stdout, asJSON)
		},
	}
	data.add(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON: status, resource, calls, notes")
	return cmd
}

// readRequest reads the request file; what is in it is for the server to judge.
func readRequest(p process, name string) (json.RawMessage, error) {
	var text []byte
	var err error
	if name == "-" {
		text, err = io.ReadAll(io.LimitReader(p.stdin, maxPlanFile+1))
	} else {
		text, err = os.ReadFile(name)
	}
	if err != nil {
		return nil, fmt.Errorf("read request: %w", err)
	}
	if len(text) > maxPlanFile || !json.Valid(text) {
		return nil, fmt.Errorf("%s is no JSON of at most 8 MiB", name)
	}
	return text, nil
}

// planAnswer is the dry run of a request.
type planAnswer struct {
	Status   string          `json:"status"`
	Resource json.RawMessage `json:"resource,omitempty"`
	Calls    []string        `json:"calls"`
	Notes    []string        `json:"notes,omitempty"`
}

func (a *planAnswer) print(out io.Writer, asJSON bool) error {
	if asJSON {
		e := json.NewEncoder(out)
		e.SetIndent("", "  ")
		return e.Encode(a)
	}
	lines := a.Calls
	if len(lines) == 0 {
		lines = []string{"no IAM call"}
	}
	for _, note := range a.Notes {
		lines = append(lines, "note: "+note)
	}
	for _, line := range lines {
		if _, err := fmt.Fprintln(out, line); err != nil {
			return err
		}
	}
	return nil
}
