package observer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"iamscim/provisioner/awsapi"
	"iamscim/store"
)

// Facts is what AWS said, before anything is made of it. A nil map or pointer
// is a source that did not answer.
type Facts struct {
	Started time.Time

	users    []iamtypes.UserDetail
	groups   []iamtypes.GroupDetail
	roles    []iamtypes.RoleDetail
	policies []iamtypes.ManagedPolicyDetail // customer managed
	listed   map[string]iamtypes.User       // by UserId; password last used

	Report      *CredentialReport
	roleExtras  map[string]iamtypes.Role // by RoleId; description, session length
	virtualMFA  map[string][]store.MFADevice
	serviceKeys map[string][]store.ServiceCredential // by user name
	awsPolicies map[string]iamtypes.Policy           // by ARN
	Documents   map[string]string                    // of AWS managed policies, by ARN
	summary     map[string]int64
	alias       string

	sources map[string]store.Source // by API action

	NewReport    []byte // as it came, if it is not the one known
	NewDocuments []PolicyVersion
}

// PolicyVersion is one version of a managed policy; it never changes.
type PolicyVersion struct{ ARN, Version, Text string }

// Progress is one sign of life of a refresh.
type Progress struct {
	Action string // the API action being read, or "store"
	Done   int    // items so far, if they are counted
}

// Observer makes one observation.
type Observer struct {
	IAM   *iam.Client
	Log   *slog.Logger
	Now   func() time.Time
	Prior *Prior
	Memo  *Memo
	Tell  func(Progress)
	facts *Facts

	Grantable []string
	PollFirst time.Duration // for the credential report; doubles
	PollFor   time.Duration
}

// Memo outlives an observation, and is lost with the process.
type Memo struct {
	Report   *CredentialReport
	deficits map[string]int64 // what GetAccountSummary counts and nobody lists
}

// Observe reads the whole account. It fails if anything mandatory cannot be
// read completely; whatever else fails is in facts.sources.
//
// IAM actions: those of Permissions.
func (o *Observer) Observe(ctx context.Context) (*Facts, error) {
	o.facts = &Facts{Started: o.Now(), sources: o.Prior.sources()}
	o.optional(ctx, "GenerateCredentialReport", o.generateReport)
	o.optional(ctx, "GetAccountSummary", o.readSummary)
	if err := o.readAccount(ctx); err != nil {
		return nil, awsapi.DiagnoseRead(err)
	}
	o.optional(ctx, "ListRoles", o.readRoleExtras)
	o.optional(ctx, "ListVirtualMFADevices", o.readVirtualMFA)
	o.optional(ctx, "ListServiceSpecificCredentials", o.readServiceCredentials)
	o.optional(ctx, "ListPolicies", o.readAWSPolicies)
	o.optional(ctx, "GetPolicyVersion", o.readDocuments)
	o.optional(ctx, "ListAccountAliases", o.readAlias)
	o.optional(ctx, "GetCredentialReport", o.readReport)
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("observe: %w", context.Cause(ctx))
	}
	return o.facts, nil
}

// errNotAsked is returned by an optional source that had no need to ask.
var errNotAsked = errors.New("not asked")

// optional runs a source whose failure costs only its own attributes.
func (o *Observer) optional(ctx context.Context, action string, read func(context.Context) error) {
	if ctx.Err() != nil {
		return
	}
	o.Tell(Progress{Action: action})
	err := read(ctx)
	if errors.Is(err, errNotAsked) {
		return
	}
	s := o.facts.sources[action]
	if err == nil {
		s = store.Source{At: o.Now()}
	} else {
		level := slog.LevelDebug // it is known to fail, and Health says so
		if s.Err == "" {
			level = slog.LevelWarn
		}
		o.Log.Log(ctx, level, "an optional source did not answer", "action", action, "err", err)
		s.Err = err.Error()
	}
	o.facts.sources[action] = s
}

// brief keeps a source that is missing altogether, as in services that only
// resemble AWS, from being retried for a minute.
func brief(opts *iam.Options) { opts.RetryMaxAttempts = 3 }
