package scim

import (
	"fmt"
	"log/slog"
	"maps"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"iamscim/provisioner"
	"iamscim/provisioner/iamsim"
)

// newWritable serves an empty account, save for what fill puts into it, with a
// role that may do everything.
func newWritable(t testing.TB, set func(*Account, *provisioner.Config), fill func(*iamsim.Account)) *demo {
	t.Helper()
	d := &demo{sim: iamsim.New(iamsim.Config{Seed: 1}), log: &lockedBuffer{}}
	if fill != nil {
		fill(d.sim)
	}
	d.openStore(t)
	d.connect(t)
	account := &Account{Store: d.account}
	cfg := provisioner.Config{Connection: d.dial(t, d.sim.RoleARN()), Account: d.account, Write: everythingManaged()}
	if set != nil {
		set(account, &cfg)
	}
	account.Provisioner = provisioner.New(cfg)
	d.provisioner = account.Provisioner
	server, err := New(Config{
		Accounts: map[string]*Account{"": account}, Auth: d.auth, Control: d.control, Writable: true, Log: slog.New(slog.NewJSONHandler(d.log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	d.server = server
	d.Server = httptest.NewServer(server)
	t.Cleanup(d.Close)
	if _, err := d.provisioner.Refresh(t.Context(), provisioner.RefreshOptions{}); err != nil {
		t.Fatal(err)
	}
	d.sim.ResetCalls()
	return d
}

// everythingManaged are the settings of the demo: every object may be written.
func everythingManaged() provisioner.WriteConfig {
	return provisioner.WriteConfig{Guard: provisioner.GuardConfig{ManagePath: "/"}}
}

// changes lists the calls since the last time that changed something, as the
// account met them: "CreateGroup GroupName=dev".
func (d *demo) changes() []string {
	var changes []string
	for _, call := range d.sim.Journal() {
		if reads(call.Action) {
			continue
		}
		line := call.Action
		for _, key := range slices.Sorted(maps.Keys(call.Params)) {
			value := call.Params.Get(key)
			if strings.HasPrefix(key, "Tags.member.") && strings.HasSuffix(key, ".Value") {
				value = "*" // random
			}
			line += " " + key + "=" + value
		}
		if call.Code != "" {
			line += " -> " + call.Code
		}
		changes = append(changes, line)
	}
	d.sim.ResetCalls()
	return changes
}

// reads tells the calls that only look.
func reads(action string) bool {
	for _, prefix := range []string{"Get", "List", "Generate", "Simulate", "Assume"} {
		if strings.HasPrefix(action, prefix) {
			return true
		}
	}
	return false
}

// state says in a line each what is in the account, but for what every
// simulated account has.
func (d *demo) state() []string {
	var state []string
	groups := map[string]string{}
	for _, g := range d.sim.Groups() {
		groups[g.ID] = g.Name
		state = append(state, strings.TrimSpace(fmt.Sprintf("group %s%s %s", g.Path, g.Name, shortNames(g.Attached))))
	}
	for _, u := range d.sim.Users() {
		if u.Name == "bootstrap" {
			continue
		}
		line := "user " + u.Path + u.Name
		for _, id := range u.Groups {
			line += " in:" + groups[id]
		}
		line += " " + shortNames(u.Attached)
		for _, k := range u.Keys {
			line += " key:" + k.Status
		}
		if u.Login != nil {
			line += " password"
		}
		for _, tag := range u.Tags {
			line += " tag:" + tag.Key
		}
		state = append(state, strings.Join(strings.Fields(line), " "))
	}
	slices.Sort(state)
	return state
}

func shortNames(arns []string) string {
	var names []string
	for _, arn := range arns {
		names = append(names, "has:"+arn[strings.LastIndexByte(arn, '/')+1:])
	}
	return strings.Join(names, " ")
}
