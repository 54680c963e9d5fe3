package iamsim

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"iamscim/provisioner/policy"
)

// Last accessed information:
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_GenerateServiceLastAccessedDetails.html

func accessAdvisorOperations() []operation {
	return []operation{
		{name: "GenerateServiceLastAccessedDetails", needs: "Arn", takes: "Granularity", authorise: onARN, handle: generateLastAccessed},
		{name: "GetServiceLastAccessedDetails", needs: "JobId", takes: "Marker MaxItems", authorise: onAny, handle: getLastAccessed},
	}
}

const actionLevel = "ACTION_LEVEL"

// accessJob is one report; the first look at it finds it in progress.
type accessJob struct {
	granularity string
	created     time.Time
	asked       bool
	services    []serviceAccess
}

// serviceAccess is what one service's row says.
type serviceAccess struct {
	namespace string
	last      use
	entities  int // how many users and roles ever used the service
	actions   []actionAccess
}

type actionAccess struct {
	name string
	last use
}

func onARN(c *call) []need { return []need{{action: c.action(), resource: c.get("Arn")}} }

func generateLastAccessed(c *call) (fields, error) {
	who, err := c.advised(c.get("Arn"))
	if err != nil {
		return nil, err
	}
	job := &accessJob{granularity: cmp.Or(c.get("Granularity"), "SERVICE_LEVEL"), created: c.at}
	granted := grantedServices(who.documents)
	for _, namespace := range slices.Sorted(maps.Keys(granted)) {
		row := serviceAccess{namespace: namespace}
		row.last, row.entities = who.uses(func(action string) bool { return strings.HasPrefix(action, namespace+":") })
		if job.granularity == actionLevel {
			row.actions = c.trackedActions(who, namespace, granted[namespace])
		}
		job.services = append(job.services, row)
	}
	id := c.newUUID()
	c.jobs[id] = job
	return fields{{"JobId", id}}, nil
}

// advisedServices stands for "every service" when a policy allows all actions.
var advisedServices = []string{"cloudwatch", "dynamodb", "ec2", "iam", "kms", "lambda", "logs", "s3", "sqs", "sts"}

// grantedServices collects the services that Allow statements name, with the
// patterns of their actions in lower case.
func grantedServices(docs []*policy.Document) map[string][]string {
	out := map[string][]string{}
	for _, d := range docs {
		for _, s := range d.Statements {
			if s.Effect == policy.Allow {
				noteActions(out, s.Actions)
			}
		}
	}
	return out
}

func noteActions(out map[string][]string, actions []string) {
	for _, action := range actions {
		service, name, _ := strings.Cut(strings.ToLower(action), ":")
		services := []string{service}
		if service == "*" {
			services, name = advisedServices, "*"
		}
		for _, s := range services {
			out[s] = append(out[s], name)
		}
	}
}

// trackedActions lists the granted actions of a service that this account
// tracks: its own, and of other services those a policy names without a wildcard.
func (c *call) trackedActions(w advisee, namespace string, patterns []string) []actionAccess {
	names := map[string]bool{}
	for name, op := range c.known {
		if op.service == namespace && slices.ContainsFunc(patterns, func(p string) bool { return policy.Wildcard(p, strings.ToLower(name)) }) {
			names[name] = true
		}
	}
	for _, p := range c.literalActions(w, namespace) {
		names[p] = true
	}
	var out []actionAccess
	for _, name := range slices.Sorted(maps.Keys(names)) {
		last, _ := w.uses(func(action string) bool { return action == namespace+":"+name })
		out = append(out, actionAccess{name, last})
	}
	return out
}

func getLastAccessed(c *call) (fields, error) {
	job := c.jobs[c.get("JobId")]
	if job == nil {
		return nil, refuse("NoSuchEntity", "The job with id %s cannot be found.", c.get("JobId"))
	}
	head := fields{{"JobCreationDate", job.created}, {"JobType", job.granularity}}
	if !job.asked {
		job.asked = true
		return append(head, field{"JobStatus", "IN_PROGRESS"}, field{"IsTruncated", false}), nil
	}
	page, err := c.listPage("ServicesLastAccessed", inOrder(job.services, job.serviceFields))
	if err != nil {
		return nil, err
	}
	head = append(head, field{"JobStatus", "COMPLETED"}, field{"JobCompletionDate", job.created})
	return append(head, page...), nil
}

func (j *accessJob) serviceFields(s serviceAccess) fields {
	out := fields{
		{"ServiceName", strings.ToUpper(s.namespace)}, {"ServiceNamespace", s.namespace},
		{"LastAuthenticated", s.last.at}, {"LastAuthenticatedEntity", opt(s.last.entity)},
		{"LastAuthenticatedRegion", opt(s.last.region)}, {"TotalAuthenticatedEntities", s.entities},
	}
	if j.granularity != actionLevel {
		return out
	}
	return append(out, field{"TrackedActionsLastAccessed", each(s.actions, func(a actionAccess) any {
		return fields{
			{"ActionName", a.name}, {"LastAccessedEntity", opt(a.last.entity)},
			{"LastAccessedRegion", opt(a.last.region)}, {"LastAccessedTime", a.last.at},
		}
	})})
}
