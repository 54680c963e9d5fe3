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

// accessJob is one report; the first look at it finds it in progress.
type accessJob struct {
	arn, granularity string
	created          time.Time
	asked            bool
	services         []string
	used             map[string]AccessKey // by service, the key that used it last
}

func onARN(c *call) []need { return []need{{action: c.action(), resource: c.get("Arn")}} }

// advisedServices stands for "every service" when a policy allows all actions.
var advisedServices = []string{"cloudwatch", "dynamodb", "ec2", "iam", "kms", "lambda", "logs", "s3", "sqs", "sts"}

func generateLastAccessed(c *call) (fields, error) {
	docs, used, err := c.advised(c.get("Arn"))
	if err != nil {
		return nil, err
	}
	names := map[string]bool{}
	for _, d := range docs {
		for _, s := range d.Statements {
			noteServices(names, s)
		}
	}
	job := &accessJob{
		arn: c.get("Arn"), granularity: cmp.Or(c.get("Granularity"), "SERVICE_LEVEL"), created: c.at,
		services: slices.Sorted(maps.Keys(names)), used: used,
	}
	id := c.newUUID()
	c.jobs[id] = job
	return fields{{"JobId", id}}, nil
}

// noteServices collects the services an Allow statement names.
func noteServices(names map[string]bool, s policy.Statement) {
	if s.Effect != policy.Allow {
		return
	}
	for _, action := range s.Actions {
		service, _, _ := strings.Cut(action, ":")
		if service != "*" {
			names[strings.ToLower(service)] = true
			continue
		}
		for _, all := range advisedServices {
			names[all] = true
		}
	}
}

// advised returns the policies of the user, group, role or policy, and the
// latest use of keys by service.
func (c *call) advised(arn string) ([]*policy.Document, map[string]AccessKey, error) {
	if p := c.policyByARN(arn); p != nil {
		return []*policy.Document{c.parse(p.document())}, nil, nil
	}
	for _, u := range c.users.all(c.at) {
		if c.userARN(u) == arn {
			return c.userDocuments(u), lastUses(u), nil
		}
	}
	for _, g := range c.groups.all(c.at) {
		if c.groupARN(g) == arn {
			return c.grantDocuments(g.Grants), nil, nil
		}
	}
	for _, r := range c.roles.all(c.at) {
		if c.roleARN(r) == arn {
			return c.grantDocuments(r.Grants), nil, nil
		}
	}
	return nil, nil, refuse("NoSuchEntity", "ARN %s cannot be found.", arn)
}

func lastUses(u *User) map[string]AccessKey {
	out := map[string]AccessKey{}
	for _, k := range u.Keys {
		if !k.LastUsed.IsZero() && k.LastUsed.After(out[k.LastService].LastUsed) {
			out[k.LastService] = k
		}
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

func (j *accessJob) serviceFields(service string) fields {
	out := fields{{"ServiceName", strings.ToUpper(service)}, {"ServiceNamespace", service}}
	k, ok := j.used[service]
	if !ok {
		return append(out, field{"TotalAuthenticatedEntities", 0})
	}
	return append(out, fields{
		{"LastAuthenticated", k.LastUsed}, {"LastAuthenticatedEntity", j.arn},
		{"LastAuthenticatedRegion", opt(k.LastRegion)}, {"TotalAuthenticatedEntities", 1},
	}...)
}
