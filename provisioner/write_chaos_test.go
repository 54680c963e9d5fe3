package provisioner_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"iamscim/provisioner"
	"iamscim/provisioner/iamsim"
	"iamscim/store"
)

// TestChaos: changes at random meet faults, late answers, a process that dies,
// and somebody else who changes the account, before a change or in the middle of
// it. Once all is settled the journal is empty, a change that failed left nothing,
// one that was acknowledged is there, nothing is orphaned, and what is shown is
// what there is. A seed that fails fails again.
func TestChaos(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			c := &chaos{writeLab: newWriteLab(t, iamsim.Config{}, lifecycle, withBob), r: rand.New(rand.NewPCG(seed, 0))}
			for range 6 {
				c.step()
			}
		})
	}
}

type chaos struct {
	*writeLab
	r       *rand.Rand
	n       int // makes names unique
	log     []string
	crashed bool // the process is to die
	meddled bool // somebody changed something in the middle of the change

	mu    sync.Mutex
	count int // calls until somebody does
}

// change is one wish at random.
type change struct {
	text    string
	forward bool // it only rolls forward
	run     func() error
	holds   func() bool // of the account, if it was acknowledged; nil: not checked
}

func (c *chaos) step() {
	c.log = nil
	if c.r.IntN(3) == 0 {
		c.meddle()
	}
	c.Advance(time.Duration(c.r.IntN(200)) * time.Second)
	before := c.world()
	op := c.change()
	c.say("%s", op.text)
	c.trouble()
	err := op.run()
	c.leaveAlone()
	c.say("answer: %v", err)
	if c.crashed {
		c.restart(lifecycle)
	}
	c.settle()
	var partial *provisioner.PartialError
	stays := errors.As(err, &partial) && !partial.Goes
	switch diff := cmp.Diff(before, c.world()); {
	case c.meddled:
	case err == nil && op.holds != nil && !op.holds():
		c.wrong("it was acknowledged and is not so")
	case err != nil && !op.forward && !stays && diff != "":
		c.wrong("it failed and left something (-want +got):\n%s", diff)
	}
	c.check()
}

// settle lets the trouble pass, and the time in which something may show late.
func (c *chaos) settle() {
	c.Advance(time.Second)
	if c.r.IntN(2) == 0 { // in the middle of the trouble
		c.resume()
	}
	c.ClearFaults()
	c.Advance(50 * time.Second)
	c.resume()
	if err := c.SetDelay("*", 0); err != nil {
		c.t.Fatal(err)
	}
	for round := 0; round < 2 || round < 12 && len(c.open()) > 0; round++ {
		c.afterWindow()
		c.resume()
		c.p.Recheck(c.t.Context())
	}
	for _, j := range c.open() {
		c.wrong("a plan of kind %s is %s: %s", j.Kind, j.State, j.Note)
	}
	c.confirm()
}

// check compares what is shown and remembered with what there is.
func (c *chaos) check() {
	owned := map[store.Ref]store.Ownership{}
	err := c.account.State.View(c.t.Context(), func(tx *store.StateTx) (err error) {
		owned, err = tx.Owned(c.t.Context())
		return err
	})
	if err != nil {
		c.t.Fatal(err)
	}
	held := map[string]bool{}
	for _, u := range c.Account.Users() {
		for _, d := range u.MFA {
			held[d.Serial] = true
		}
		ours := slices.ContainsFunc(u.Tags, func(t iamsim.Tag) bool { return t.Key == "iamscim:managed" })
		if _, known := owned[store.Ref{Kind: store.KindUser, ID: u.ID}]; ours && !known {
			c.wrong("user %s is an orphan", u.Name)
		}
		slices.Sort(u.Groups)
		if s := c.user(u.ID); s == nil || s.Name != u.Name || strings.Join(s.Groups, " ") != strings.Join(u.Groups, " ") {
			c.wrong("user %s in %v is shown as %+v", u.Name, u.Groups, s)
		}
	}
	for _, d := range c.VirtualDevices() {
		if !held[d.Serial] {
			c.wrong("device %s is an orphan", d.Serial)
		}
	}
}

// world is the account by id, without what ages and what we sign in with.
func (c *chaos) world() map[string]string {
	out := map[string]string{}
	put := func(id string, v any) {
		text, err := json.MarshalIndent(v, "", " ")
		if err != nil {
			c.t.Fatal(err)
		}
		out[id] = strings.ReplaceAll(string(text), "null", "[]")
	}
	for _, u := range c.Account.Users() {
		if u.Name != "bootstrap" {
			slices.Sort(u.Attached)
			slices.Sort(u.Groups)
			put(u.ID, u)
		}
	}
	for _, g := range c.Account.Groups() {
		slices.Sort(g.Attached)
		put(g.ID, g)
	}
	return out
}

func (c *chaos) say(format string, args ...any) { c.log = append(c.log, fmt.Sprintf(format, args...)) }

func (c *chaos) wrong(format string, args ...any) {
	c.t.Helper()
	c.t.Fatalf(strings.ReplaceAll(strings.Join(c.log, "\n"), "%", "%%")+"\n"+format, args...)
}

// trouble is what the change meets.
func (c *chaos) trouble() {
	c.crashed, c.meddled = false, false
	action := troubles[c.r.IntN(len(troubles))]
	switch c.r.IntN(8) {
	case 0, 1:
		kinds := []iamsim.Fault{
			{Code: "AccessDenied"}, {Code: "Throttling"}, {Code: "ServiceFailure"}, {Code: "ConcurrentModification"},
			{Code: "ServiceFailure", After: true}, {Kind: iamsim.FaultDrop, After: true},
		}
		f := kinds[c.r.IntN(len(kinds))]
		f.Action, f.Nth, f.Count = action, 1+c.r.IntN(2), 1+c.r.IntN(8)
		c.say("fault %+v", f)
		c.fault(f)
	case 2, 3:
		late := time.Duration(1+c.r.IntN(60)) * time.Second
		c.say("%s shows %v late", action, late)
		if err := c.SetDelay(action, late); err != nil {
			c.t.Fatal(err)
		}
	case 4, 5, 6:
		n, point := c.r.IntN(4), []string{"before", "after"}[c.r.IntN(2)]
		c.say("the process dies %s call %d", point, n)
		c.p.CrashAt(n, point)
		c.crashed = true
	}
	if c.r.IntN(3) == 0 {
		c.meddleAt(1 + c.r.IntN(14))
	}
}

var troubles = []string{
	"CreateUser", "UpdateUser", "DeleteUser", "AttachUserPolicy", "DetachUserPolicy", "PutUserPolicy", "DeleteUserPolicy", "AddUserToGroup",
	"RemoveUserFromGroup", "UpdateAccessKey", "DeleteAccessKey", "UpdateSSHPublicKey", "CreateGroup", "UpdateGroup", "DeleteGroup",
	"AttachGroupPolicy", "DetachGroupPolicy", "DeactivateMFADevice", "DeleteVirtualMFADevice", "DeleteLoginProfile", "CreateLoginProfile",
	"UpdateLoginProfile", "UpdateServiceSpecificCredential", "DeleteServiceSpecificCredential", "DeleteSSHPublicKey",
	"GetUser", "GetGroup", "ListAccessKeys", "ListGroupsForUser", "ListAttachedUserPolicies", "ListMFADevices", "GetLoginProfile",
}
