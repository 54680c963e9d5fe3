package main

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/smithy-go"
	"golang.org/x/sync/errgroup"

	"iamscim/provisioner/iamsim"
)

// meter says for how long at least one call has been with the account.
type meter struct {
	mu     sync.Mutex
	inside int
	since  time.Time
	total  time.Duration
	calls  int
}

func (m *meter) enter() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.inside++; m.inside == 1 {
		m.since = time.Now()
	}
	m.calls++
}

func (m *meter) leave() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.inside--; m.inside == 0 {
		m.total += time.Since(m.since)
	}
}

func (m *meter) take() (total time.Duration, calls int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	total, calls = m.total, m.calls
	m.total, m.calls = 0, 0
	return total, calls
}

// groupSizes are those that a change of one member must cost the same in.
var groupSizes = []int{10, 1000, 5000}

// newcomers are in no group at first.
const newcomers = 50

func groupOf(size int) string { return fmt.Sprintf("of%d", size) }

// crowd is an account with a group of each size.
func crowd(tb testing.TB) *world {
	tb.Helper()
	return newWorld(tb, iamsim.Config{UserLimit: 6000, ShortPages: -1}, func(a *iamsim.Account) {
		for _, size := range groupSizes {
			a.AddGroup(iamsim.Group{Name: groupOf(size)})
		}
		for i := range groupSizes[len(groupSizes)-1] {
			name := fmt.Sprintf("member%04d", i)
			a.AddUser(iamsim.User{Name: name})
			for _, size := range groupSizes {
				if i < size {
					a.Join(name, groupOf(size))
				}
			}
		}
		for i := range newcomers {
			a.AddUser(iamsim.User{Name: fmt.Sprintf("newcomer%02d", i)})
		}
	})
}

// memberChange adds or removes the first n newcomers.
func (w *world) memberChange(op string, n int) string {
	var members []string
	for i := range n {
		members = append(members, fmt.Sprintf(`{"value":%q}`, w.userID(fmt.Sprintf("newcomer%02d", i))))
	}
	return fmt.Sprintf(aPatch, fmt.Sprintf(`{"op":%q,"path":"members","value":[%s]}`, op, strings.Join(members, ",")))
}

// TestMemberCalls: the IAM calls of a change of one member are the same in a
// group of any size.
func TestMemberCalls(t *testing.T) {
	t.Parallel()
	w := crowd(t)
	body := map[string]string{"add": w.memberChange("add", 1), "remove": w.memberChange("remove", 1)}
	var want map[string]map[string]int
	for _, size := range groupSizes {
		got := map[string]map[string]int{}
		for _, op := range []string{"add", "remove"} {
			w.sim.ResetCalls()
			w.patchGroup(size, body[op])
			got[op] = w.sim.Calls()
			maps.DeleteFunc(got[op], func(action string, _ int) bool { return action == "GetCallerIdentity" || !w.ofWrites(action) })
		}
		if want == nil {
			want = got
		}
		if fmt.Sprint(got) != fmt.Sprint(want) || got["add"]["AddUserToGroup"] != 1 || got["remove"]["RemoveUserFromGroup"] != 1 {
			t.Errorf("a group of %d: %v, of %d: %v", size, got, groupSizes[0], want)
		}
	}
}

// ofWrites leaves out what is read in the background.
func (w *world) ofWrites(action string) bool {
	return !slices.Contains([]string{"ListAccessKeys", "ListSSHPublicKeys", "ListSigningCertificates", "ListServiceSpecificCredentials", "ListMFADevices", "GetAccessKeyLastUsed"}, action)
}

// patchGroup changes a group and says how long that took. It waits where the
// gateway asks it to, which does not count.
func (w *world) patchGroup(size int, body string) (took time.Duration) {
	w.t.Helper()
	path := w.server.base + "/Groups/" + w.groupID(groupOf(size))
	until(w.t, "the group is changed", func() error {
		begin := time.Now()
		status, text, err := w.ask("PATCH", path, body, nil)
		took = time.Since(begin)
		switch {
		case status == http.StatusTooManyRequests:
			time.Sleep(time.Second)
			return errors.New(string(text))
		case err != nil || status != http.StatusOK && status != http.StatusNoContent:
			w.t.Fatalf("status %d, %v: %.300s", status, err, text)
		}
		return nil
	})
	return took
}

