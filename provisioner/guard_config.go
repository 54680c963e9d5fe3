package provisioner

import "strings"

// GuardConfig limits what writes may touch. Its zero value allows nothing but
// to create, and to write what was created or adopted by this server.
type GuardConfig struct {
	// ManagePath is where existing users and groups may be written: those under
	// it. Empty: nowhere; "/" is everywhere.
	ManagePath string
	// Protect names what is never written: user and group names (with * and ?),
	// paths, unique ids, ARNs.
	Protect []string
	// GrantableGroups are patterns on the ARN or name of groups that users may
	// be added to; nil: all. A group with the power of an administrator must be
	// listed by its very name or ARN.
	GrantableGroups []string
	Brake           BrakeConfig
}

func (c *GuardConfig) complete() {
	if c.ManagePath != "" {
		c.ManagePath = "/" + strings.Trim(c.ManagePath, "/") + "/"
		c.ManagePath = strings.ReplaceAll(c.ManagePath, "//", "/")
	}
	c.Brake.complete()
}

// manages reports whether existing objects with that path may be written.
func (c *GuardConfig) manages(path string) bool {
	return c.ManagePath != "" && strings.HasPrefix(path, c.ManagePath)
}
