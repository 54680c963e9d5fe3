package provisioner

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"iamscim/provisioner/policy"
	"iamscim/store"
)

// denyInline is the inline policy that stands in for AWSDenyAll where a user
// has no attachment left.
const denyInline = "iamscim-deactivated"

// denyDocument is the inline stand-in for AWSDenyAll.
const denyDocument = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}`

// planDeactivate cuts a user off: the deny first, because it ends everything at
// once, then every credential. It only rolls forward. An empty plan means that
// nothing is missing. Where IAM shows something else than what we wrote, either may
// be true: it may not show that yet, or whoever is being cut off has undone it. So
// only a deny that is in both counts, and a credential that is active in one is
// made inactive; doing it twice is harmless.
func (pl *planner) planDeactivate(now userNow) *Plan {
	u := &userPlan{planner: pl, now: now.user, at: targetOf(now.user), full: now.full}
	if now.read != nil {
		u.now = now.read
	}
	u.plan = &Plan{Kind: kindDeactivate, Direction: Forward, Object: store.Ref{Kind: store.KindUser, ID: now.user.ID}, Name: now.user.Name}
	stripped := false
	if !now.denied() {
		deny, ok := u.deny()
		u.plan.after.deny = deny
		if !ok {
			stripped = true
			u.plan.note("no deny could be placed: the user has neither an attachment nor room for an inline policy left")
		}
	}
	for _, c := range now.activeCredentials() {
		u.plan.add(u.at.setStatus(c, statusInactive))
		u.plan.after.taken = append(u.plan.after.taken, store.RememberedCredential{Kind: c.kind, ID: c.id})
	}
	if (pl.Strict || stripped) && now.mayUseConsole() {
		u.plan.add(u.at.step("DeleteLoginProfile").destroying())
	}
	u.plan.after.inactive = now.record == nil || len(u.plan.after.taken) > 0 || u.plan.after.deny != ""
	return u.plan
}

// hasDeny reports whether a deny of ours is in place. It goes by the content:
// what is remembered may be a quarantine that an operator released, or a policy
// that somebody changed.
func hasDeny(u *store.User, record *store.Deactivation) bool {
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
	if !foreign && !u.full.attached && len(u.now.Attached) < u.quota("AttachedPoliciesPerUserQuota") {
		u.plan.add(u.at.attach(arn))
		return arn, true
	}
	if !u.full.inline && !u.noInline && u.roomInline() {
		u.plan.add(u.at.putInline(denyInline, denyDocument))
		return denyInline, true
	}
	return "", false
}

// roomInline: the quota counts characters without white space, over all inline
// policies (IAM User Guide, IAM and AWS STS quotas).
func (u *userPlan) roomInline() bool {
	n := len(denyDocument)
	for _, p := range u.now.Inline {
		if p.Name == denyInline {
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
	for _, c := range credentialsOf(u.now) {
		remembered := slices.Contains(record.Credentials, store.RememberedCredential{Kind: c.kind, ID: c.id})
		if remembered && c.status == statusInactive {
			u.plan.add(u.at.setStatus(c, statusActive))
		}
	}
	for _, deny := range record.Denies {
		if policy.IsQuarantine(deny) {
			continue // it is AWS that takes it away
		}
		if slices.ContainsFunc(u.now.Attached, func(p store.PolicyRef) bool { return p.ARN == deny && p.Deny }) {
			u.plan.add(u.at.detach(deny))
		}
		for _, p := range u.now.Inline {
			if p.Name == deny && (deny == denyInline || policy.DeniesAll(p.Document)) {
				u.plan.add(u.at.deleteInline(p))
			}
		}
	}
	u.plan.after.forget = true
	return nil
}

// planDeleteUser removes a user with everything AWS wants gone first (IAM API
// Reference, DeleteUser), in an order that is safe wherever it stops: frozen
// first, the second factor only after the password, the deny last. What either we
// know of or IAM shows is removed.
func (pl *planner) planDeleteUser(now userNow) *Plan {
	now.user = now.whole()
	u := &userPlan{planner: pl, now: now.user, at: targetOf(now.user), full: now.full}
	u.plan = &Plan{Kind: kindDeleteUser, Direction: Forward, Object: store.Ref{Kind: store.KindUser, ID: now.user.ID}, Name: now.user.Name}
	u.plan.after.forgotten = true
	frozen := *now.user
	if !slices.ContainsFunc(now.user.DisabledBy, func(d store.Deny) bool { return d.Type == "attachedPolicy" || d.Type == "inlinePolicy" }) {
		u.freeze(&frozen)
	}
	held := credentialsOf(now.user)
	for _, c := range held {
		if c.status == statusActive {
			u.plan.add(u.at.setStatus(c, statusInactive))
		}
	}
	if on := now.user.ConsoleAccess; on != nil && *on {
		u.plan.add(u.at.step("DeleteLoginProfile").destroying())
	}
	for _, kind := range []string{"accessKey", "serviceCredential", "sshPublicKey", "certificate"} {
		for _, c := range held {
			if c.kind == kind {
				u.plan.add(u.at.removeCredential(c))
			}
		}
	}
	for _, d := range now.user.MFADevices {
		u.plan.add(u.at.step("DeactivateMFADevice").with("device", d.SerialNumber).destroying())
		// An orphan would keep anybody from making a device of that name again.
		if strings.Contains(d.SerialNumber, ":mfa/") {
			u.plan.add(Step{Action: "DeleteVirtualMFADevice", UserID: u.at.id}.with("device", d.SerialNumber).
				needing("DeleteVirtualMFADevice", d.SerialNumber).destroying())
		}
	}
	for _, id := range now.user.Groups {
		if g := pl.groups[id]; g != nil {
			u.plan.add(u.at.leave(g))
		}
	}
	u.strip(&frozen)
	u.plan.add(u.at.step("DeleteUser").destroying())
	return u.plan
}

// freeze places a deny and notes it in frozen.
func (u *userPlan) freeze(frozen *store.User) {
	switch deny, _ := u.deny(); deny {
	case "":
	case denyInline:
		frozen.Inline = append(slices.Clone(frozen.Inline), store.InlinePolicy{Name: denyInline, Document: denyDocument})
	default:
		frozen.Attached = append(slices.Clone(frozen.Attached), store.PolicyRef{ARN: deny, Deny: true})
	}
}

// strip removes policies, those that deny last.
func (u *userPlan) strip(frozen *store.User) {
	denies := func(p store.InlinePolicy) bool {
		return p.Name == denyInline || slices.ContainsFunc(u.now.DisabledBy, func(d store.Deny) bool { return d.Type == "inlinePolicy" && d.Value == p.Name })
	}
	for _, last := range []bool{false, true} {
		for _, p := range frozen.Inline {
			if denies(p) == last {
				u.plan.add(u.at.deleteInline(p).destroying())
			}
		}
		for _, p := range frozen.Attached {
			if p.Deny == last {
				u.plan.add(u.at.detach(p.ARN).destroying())
			}
		}
	}
}
