package provisioner_test

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam"

	"iamscim/provisioner"
	"iamscim/provisioner/iamsim"
	"iamscim/provisioner/planner"
)

const allowDocument = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`

// TestDenyByContent: what is remembered as a deny counts as one only while it
// denies. Otherwise another is placed: no deactivation succeeds without one.
func TestDenyByContent(t *testing.T) {
	t.Parallel()
	wantDeny := func(t *testing.T, l *writeLab, id string) {
		t.Helper()
		l.must(l.update(id, planner.UserWish{Active: ptr(false)}))
		if u, _ := l.User("ann"); !slices.Contains(u.Attached, denyARN) {
			t.Errorf("deactivated, but nothing denies: %v, %+v", u.Attached, u.Inline)
		}
		l.afterWindow()
		l.settled()
	}
	edit := func(l *writeLab, grants iamsim.Grants) {
		l.EditUser("ann", func(u *iamsim.User) { u.Grants = grants })
	}
	t.Run("quarantine that was released", func(t *testing.T) {
		t.Parallel()
		l := newWriteLab(t, iamsim.Config{}, provisioner.WriteConfig{}, staff)
		id := l.id("ann")
		edit(l, iamsim.Grants{Attached: []string{denyARN, awsQuarantine}})
		l.refresh()
		if _, err := l.p.Adopt(t.Context(), admin, id); err != nil {
			t.Fatal(err)
		}
		edit(l, iamsim.Grants{Attached: []string{awsQuarantine}})
		wantDeny(t, l, id)
	})
	t.Run("inline policy that was changed", func(t *testing.T) {
		t.Parallel()
		l := newWriteLab(t, iamsim.Config{AttachLimit: 1}, provisioner.WriteConfig{}, staff)
		id := l.id("ann")
		l.must(l.update(id, planner.UserWish{Active: ptr(false)}))
		l.afterWindow()
		edit(l, iamsim.Grants{Inline: []iamsim.InlinePolicy{{Name: "iamscim-deactivated", Document: allowDocument}}})
		wantDeny(t, l, id)
	})
}

// TestReleasedDenyThatAllows: a policy that an operator released as a deny, and
// that its owner changed since, is not taken away: it is a grant by now.
func TestReleasedDenyThatAllows(t *testing.T) {
	t.Parallel()
	var arn string
	l := newWriteLab(t, iamsim.Config{}, provisioner.WriteConfig{}, func(a *iamsim.Account) {
		staff(a)
		arn = a.AddPolicy(iamsim.Policy{Name: "freeze"}, denyDocument).ARN
	})
	id := l.id("ann")
	l.EditUser("ann", func(u *iamsim.User) { u.Attached = []string{arn} })
	l.refresh()
	if _, err := l.p.Adopt(t.Context(), admin, id); err != nil {
		t.Fatal(err)
	}
	_, err := l.client().CreatePolicyVersion(t.Context(), &iam.CreatePolicyVersionInput{PolicyArn: &arn, PolicyDocument: ptr(listBuckets), SetAsDefault: true})
	if err != nil {
		t.Fatal(err)
	}
	l.refresh()
	c := l.must(l.update(id, planner.UserWish{Active: ptr(true)}))
	if u, _ := l.User("ann"); !slices.Contains(u.Attached, arn) || !c.User.Active {
		t.Errorf("attached %v, active %v, by %+v", u.Attached, c.User.Active, c.User.DisabledBy)
	}
}
