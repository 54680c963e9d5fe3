package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"gopkg.in/yaml.v3"
)

// envName returns the environment variable of a flag.
func envName(flag string) string {
	return "IAMSCIM_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// notSettings are flags that belong to one invocation, not to a configuration.
var notSettings = []string{"config", "help", "print-config", "json", "demo", "confirm",
	"run", "client", "list", "format", "output", "read-only", "settle", "token-file", "as-of", "force", "bom"}

// applySettings fills every flag of cmd that the command line left open, from
// the environment or else from the configuration file. All problems are
// reported together.
func applySettings(root, cmd *cobra.Command, getenv func(string) string) error {
	file, err := readSettings(root, cmd, getenv)
	if err != nil {
		return err
	}
	var errs []error
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Changed || slices.Contains(notSettings, f.Name) {
			return
		}
		if v := getenv(envName(f.Name)); v != "" {
			errs = append(errs, set(cmd, f.Name, envName(f.Name), v))
			return
		}
		for _, v := range file[f.Name] {
			errs = append(errs, set(cmd, f.Name, "configuration key "+f.Name, v))
		}
	})
	return errors.Join(errs...)
}

func set(cmd *cobra.Command, flag, source, value string) error {
	if err := cmd.Flags().Set(flag, value); err != nil {
		return fmt.Errorf("%s: %w", source, err)
	}
	return nil
}

// readSettings reads the configuration file, if one is named, as flag name to
// values (a list has several). A key that is no flag of any command is an error.
func readSettings(root, cmd *cobra.Command, getenv func(string) string) (map[string][]string, error) {
	path, _ := cmd.Flags().GetString("config") // every command inherits the flag
	if path == "" {
		path = getenv(envName("config"))
	}
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	var nodes map[string]yaml.Node
	if err := yaml.Unmarshal(text, &nodes); err != nil {
		return nil, fmt.Errorf("configuration %s: %w", path, err)
	}
	known := settingNames(root)
	values := make(map[string][]string, len(nodes))
	var errs []error
	for key, node := range nodes {
		if !known[key] {
			errs = append(errs, fmt.Errorf("configuration %s: unknown key %q (line %d)", path, key, node.Line))
			continue
		}
		v, err := scalars(node)
		if err != nil {
			errs = append(errs, fmt.Errorf("configuration %s: key %q: %w", path, key, err))
		}
		values[key] = v
	}
	return values, errors.Join(errs...)
}

// settingNames lists the flags of all commands.
func settingNames(cmd *cobra.Command) map[string]bool {
	names := map[string]bool{}
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names[f.Name] = true })
	for _, sub := range cmd.Commands() {
		for name := range settingNames(sub) {
			names[name] = true
		}
	}
	for _, name := range notSettings {
		delete(names, name)
	}
	return names
}

func scalars(node yaml.Node) ([]string, error) {
	switch node.Kind {
	case yaml.ScalarNode:
		return []string{node.Value}, nil
	case yaml.SequenceNode:
		var out []string
		for _, n := range node.Content {
			if n.Kind != yaml.ScalarNode {
				return nil, errors.New("want a list of plain values")
			}
			out = append(out, n.Value)
		}
		return out, nil
	}
	return nil, errors.New("want a plain value or a list")
}

// secret returns the value of an environment variable that may also be given
// as a file name in the variable with _FILE appended.
func secret(getenv func(string) string, name string) (string, error) {
	if v := getenv(name); v != "" {
		return v, nil
	}
	path := getenv(name + "_FILE")
	if path == "" {
		return "", nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("%s_FILE: %w", name, err)
	}
	return strings.TrimRight(string(text), "\r\n"), nil
}
