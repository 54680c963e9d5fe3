package scim

import (
	"context"
	"net/http"

	"iamscim/scim/patch"
	"iamscim/store"
)

// askBrake asks the brake once for all people who would lose access, so that a
// Bulk that goes too far is refused before its first call. An operation alone
// asks for itself, and so does one of many that takes access from one person
// only: the brake may have a place for that. What an operation would do is only
// planned here, without what is still to be created; what is wrong with it, it
// says when it is made.
func (b *bulkRequest) askBrake(ctx context.Context) error {
	if len(b.operations) < 2 {
		return nil
	}
	var people []string
	cutting := 0
	for _, o := range b.operations {
		c, err := b.changeOf(o)
		if err != nil || !c.mayCut() {
			continue
		}
		cutting++
		c.options.DryRun, c.options.Unbraked = true, true
		if made, _, err := c.make(ctx); err == nil {
			people = append(people, made.Plan.Losing...)
		}
	}
	if len(people) == 0 || cutting == 1 && len(people) == 1 {
		return nil
	}
	return b.template.account.Provisioner.AskBrake(ctx, b.template.actor(ctx), people)
}

// mayCut reports whether somebody may lose access by the change, judged by what
// it speaks of: planning it costs a look at IAM.
func (c *change) mayCut() bool {
	switch c.method {
	case http.MethodDelete:
		return true
	case http.MethodPut:
		t, err := c.representation()
		return err == nil && c.cuts(in(t))
	case http.MethodPatch:
		r, err := patch.Parse(c.body, c.schema())
		return err == nil && (c.cuts(r.Touches) || r.Members.Replaced || len(r.Members.Removed) > 0)
	}
	return false
}

func (c *change) cuts(said said) bool {
	if c.res.kind == store.KindGroup {
		return said("", "members") || said(awsGroupURN, "attachedPolicies")
	}
	return said("", "active") || said("", "entitlements") || said("", "groups")
}
