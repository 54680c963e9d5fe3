package provisioner_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"iamscim/provisioner"
	"iamscim/provisioner/iamsim"
	"iamscim/provisioner/planner"
	"iamscim/store"
)

const (
	denyARN = "arn:aws:iam::aws:policy/AWSDenyAll"
	readARN = "arn:aws:iam::aws:policy/IAMReadOnlyAccess"
)

func TestCreateUser(t *testing.T) {
	t.Parallel()
	l := newWriteLab(t, iamsim.Config{}, provisioner.WriteConfig{CreatePath: "/scim/", CreateTags: []store.Tag{{Key: "team", Value: "it"}}}, nil)
	c := l.must(l.create(planner.UserWish{
		UserName: ptr("Ann Smith"), Person: &store.Person{DisplayName: "Ann"}, Active: ptr(true), Entitlements: &[]string{readARN},
	}))
	writes, _ := l.calls()
	want := []string{"CreateUser Path=/scim/ UserName=Ann=20Smith", "AttachUserPolicy PolicyArn=" + readARN + " UserName=Ann=20Smith"}
	if diff := cmp.Diff(want, writes); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	u := c.User
	if u.ID != c.ID || u.UserName != "Ann Smith" || !u.Active || !u.Managed || u.Person.DisplayName != "Ann" || u.Path != "/scim/" {
		t.Errorf("created %+v", u)
	}
	if c.Generation.Actor != "tok" || c.Generation.ID != u.Changed {
		t.Errorf("generation is %+v, the user changed in %d", c.Generation, u.Changed)
	}
	l.afterWindow()
	l.settled()
	if _, err := l.create(planner.UserWish{UserName: ptr("ann smith")}); !errors.Is(err, store.ErrExists) {
		t.Errorf("a second user of that name: got %v", err)
	}
	if writes, _ := l.calls(); len(writes) != 0 {
		t.Errorf("a name that is shown was tried: %v", writes)
	}
}

func TestCreateInactive(t *testing.T) {
	t.Parallel()
	l := newWriteLab(t, iamsim.Config{}, provisioner.WriteConfig{Passwords: true}, nil)
	c := l.must(l.create(planner.UserWish{UserName: ptr("ann"), Active: ptr(false), Password: ptr("Secret-1234")}))
	writes, _ := l.calls()
	want := []string{"CreateUser UserName=ann", "AttachUserPolicy PolicyArn=" + denyARN + " UserName=ann"}
	if diff := cmp.Diff(want, writes); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	if c.User.Active || len(c.User.DisabledBy) != 2 || !c.User.DisabledBy[0].Ours {
		t.Errorf("active %v, disabled by %+v", c.User.Active, c.User.DisabledBy)
	}
	l.afterWindow()
	l.settled()
	c = l.must(l.update(c.ID, planner.UserWish{Active: ptr(true)}))
	writes, _ = l.calls()
	if diff := cmp.Diff([]string{"DetachUserPolicy PolicyArn=" + denyARN + " UserName=ann"}, writes); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	if !c.User.Active {
		t.Errorf("still inactive: %+v", c.User.DisabledBy)
	}
}

func staff(a *iamsim.Account) {
	a.AddUser(iamsim.User{
		Name: "ann", Path: "/staff/", Login: &iamsim.LoginProfile{Password: "Secret-1234"},
		Keys:        []iamsim.AccessKey{{ID: "AKIAACTIVE0000000000", Status: "Active"}, {ID: "AKIASLEEP00000000000", Status: "Inactive"}},
		SSHKeys:     []iamsim.SSHKey{{ID: "APKASSH0000000000001", Status: "Active"}},
		Credentials: []iamsim.ServiceCredential{{ID: "ACCASERVICE000000001", Service: "codecommit.amazonaws.com", UserName: "ann-at-1", Status: "Active"}},
		Grants:      iamsim.Grants{Attached: []string{readARN}, Inline: []iamsim.InlinePolicy{{Name: "own", Document: listBuckets}}},
		Tags:        []iamsim.Tag{{Key: "email", Value: "ann@example.com"}},
	})
	a.AddGroup(iamsim.Group{Name: "dev"})
	a.AddGroup(iamsim.Group{Name: "ops", Grants: iamsim.Grants{Attached: []string{readARN}}})
	a.Join("ann", "dev")
}

