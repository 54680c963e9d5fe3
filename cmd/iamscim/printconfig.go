package main

import (
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"gopkg.in/yaml.v3"
)

// secretVariables are the settings that exist only in the environment.
var secretVariables = []string{"IAMSCIM_TOKEN", "IAMSCIM_AWS_ACCESS_KEY_ID", "IAMSCIM_AWS_SECRET_ACCESS_KEY"}

// printSettings writes the effective configuration as a file that --config
// would take; secrets are comments that say only whether they are set.
func printSettings(out io.Writer, cmd *cobra.Command, getenv func(string) string) error {
	settings := &yaml.Node{Kind: yaml.MappingNode}
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if slices.Contains(notSettings, f.Name) {
			return
		}
		settings.Content = append(settings.Content, scalar(f.Name), settingNode(f))
	})
	text, err := yaml.Marshal(settings)
	if err != nil {
		return fmt.Errorf("print configuration: %w", err)
	}
	for _, name := range secretVariables {
		state := "not set"
		switch {
		case getenv(name) != "":
			state = "REDACTED"
		case getenv(name+"_FILE") != "":
			state = "REDACTED (from a file)"
		}
		text = fmt.Appendf(text, "# %s: %s\n", name, state)
	}
	_, err = out.Write(text)
	return err
}

func settingNode(f *pflag.Flag) *yaml.Node {
	list, ok := f.Value.(pflag.SliceValue)
	if !ok {
		return scalar(f.Value.String())
	}
	node := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
	for _, v := range list.GetSlice() {
		node.Content = append(node.Content, scalar(v))
	}
	return node
}

func scalar(text string) *yaml.Node {
	n := &yaml.Node{}
	n.SetString(text)
	return n
}
