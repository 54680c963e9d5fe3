package observer

import (
	"cmp"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"iamscim/provisioner/policy"
	"iamscim/store"
)

// DecodeDocument undoes the percent-encoding in which IAM ships documents
// (RFC 3986, so a plus sign is a plus sign). Compatible services that send
// JSON as it is are understood too.
func DecodeDocument(encoded *string) (string, error) {
	text := strings.TrimSpace(aws.ToString(encoded))
	if strings.HasPrefix(text, "{") {
		return text, nil
	}
	return url.PathUnescape(text)
}

// Parse reads a document once, however many hold it.
func (c *Composer) Parse(text string) (*policy.Document, error) {
	if doc, ok := c.documents[text]; ok && doc != nil {
		return doc, nil
	}
	doc, err := policy.Parse(text)
	c.documents[text] = doc
	return doc, err
}

// document returns a document that was parsed before; nil if it is unreadable.
func (c *Composer) document(text string) *policy.Document { return c.documents[text] }

// composePolicies takes the customer's policies from the details, and those of
// AWS from the listing or, where that failed, from the last generation.
func (c *Composer) composePolicies() {
	// c.policies points into the list, which therefore must not move.
	c.obs.Policies = make([]store.Policy, 0, len(c.Facts.policies)+len(c.Facts.awsPolicies)+len(c.Prior.policies))
	for i := range c.Facts.policies {
		c.addPolicy(c.localPolicy(&c.Facts.policies[i]))
	}
	if c.Facts.awsPolicies == nil {
		for _, arn := range slices.Sorted(maps.Keys(c.Prior.policies)) {
			if policy.AWSManaged(arn) {
				c.addPolicy(*c.Prior.policies[arn])
			}
		}
		return
	}
	for _, arn := range slices.Sorted(maps.Keys(c.Facts.awsPolicies)) {
		c.addPolicy(c.AWSPolicy(c.Facts.awsPolicies[arn]))
	}
}

func (c *Composer) localPolicy(d *iamtypes.ManagedPolicyDetail) store.Policy {
	p := store.Policy{
		ID: aws.ToString(d.PolicyId), ARN: aws.ToString(d.Arn), Name: aws.ToString(d.PolicyName), Path: aws.ToString(d.Path),
		Created: UTC(d.CreateDate), Updated: UTC(d.UpdateDate), Default: aws.ToString(d.DefaultVersionId),
		Description: aws.ToString(d.Description), Attachable: d.IsAttachable, Attachments: int64(aws.ToInt32(d.AttachmentCount)),
	}
	for _, v := range d.PolicyVersionList {
		if aws.ToString(v.VersionId) != p.Default {
			continue
		}
		text, err := DecodeDocument(v.Document)
		if err != nil {
			c.flag(store.KindPolicy, p.ID, p.Name, "its document cannot be decoded: %v", err)
		}
		p.Document = text
	}
	return p
}

// AWSPolicy makes a policy of what AWS lists of one that it maintains itself.
func (c *Composer) AWSPolicy(d iamtypes.Policy) store.Policy {
	arn := aws.ToString(d.Arn)
	p := store.Policy{
		ID: aws.ToString(d.PolicyId), ARN: arn, Name: aws.ToString(d.PolicyName), Path: aws.ToString(d.Path),
		Created: UTC(d.CreateDate), Updated: UTC(d.UpdateDate), Default: aws.ToString(d.DefaultVersionId),
		Description: aws.ToString(d.Description), Attachable: d.IsAttachable, Attachments: int64(aws.ToInt32(d.AttachmentCount)),
		Document: c.Facts.Documents[arn], AWSManaged: true,
	}
	if prev := c.Prior.policies[arn]; p.Document == "" && prev != nil && prev.Default == p.Default {
		p.Document = prev.Document
	}
	return p
}

// addPolicy judges a policy by its document, and by its name only where AWS
// keeps the name and the document could not be read.
func (c *Composer) addPolicy(p store.Policy) {
	if p.ID == "" || p.ARN == "" {
		c.flag(store.KindPolicy, p.ID, p.Name, "it has no id or no ARN and is left out")
		return
	}
	p.Grantable = policy.MatchesAny(c.Grantable, p.ARN)
	p.Deny = policy.IsDenyAll(p.ARN)
	if p.Document != "" {
		doc, err := c.Parse(p.Document)
		if err != nil {
			c.flag(store.KindPolicy, p.ID, p.Name, "its document cannot be read: %v", err)
		} else {
			p.Deny = doc.DeniesEverything()
		}
	}
	c.obs.Policies = append(c.obs.Policies, p)
	c.Policies[p.ARN] = &c.obs.Policies[len(c.obs.Policies)-1]
}

// Attached describes attachments, sorted so that IAM's order makes no difference.
func (c *Composer) Attached(list []iamtypes.AttachedPolicy) []store.PolicyRef {
	var refs []store.PolicyRef
	for _, a := range list {
		arn := aws.ToString(a.PolicyArn)
		ref := store.PolicyRef{ARN: arn, Name: aws.ToString(a.PolicyName), Deny: policy.IsDenyAll(arn), Quarantine: policy.IsQuarantine(arn)}
		if p := c.Policies[arn]; p != nil {
			ref.ID, ref.Deny = p.ID, p.Deny
		}
		refs = append(refs, ref)
	}
	slices.SortFunc(refs, func(a, b store.PolicyRef) int { return cmp.Compare(a.ARN, b.ARN) })
	return refs
}

// Inline decodes inline policies; one that cannot be decoded keeps its name.
func (c *Composer) Inline(kind store.Kind, id, name string, list []iamtypes.PolicyDetail) []store.InlinePolicy {
	var out []store.InlinePolicy
	for _, d := range list {
		p := store.InlinePolicy{Name: aws.ToString(d.PolicyName)}
		text, err := DecodeDocument(d.PolicyDocument)
		if err == nil {
			p.Document = text
			_, err = c.Parse(text)
		}
		if err != nil {
			c.flag(kind, id, name, "inline policy %q cannot be read: %v", p.Name, err)
		}
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b store.InlinePolicy) int { return cmp.Compare(a.Name, b.Name) })
	return out
}