// BenchmarkMemberPatch: the time of a change of one member in a large group over
// that in a small one.
func BenchmarkMemberPatch(b *testing.B) {
	w := crowd(b)
	add, remove := w.memberChange("add", 1), w.memberChange("remove", 1)
	took := map[int][]time.Duration{}
	for b.Loop() {
		for _, size := range groupSizes {
			took[size] = append(took[size], w.patchGroup(size, add)+w.patchGroup(size, remove))
		}
	}
	for _, size := range groupSizes[1:] {
		b.ReportMetric(float64(median(took[size]))/float64(median(took[groupSizes[0]])), fmt.Sprintf("x-%d", size))
	}
	b.ReportMetric(0, "ns/op")
}

// BenchmarkManyMembers: fifty members join a group of 5,000, and leave it. What
// is reported besides the whole time is the part in which no call was with IAM,
// most of which is the SDK's, and how long the SDK alone takes for the same calls
// in the same order. What the gateway itself takes is a benchmark of provisioner.
func BenchmarkManyMembers(b *testing.B) {
	w := crowd(b)
	w.awaitQuiet()
	add, remove := w.memberChange("add", newcomers), w.memberChange("remove", newcomers)
	var took, outside, alone []time.Duration
	calls := 0
	for b.Loop() {
		for _, op := range []string{"add", "remove"} {
			body := map[string]string{"add": add, "remove": remove}[op]
			w.meter.take()
			t := w.patchGroup(5000, body)
			inside, n := w.meter.take()
			took, outside, calls = append(took, t), append(outside, t-inside), n
			alone = append(alone, w.sameCalls(b, op, 5000))
		}
	}
	milliseconds := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	b.ReportMetric(milliseconds(median(took)), "ms")
	b.ReportMetric(milliseconds(median(outside)), "ms-outside-IAM")
	b.ReportMetric(milliseconds(median(alone)), "ms-SDK-alone")
	b.ReportMetric(float64(calls), "calls")
	b.ReportMetric(0, "ns/op")
}

// awaitQuiet waits until what is read in the background has been read.
func (w *world) awaitQuiet() {
	w.t.Helper()
	until(w.t, "nothing is read in the background", func() error {
		w.meter.take()
		time.Sleep(time.Second)
		if _, n := w.meter.take(); n > 0 {
			return fmt.Errorf("%d calls in a second", n)
		}
		return nil
	})
}

// sameCalls makes the calls of such a change with the SDK and nothing else: the
// reads six at a time, the writes one by one.
func (w *world) sameCalls(b *testing.B, op string, size int) time.Duration {
	b.Helper()
	ctx, group, client := b.Context(), aws.String(groupOf(size)), w.sdk()
	call := func(_ any, err error) error { return err }
	begin := time.Now()
	err := call(client.GetGroup(ctx, &iam.GetGroupInput{GroupName: group, MaxItems: aws.Int32(1)}))
	var reads errgroup.Group
	reads.SetLimit(6)
	for i := range newcomers {
		name := aws.String(fmt.Sprintf("newcomer%02d", i))
		reads.Go(func() error {
			return errors.Join(call(client.GetUser(ctx, &iam.GetUserInput{UserName: name})), call(client.ListGroupsForUser(ctx, &iam.ListGroupsForUserInput{UserName: name})))
		})
	}
	err = errors.Join(err, reads.Wait(), call(client.ListAttachedGroupPolicies(ctx, &iam.ListAttachedGroupPoliciesInput{GroupName: group})),
		call(client.ListGroupPolicies(ctx, &iam.ListGroupPoliciesInput{GroupName: group})))
	for i := range newcomers {
		name := aws.String(fmt.Sprintf("newcomer%02d", i))
		if op == "add" {
			err = errors.Join(err, call(client.AddUserToGroup(ctx, &iam.AddUserToGroupInput{UserName: name, GroupName: group})))
		} else if e := call(client.RemoveUserFromGroup(ctx, &iam.RemoveUserFromGroupInput{UserName: name, GroupName: group})); notMember(e) != nil {
			err = errors.Join(err, e)
		}
	}
	if err != nil {
		b.Fatal(err)
	}
	return time.Since(begin)
}

// notMember excuses the removal of somebody who is no member any more.
func notMember(err error) error {
	if api, ok := errors.AsType[smithy.APIError](err); ok && api.ErrorCode() == "NoSuchEntity" {
		return nil
	}
	return err
}

func median(list []time.Duration) time.Duration {
	return slices.Sorted(slices.Values(list))[len(list)/2]
}
