package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"iamscim/conformance"
)

// conformanceFlags are the flags of one run.
type conformanceFlags struct {
	tokenFile  string
	headerFile string
	userFile   string
	match      string
	client     string
	format     string
	output     string
	readOnly   bool
	list       bool
	settle     time.Duration
}

func newConformance(p process) *cobra.Command {
	var f conformanceFlags
	cmd := &cobra.Command{
		Use:   "conformance URL",
		Short: "Check any SCIM 2.0 server against the RFCs, or replay a known client",
		Long: "conformance runs black-box checks of RFC 7643, RFC 7644 and RFC 9865 against the SCIM server at URL,\n" +
			"for example https://example.com/scim/v2. It creates users and groups whose names start with scimconf-\n" +
			"and deletes them again; --read-only sends nothing that could change the server.\n\n" +
			"The token comes from --token-file or from IAMSCIM_CONFORMANCE_TOKEN. The exit status is 1 if a MUST is\n" +
			"not met or the server does not answer; SHOULD and MAY are only reported.\n\n" +
			"Clients that --client replays: " + strings.Join(conformance.Clients(), ", ") + ", or all.",
		Args: func(cmd *cobra.Command, args []string) error {
			if f.list {
				return nil
			}
			return oneArg("the base URL of a SCIM server")(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			options, err := f.options()
			if err != nil {
				return usageError{err}
			}
			if f.list {
				return listChecks(p.stdout, options)
			}
			return f.run(cmd.Context(), p, args[0], options)
		},
	}
	cmd.Flags().StringVar(&f.tokenFile, "token-file", "", "file with the bearer token")
	cmd.Flags().StringVar(&f.headerFile, "header-file", "", "file with headers to send with every request, one \"Name: value\" a line")
	cmd.Flags().StringVar(&f.userFile, "user-file", "", "file with attributes (JSON) that every user needs and /Schemas does not tell of; ${unique} stands for a name")
	cmd.Flags().StringVar(&f.match, "run", "", "only checks whose name matches this regular expression")
	cmd.Flags().StringVar(&f.client, "client", "", "replay what this client sends, instead of the checks")
	cmd.Flags().BoolVar(&f.readOnly, "read-only", false, "send only GET, HEAD and searches")
	cmd.Flags().DurationVar(&f.settle, "settle", 2*time.Second, "how long the server's reads may lag behind writes")
	cmd.Flags().StringVar(&f.format, "format", "text", "text, json, junit or html")
	cmd.Flags().StringVar(&f.output, "output", "", "file for the report, instead of stdout")
	cmd.Flags().BoolVar(&f.list, "list", false, "list the checks and run none")
	return cmd
}

func (f *conformanceFlags) options() (conformance.Options, error) {
	o := conformance.Options{ReadOnly: f.readOnly, Settle: f.settle}
	if !slices.Contains([]string{"text", "json", "junit", "html"}, f.format) {
		return o, fmt.Errorf("--format: %q is none of text, json, junit, html", f.format)
	}
	var err error
	if o.Match, err = regexp.Compile(f.match); err != nil {
		return o, fmt.Errorf("--run: %w", err)
	}
	if o.User, err = f.user(); err != nil {
		return o, err
	}
	o.Checks, err = f.checks()
	return o, err
}

// user reads what every user is made with.
func (f *conformanceFlags) user() (map[string]any, error) {
	if f.userFile == "" {
		return nil, nil
	}
	raw, err := os.ReadFile(f.userFile)
	if err != nil {
		return nil, fmt.Errorf("--user-file: %w", err)
	}
	var attrs map[string]any
	if err := json.Unmarshal(raw, &attrs); err != nil {
		return nil, fmt.Errorf("--user-file: %s is no JSON object: %w", f.userFile, err)
	}
	return attrs, nil
}

// header reads what is sent with every request. A file, because it may be a secret.
func (f *conformanceFlags) header() (http.Header, error) {
	if f.headerFile == "" {
		return nil, nil
	}
	text, err := os.ReadFile(f.headerFile)
	if err != nil {
		return nil, fmt.Errorf("--header-file: %w", err)
	}
	header := http.Header{}
	for line := range strings.Lines(string(text)) {
		name, value, found := strings.Cut(strings.TrimSpace(line), ":")
		if name == "" && !found {
			continue
		}
		if !found || name == "" || strings.ContainsAny(name, " \t") {
			return nil, fmt.Errorf("--header-file: a line is not of the form Name: value")
		}
		header.Add(name, strings.TrimSpace(value))
	}
	return header, nil
}

// checks are those of the protocol, of one client or of all clients.
func (f *conformanceFlags) checks() ([]conformance.Check, error) {
	names := []string{f.client}
	switch f.client {
	case "":
		return conformance.Checks(), nil
	case "all":
		names = conformance.Clients()
	}
	var out []conformance.Check
	for _, name := range names {
		checks, err := conformance.ClientChecks(name)
		if err != nil {
			return nil, fmt.Errorf("--client: %w", err)
		}
		out = append(out, checks...)
	}
	return out, nil
}

func listChecks(out io.Writer, o conformance.Options) error {
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	for _, c := range o.Checks {
		if o.Match.MatchString(c.Name) {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", c.Name, c.Level, c.Section, c.Text)
		}
	}
	return w.Flush()
}

var errNotConformant = errors.New("the server does not conform")

func (f *conformanceFlags) run(ctx context.Context, p process, target string, o conformance.Options) error {
	u, err := url.Parse(target)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return usageError{fmt.Errorf("%q is not the base URL of a SCIM server", target)}
	}
	token, err := f.token(p.getenv)
	if err != nil {
		return usageError{err}
	}
	header, err := f.header()
	if err != nil {
		return usageError{err}
	}
	report := conformance.NewReport(target)
	for check, err := range conformance.Run(ctx, &conformance.Client{URL: target, Token: token, Header: header}, o) {
		report.Add(check, err)
	}
	if len(report.Results) == 0 {
		return usageError{fmt.Errorf("--run: no check matches %q", f.match)}
	}
	if err := f.write(p.stdout, report); err != nil {
		return err
	}
	if f.output != "" || f.format != "text" {
		fmt.Fprintln(p.stderr, report.Summary())
	}
	if report.Failed() {
		return errNotConformant
	}
	return nil
}

func (f *conformanceFlags) token(getenv func(string) string) (string, error) {
	if f.tokenFile == "" {
		return secret(getenv, "IAMSCIM_CONFORMANCE_TOKEN")
	}
	text, err := os.ReadFile(f.tokenFile)
	if err != nil {
		return "", fmt.Errorf("--token-file: %w", err)
	}
	return strings.TrimSpace(string(text)), nil
}

// write puts the report into a file of this user only: exchanges may hold
// names and addresses of real people.
func (f *conformanceFlags) write(stdout io.Writer, report *conformance.Report) error {
	render := map[string]func(io.Writer) error{
		"text": report.WriteText, "json": report.WriteJSON, "junit": report.WriteJUnit, "html": report.WriteHTML,
	}[f.format]
	if f.output == "" {
		return render(stdout)
	}
	file, err := os.OpenFile(f.output, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("--output: %w", err)
	}
	return errors.Join(render(file), file.Close())
}
