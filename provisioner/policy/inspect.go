package policy

import (
	"slices"
	"strings"
)

// DeniesEverything reports whether the document contains an unconditional
// Deny of every action on every resource, whatever its name. A principal with
// such a policy can do nothing; AWS calls that a deactivated user
// (AWSDenyAll, "Deactivating an IAM user").
func (d *Document) DeniesEverything() bool {
	return slices.ContainsFunc(d.Statements, func(s Statement) bool {
		return s.Effect == Deny && s.Unconditional() && s.everyAction() && s.everyResource()
	})
}

func (s *Statement) everyAction() bool {
	if s.actions.negated {
		return len(s.NotActions) == 0
	}
	return slices.ContainsFunc(s.Actions, func(text string) bool {
		service, name, found := strings.Cut(text, ":")
		return allStars(service) && (!found || allStars(name))
	})
}

func (s *Statement) everyResource() bool {
	if s.targets.negated {
		return len(s.NotResources) == 0
	}
	return slices.ContainsFunc(s.Resources, allStars)
}

func allStars(text string) bool { return text != "" && strings.Trim(text, "*") == "" }

// AdministratorEquivalent reports whether the document gives, or can be used
// to obtain, the power of an administrator. It errs on the side of yes:
// conditions and boundaries are not counted as protection, because they can
// often be met or removed.
func (d *Document) AdministratorEquivalent() bool {
	return AdministratorEquivalent(d)
}

// AdministratorEquivalent judges documents that apply together.
func AdministratorEquivalent(docs ...*Document) bool {
	if slices.ContainsFunc(docs, (*Document).DeniesEverything) {
		return false
	}
	if slices.ContainsFunc(escalations, func(a string) bool { return allowsAnywhere(docs, a) }) {
		return true
	}
	if slices.ContainsFunc(takeovers, func(a string) bool { return allowsOnOthers(docs, a) }) {
		return true
	}
	return allowsAnywhere(docs, "iam:passrole") &&
		slices.ContainsFunc(launchers, func(a string) bool { return allowsAnywhere(docs, a) })
}

// escalations let their holder write its own permissions, on any resource.
var escalations = []string{
	"iam:createpolicyversion", "iam:setdefaultpolicyversion",
	"iam:attachuserpolicy", "iam:attachgrouppolicy", "iam:attachrolepolicy",
	"iam:putuserpolicy", "iam:putgrouppolicy", "iam:putrolepolicy",
	"iam:addusertogroup", "iam:updateassumerolepolicy",
}

// takeovers let their holder become another user. On oneself they are
// ordinary self-service.
var takeovers = []string{
	"iam:createaccesskey", "iam:createloginprofile", "iam:updateloginprofile",
}

// launchers start something under a role that was passed to it.
var launchers = []string{
	"lambda:createfunction", "ec2:runinstances", "cloudformation:createstack",
	"glue:createdevendpoint", "glue:createjob", "ecs:runtask", "ecs:registertaskdefinition",
	"sagemaker:createnotebookinstance", "codebuild:createproject", "datapipeline:createpipeline",
	"states:createstatemachine", "ssm:startautomationexecution",
}

func allowsAnywhere(docs []*Document, action string) bool {
	return anyAllow(docs, action, func(*Statement) bool { return true })
}

func allowsOnOthers(docs []*Document, action string) bool {
	return anyAllow(docs, action, func(s *Statement) bool {
		return s.NotResources != nil || slices.ContainsFunc(s.Resources, func(text string) bool {
			return !strings.Contains(strings.ToLower(text), "${aws:username}")
		})
	})
}

func anyAllow(docs []*Document, action string, accept func(*Statement) bool) bool {
	for _, doc := range docs {
		for i := range doc.Statements {
			s := &doc.Statements[i]
			if s.Effect == Allow && s.actions.match(action) && accept(s) {
				return true
			}
		}
	}
	return false
}
