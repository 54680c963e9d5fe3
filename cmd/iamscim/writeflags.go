package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"iamscim/provisioner"
	"iamscim/provisioner/planner"
	"iamscim/store"
)

// writeFlags say what may be written, and how.
type writeFlags struct {
	mode           string
	rate           perSecond
	managePath     string
	protect        []string
	grantGroups    []string
	createPath     string
	createBoundary string
	createTags     []string
	tagAttributes  []string
	deactivate     string
	onDelete       string
	passwords      string
	brake          string
	groupsViaUsers bool
	window         span
	maxPlanCalls   int
	resumeMaxAge   span
}

func (f *writeFlags) add(cmd *cobra.Command) {
	f.rate, f.window, f.resumeMaxAge = 4, span(2*time.Minute), span(time.Hour)
	flags := cmd.Flags()
	flags.StringVar(&f.mode, "mode", "auto", "auto (write if the role can), read-only, or lifecycle (fail at start if it cannot)")
	flags.Var(&f.rate, "write-rate", "AWS write calls per second; 0 for no limit")
	flags.StringVar(&f.managePath, "manage-path", "", "IAM path of the users and groups that may be written; / must be spelt out")
	flags.StringSliceVar(&f.protect, "protect", nil, "names, paths, ids and ARNs that are never written")
	flags.StringSliceVar(&f.grantGroups, "grantable-groups", nil, "ARN and name patterns of groups that clients may fill (all but those of administrators)")
	flags.StringVar(&f.createPath, "create-path", "", "IAM path of new users and groups (the manage path)")
	flags.StringVar(&f.createBoundary, "create-boundary", "", "ARN of the permissions boundary of new users")
	flags.StringSliceVar(&f.createTags, "create-tag", nil, "key=value, a tag of every new user")
	flags.StringSliceVar(&f.tagAttributes, "tag-attributes", nil, "attributes that are also written as tags: "+strings.Join(planner.TagAttributes(), ", "))
	flags.StringVar(&f.deactivate, "deactivate", "reversible", "reversible, or strict: also delete the password")
	flags.StringVar(&f.onDelete, "on-delete", "delete", "delete, or deactivate-then-delete=30d: a deleted user is kept in IAM, deactivated and not shown, for that long")
	flags.StringVar(&f.passwords, "passwords", "off", "on: clients with the scope password may set passwords")
	flags.StringVar(&f.brake, "brake", "10,20%/60m", "more people than this losing access is refused: count, share of the managed, window; or off")
	flags.BoolVar(&f.groupsViaUsers, "groups-via-users", false, "memberships may be written through the user")
	flags.Var(&f.window, "consistency-window", "how long a write is protected from an observation that may not show it yet")
	flags.IntVar(&f.maxPlanCalls, "max-plan-calls", 2000, "a change of more IAM calls is refused")
	flags.Var(&f.resumeMaxAge, "resume-max-age", "an unfinished change older than this waits for an operator")
}

// validate reports all problems at once.
func (f *writeFlags) validate() error {
	_, brakeErr := f.brakeConfig()
	_, tagErr := f.tags()
	_, deleteErr := f.deleteAfter()
	errs := []error{brakeErr, tagErr, deleteErr}
	for _, one := range []struct {
		flag, value string
		allowed     []string
	}{
		{"mode", f.mode, []string{"auto", "read-only", "lifecycle"}},
		{"deactivate", f.deactivate, []string{"reversible", "strict"}},
		{"passwords", f.passwords, []string{"off", "on"}},
	} {
		if !slices.Contains(one.allowed, one.value) {
			errs = append(errs, fmt.Errorf("--%s: %q is none of %s", one.flag, one.value, strings.Join(one.allowed, ", ")))
		}
	}
	for _, name := range f.tagAttributes {
		if !slices.Contains(planner.TagAttributes(), name) {
			errs = append(errs, fmt.Errorf("--tag-attributes: %q is none of %s", name, strings.Join(planner.TagAttributes(), ", ")))
		}
	}
	for flag, path := range map[string]string{"manage-path": f.managePath, "create-path": f.createPath} {
		if path != "" && (!strings.HasPrefix(path, "/") || !strings.HasSuffix(path, "/")) {
			errs = append(errs, fmt.Errorf("--%s: an IAM path begins and ends with /, %q does not", flag, path))
		}
	}
	if f.createPath != "" && f.managePath != "" && !strings.HasPrefix(f.createPath, f.managePath) {
		errs = append(errs, fmt.Errorf("--create-path: %s is not under --manage-path %s", f.createPath, f.managePath))
	}
	return errors.Join(errs...)
}

// config is for a validated writeFlags.
func (f *writeFlags) config(readRate float64) provisioner.WriteConfig {
	brake, _ := f.brakeConfig() // validated
	tags, _ := f.tags()         // validated
	later, _ := f.deleteAfter() // validated
	return provisioner.WriteConfig{
		ReadOnly:          f.mode == "read-only",
		Lifecycle:         f.mode == "lifecycle",
		Rate:              float64(f.rate),
		ReadRate:          readRate,
		ConsistencyWindow: time.Duration(f.window),
		MaxCalls:          f.maxPlanCalls,
		ResumeMaxAge:      time.Duration(f.resumeMaxAge),
		CreatePath:        f.createPath,
		CreateBoundary:    f.createBoundary,
		CreateTags:        tags,
		TagAttributes:     f.tagAttributes,
		Strict:            f.deactivate == "strict",
		Passwords:         f.passwords == "on",
		GroupsViaUsers:    f.groupsViaUsers,
		DeleteAfter:       later,
		Guard: provisioner.GuardConfig{
			ManagePath:      f.managePath,
			Protect:         f.protect,
			GrantableGroups: f.grantGroups,
			Brake:           brake,
		},
	}
}

// deleteAfter reads deactivate-then-delete=30d.
func (f *writeFlags) deleteAfter() (time.Duration, error) {
	if f.onDelete == "delete" {
		return 0, nil
	}
	text, ok := strings.CutPrefix(f.onDelete, "deactivate-then-delete=")
	d, err := parseSpan(text)
	if !ok || err != nil || d < time.Hour {
		return 0, fmt.Errorf("--on-delete: %q is neither delete nor like deactivate-then-delete=30d, with an hour at least", f.onDelete)
	}
	return d, nil
}

// brakeConfig reads 10,20%/60m.
func (f *writeFlags) brakeConfig() (provisioner.BrakeConfig, error) {
	if f.brake == "off" {
		return provisioner.BrakeConfig{Off: true}, nil
	}
	limits, window, ok := strings.Cut(f.brake, "/")
	least, part, both := strings.Cut(limits, ",")
	var s share
	n, err := strconv.Atoi(least)
	d, windowErr := parseSpan(window)
	if !ok || !both || err != nil || n < 1 || windowErr != nil || d <= 0 || s.Set(part) != nil {
		return provisioner.BrakeConfig{}, fmt.Errorf("--brake: %q is neither off nor like 10,20%%/60m", f.brake)
	}
	return provisioner.BrakeConfig{Least: n, Share: float64(s), Window: d}, nil
}

func (f *writeFlags) tags() ([]store.Tag, error) {
	var tags []store.Tag
	for _, text := range f.createTags {
		key, value, ok := strings.Cut(text, "=")
		if !ok || key == "" {
			return nil, fmt.Errorf("--create-tag: %q is not key=value", text)
		}
		tags = append(tags, store.Tag{Key: key, Value: value})
	}
	return tags, nil
}
