package planner

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"iamscim/provisioner/policy"
	"iamscim/store"
)

// DenyInlineName is the inline policy that stands in for AWSDenyAll where a user
// has no attachment left.
const DenyInlineName = "iamscim-deactivated"

// denyDocument is the inline stand-in for AWSDenyAll.
const denyDocument = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}`

// Deactivate cuts a user off: the deny first, because it ends everything at
// once, then every credential. It only rolls forward. An empty plan means that
// nothing is missing. Where IAM shows something else than what we wrote, either may
// be true: it may not show that yet, or whoever is being cut off has undone it. So
// only a deny that is in both counts, and a credential that is active in one is
// made inactive; doing it twice is harmless.
func (pl *Planner) Deactivate(now UserNow) *Plan {
	u := &userPlan{Planner: pl, now: now.User, at: targetOf(now.User), full: now.Full}
	if now.Read != nil {
		u.now = now.Read
	}
	u.plan = &Plan{Kind: KindDeactivate, Direction: Forward, Object: store.Ref{Kind: store.KindUser, ID: now.User.ID}, Name: now.User.Name}
	stripped := false
	if !now.denied() {
		deny, ok := u.deny()
		u.plan.After.Deny = deny
		if !ok {
			stripped = true
			u.plan.Note("no deny could be placed: the user has neither an attachment nor room for an inline policy left")
		}
	}
	for _, c := range now.activeCredentials() {
		u.plan.Add(u.at.setStatus(c, StatusInactive))
		u.plan.After.Taken = append(u.plan.After.Taken, store.RememberedCredential{Kind: c.Kind, ID: c.ID})
	}
	if (pl.Strict || stripped) && now.mayUseConsole() {
		u.plan.Add(u.at.step("DeleteLoginProfile").destroying())
	}
	u.plan.After.Inactive = now.Record == nil || len(u.plan.After.Taken) > 0 || u.plan.After.Deny != ""
	return u.plan
}

// HasDeny reports whether a deny of ours is in place. It goes by the content:
// what is remembered may be a quarantine that an operator released, or a policy
// that somebody changed.
func HasDeny(u *store.User, record *store.Deactivation) bool {
	if record == nil {
		return false
	}
	for _, d := range record.Denies {
		if slices.ContainsFunc(u.Attached, func(p store.PolicyRef) bool { return p.ARN == d && p.Deny }) ||
			slices.ContainsFunc(u.Inline, func(p store.InlinePolicy) bool { return p.Name == d && policy.DeniesAll(p.Document) }) {
			return true
		}
	}
	return false
}

// deny plans our own deny. One that somebody else attached is not ours to
// remove later, so ours goes beside it.
func (u *userPlan) deny() (placed string, ok bool) {
	arn := u.denyAll()
	foreign := slices.ContainsFunc(u.now.Attached, func(p store.PolicyRef) bool { return p.ARN == arn })
	if !foreign && !u.full.Attached && len(u.now.Attached) < u.quota("AttachedPoliciesPerUserQuota") {
		u.plan.Add(u.at.attach(arn))
		return arn, true
	}
	if !u.full.Inline && !u.NoInline && u.roomInline() {
		u.plan.Add(u.at.putInline(DenyInlineName, denyDocument))
		return DenyInlineName, true
	}
	return "", false
}

// roomInline: the quota counts characters without white space, over all inline
// policies (IAM User Guide, IAM and AWS STS quotas).
func (u *userPlan) roomInline() bool {
	n := len(denyDocument)
	for _, p := range u.now.Inline {
		if p.Name == DenyInlineName {
			continue // it is replaced
		}
		for _, r := range p.Document {
			if !unicode.IsSpace(r) {
				n++
			}
		}
	}
	return n <= u.quota("UserPolicySizeQuota")
}

// reactivate gives back exactly what was taken, and takes our own deny away
// last. Over a deny that is not ours, nothing is done.
func (u *userPlan) reactivate(record *store.Deactivation) error {
	for _, p := range u.now.Attached {
		released := record != nil && slices.Contains(record.Denies, p.ARN) // by an adoption
		if p.Quarantine && !released {
			return &DeniedError{Rule: RuleQuarantine, Reason: fmt.Sprintf("AWS quarantined a leaked key of this user (%s)", p.Name)}
		}
	}
	for _, d := range u.now.DisabledBy {
		if !d.Ours {
			return &DeniedError{Rule: RuleForeign, Reason: fmt.Sprintf("the user is denied everything by %s, which this server did not place", d.Value)}
		}
	}
	if record == nil {
		return nil
	}
	for _, c := range CredentialsOf(u.now) {
		remembered := slices.Contains(record.Credentials, store.RememberedCredential{Kind: c.Kind, ID: c.ID})
		if remembered && c.Status == StatusInactive {
			u.plan.Add(u.at.setStatus(c, StatusActive))
		}
	}
	for _, deny := range record.Denies {
		if policy.IsQuarantine(deny) {
			continue // it is AWS that takes it away
		}
		if slices.ContainsFunc(u.now.Attached, func(p store.PolicyRef) bool { return p.ARN == deny && p.Deny }) {
			u.plan.Add(u.at.detach(deny))
		}
		for _, p := range u.now.Inline {
			if p.Name == deny && (deny == DenyInlineName || policy.DeniesAll(p.Document)) {
				u.plan.Add(u.at.deleteInline(p))
			}
		}
	}
	u.plan.After.Forget = true
	return nil
}

// DeleteUser removes a user with everything AWS wants gone first (IAM API
// Reference, DeleteUser), in an order that is safe wherever it stops: frozen
// first, the second factor only after the password, the deny last. What either we
// know of or IAM shows is removed.
func (pl *Planner) DeleteUser(now UserNow) *Plan {
	now.User = now.Whole()
	u := &userPlan{Planner: pl, now: now.User, at: targetOf(now.User), full: now.Full}
	u.plan = &Plan{Kind: KindDeleteUser, Direction: Forward, Object: store.Ref{Kind: store.KindUser, ID: now.User.ID}, Name: now.User.Name}
	u.plan.After.Forgotten = true
	frozen := *now.User
	if !slices.ContainsFunc(now.User.DisabledBy, func(d store.Deny) bool { return d.Type == "attachedPolicy" || d.Type == "inlinePolicy" }) {
		u.freeze(&frozen)
	}
	held := CredentialsOf(now.User)
	for _, c := range held {
		if c.Status == StatusActive {
			u.plan.Add(u.at.setStatus(c, StatusInactive))
		}
	}
	if on := now.User.ConsoleAccess; on != nil && *on {
		u.plan.Add(u.at.step("DeleteLoginProfile").destroying())
	}
	for _, kind := range []string{"accessKey", "serviceCredential", "sshPublicKey", "certificate"} {
		for _, c := range held {
			if c.Kind == kind {
				u.plan.Add(u.at.removeCredential(c))
			}
		}
	}
	for _, d := range now.User.MFADevices {
		u.plan.Add(u.at.step("DeactivateMFADevice").with("device", d.SerialNumber).destroying())
		// An orphan would keep anybody from making a device of that name again.
		if strings.Contains(d.SerialNumber, ":mfa/") {
			u.plan.Add(Step{Action: "DeleteVirtualMFADevice", UserID: u.at.id}.with("device", d.SerialNumber).
				needing("DeleteVirtualMFADevice", d.SerialNumber).destroying())
		}
	}
	for _, id := range now.User.Groups {
		if g := pl.Groups[id]; g != nil {
			u.plan.Add(u.at.leave(g))
		}
	}
	u.strip(&frozen)
	u.plan.Add(u.at.step("DeleteUser").destroying())
	return u.plan
}

// freeze places a deny and notes it in frozen.
func (u *userPlan) freeze(frozen *store.User) {
	switch deny, _ := u.deny(); deny {
	case "":
	case DenyInlineName:
		frozen.Inline = append(slices.Clone(frozen.Inline), store.InlinePolicy{Name: DenyInlineName, Document: denyDocument})
	default:
		frozen.Attached = append(slices.Clone(frozen.Attached), store.PolicyRef{ARN: deny, Deny: true})
	}
}

// strip removes policies, those that deny last.
func (u *userPlan) strip(frozen *store.User) {
	denies := func(p store.InlinePolicy) bool {
		return p.Name == DenyInlineName || slices.ContainsFunc(u.now.DisabledBy, func(d store.Deny) bool { return d.Type == "inlinePolicy" && d.Value == p.Name })
	}
	for _, last := range []bool{false, true} {
		for _, p := range frozen.Inline {
			if denies(p) == last {
				u.plan.Add(u.at.deleteInline(p).destroying())
			}
		}
		for _, p := range frozen.Attached {
			if p.Deny == last {
				u.plan.Add(u.at.detach(p.ARN).destroying())
			}
		}
	}
}