const listBuckets = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:List*","Resource":"*"}]}`

func TestDeactivate(t *testing.T) {
	t.Parallel()
	l := newWriteLab(t, iamsim.Config{}, provisioner.WriteConfig{}, staff)
	id := l.id("ann")
	c := l.must(l.update(id, planner.UserWish{Active: ptr(false)}))
	writes, reads := l.calls()
	want := []string{
		"AttachUserPolicy PolicyArn=" + denyARN + " UserName=ann",
		"UpdateAccessKey AccessKeyId=AKIAACTIVE0000000000 Status=Inactive UserName=ann",
		"UpdateSSHPublicKey SSHPublicKeyId=APKASSH0000000000001 Status=Inactive UserName=ann",
		"UpdateServiceSpecificCredential ServiceSpecificCredentialId=ACCASERVICE000000001 Status=Inactive UserName=ann",
	}
	if diff := cmp.Diff(want, writes); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	if reads["ListAccessKeys"] != 2 {
		t.Errorf("the keys were listed %d times, want before and after", reads["ListAccessKeys"])
	}
	if c.User.Active {
		t.Error("still active")
	}
	t.Run("again", func(t *testing.T) {
		l.must(l.update(id, planner.UserWish{Active: ptr(false)}))
		if writes, _ := l.calls(); len(writes) != 0 {
			t.Errorf("calls %v", writes)
		}
	})
	l.afterWindow()
	l.settled()
	t.Run("reactivate", func(t *testing.T) {
		c := l.must(l.update(id, planner.UserWish{Active: ptr(true)}))
		writes, _ := l.calls()
		want := []string{
			"UpdateAccessKey AccessKeyId=AKIAACTIVE0000000000 Status=Active UserName=ann",
			"UpdateSSHPublicKey SSHPublicKeyId=APKASSH0000000000001 Status=Active UserName=ann",
			"UpdateServiceSpecificCredential ServiceSpecificCredentialId=ACCASERVICE000000001 Status=Active UserName=ann",
			"DetachUserPolicy PolicyArn=" + denyARN + " UserName=ann",
		}
		if diff := cmp.Diff(want, writes); diff != "" {
			t.Errorf("calls (-want +got):\n%s", diff)
		}
		if !c.User.Active {
			t.Errorf("inactive: %+v", c.User.DisabledBy)
		}
		l.afterWindow()
		l.settled()
	})
}

func TestReactivateOverForeignDeny(t *testing.T) {
	t.Parallel()
	l := newWriteLab(t, iamsim.Config{}, provisioner.WriteConfig{}, staff)
	id := l.id("ann")
	attach := func(arn string) {
		l.EditUser("ann", func(u *iamsim.User) { u.Attached = append(u.Attached, arn) })
	}
	attach(denyARN)
	_, err := l.update(id, planner.UserWish{Active: ptr(true)})
	wantDenied(t, err, planner.RuleForeign)
	l.must(l.update(id, planner.UserWish{Active: ptr(false)}))
	writes, _ := l.calls()
	if len(writes) == 0 || writes[0] != "PutUserPolicy PolicyName=iamscim-deactivated UserName=ann" {
		t.Errorf("beside a foreign deny: %v", writes)
	}
	_, err = l.update(id, planner.UserWish{Active: ptr(true)})
	wantDenied(t, err, planner.RuleForeign)
	if writes, _ := l.calls(); len(writes) != 0 {
		t.Errorf("calls %v", writes)
	}
	l.EditUser("ann", func(u *iamsim.User) {
		u.Attached = []string{readARN, "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3"}
	})
	l.afterWindow()
	_, err = l.update(id, planner.UserWish{Active: ptr(true)})
	wantDenied(t, err, planner.RuleQuarantine)
}

func TestDenyWithoutRoom(t *testing.T) {
	t.Parallel()
	l := newWriteLab(t, iamsim.Config{AttachLimit: 1}, provisioner.WriteConfig{}, staff)
	id := l.id("ann")
	l.must(l.update(id, planner.UserWish{Active: ptr(false)}))
	writes, _ := l.calls()
	if writes[0] != "PutUserPolicy PolicyName=iamscim-deactivated UserName=ann" {
		t.Errorf("calls %v", writes)
	}
	l.afterWindow()
	l.settled()
	c := l.must(l.update(id, planner.UserWish{Active: ptr(true)}))
	if u, _ := l.User("ann"); len(u.Inline) != 1 || !c.User.Active {
		t.Errorf("inline policies %v, active %v", u.Inline, c.User.Active)
	}
}

func TestRename(t *testing.T) {
	t.Parallel()
	l := newWriteLab(t, iamsim.Config{}, provisioner.WriteConfig{}, staff)
	id := l.id("ann")
	c := l.must(l.update(id, planner.UserWish{UserName: ptr("ANN")}))
	if writes, _ := l.calls(); len(writes) != 0 {
		t.Errorf("only the case differs, calls %v", writes)
	}
	if got := c.User.Person.Emails; len(got) != 1 || got[0].Value != "ann@example.com" || len(c.User.AttributeSources) != 0 {
		t.Errorf("the first write did not adopt what was shown: %+v from %+v", got, c.User.AttributeSources)
	}
	c = l.must(l.update(id, planner.UserWish{UserName: ptr("Anna"), Person: &store.Person{Title: "CTO"}, Path: ptr("/board/")}))
	writes, _ := l.calls()
	if diff := cmp.Diff([]string{"UpdateUser NewPath=/board/ NewUserName=Anna UserName=ann"}, writes); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	if c.User.UserName != "Anna" || c.User.ARN != "arn:aws:iam::123456789012:user/board/Anna" || c.User.Person.Title != "CTO" {
		t.Errorf("renamed %+v", c.User)
	}
	l.afterWindow()
	l.settled()
	l.EditUser("Anna", func(u *iamsim.User) { u.Name = "Annie" })
	c = l.must(l.update(id, planner.UserWish{Entitlements: &[]string{}}))
	if c.User.Name != "Annie" || len(c.User.Attached) != 0 {
		t.Errorf("renamed behind our back: %+v", c.User)
	}
	if _, err := l.update(id, planner.UserWish{UserName: ptr("bootstrap")}); !errors.Is(err, store.ErrExists) {
		t.Errorf("a name that is taken: got %v", err)
	}
}

func TestDelete(t *testing.T) {
	t.Parallel()
	l := newWriteLab(t, iamsim.Config{}, provisioner.WriteConfig{}, staff)
	id := l.id("ann")
	l.must(l.delete(id))
	writes, _ := l.calls()
	want := []string{
		"AttachUserPolicy PolicyArn=" + denyARN + " UserName=ann",
		"UpdateAccessKey AccessKeyId=AKIAACTIVE0000000000 Status=Inactive UserName=ann",
		"UpdateSSHPublicKey SSHPublicKeyId=APKASSH0000000000001 Status=Inactive UserName=ann",
		"UpdateServiceSpecificCredential ServiceSpecificCredentialId=ACCASERVICE000000001 Status=Inactive UserName=ann",
		"DeleteLoginProfile UserName=ann",
		"DeleteAccessKey AccessKeyId=AKIAACTIVE0000000000 UserName=ann",
		"DeleteAccessKey AccessKeyId=AKIASLEEP00000000000 UserName=ann",
		"DeleteServiceSpecificCredential ServiceSpecificCredentialId=ACCASERVICE000000001 UserName=ann",
		"DeleteSSHPublicKey SSHPublicKeyId=APKASSH0000000000001 UserName=ann",
		"RemoveUserFromGroup GroupName=dev UserName=ann",
		"DeleteUserPolicy PolicyName=own UserName=ann",
		"DetachUserPolicy PolicyArn=" + readARN + " UserName=ann",
		"DetachUserPolicy PolicyArn=" + denyARN + " UserName=ann",
		"DeleteUser UserName=ann",
	}
	if diff := cmp.Diff(want, writes); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	if _, ok := l.User("ann"); ok || l.user(id) != nil {
		t.Error("the user is still there")
	}
	if _, err := l.delete(id); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("again: got %v", err)
	}
	l.settled()
}
