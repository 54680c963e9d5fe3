package iamsim_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// Pages that many cases cite.
const (
	pageCreateUser = "API_CreateUser"
	pageQuotas     = "IAM User Guide, IAM and AWS STS quotas"
	pageIDs        = "IAM User Guide, IAM identifiers"
	observed       = "observed"
)

// createWith makes a user from a changed request.
func (l *lab) createWith(change func(*iam.CreateUserInput)) (*iam.CreateUserOutput, error) {
	in := &iam.CreateUserInput{UserName: aws.String(l.name("user"))}
	change(in)
	return l.iam.CreateUser(l.ctx, in)
}

// createRefused is a case about a request to create a user that is refused.
func createRefused(name, source, code string, change func(*lab, *iam.CreateUserInput)) contractCase {
	return contractCase{"CreateUser", name, source, func(l *lab) {
		_, err := l.createWith(func(in *iam.CreateUserInput) { change(l, in) })
		l.refused(err, code)
	}}
}

func named(name string) func(*lab, *iam.CreateUserInput) {
	return func(_ *lab, in *iam.CreateUserInput) { in.UserName = &name }
}

func pathed(path string) func(*lab, *iam.CreateUserInput) {
	return func(_ *lab, in *iam.CreateUserInput) { in.Path = &path }
}

func tagged(pairs ...string) func(*lab, *iam.CreateUserInput) {
	return func(_ *lab, in *iam.CreateUserInput) { in.Tags = tagsOf(pairs...) }
}

func userCases() []contractCase {
	return slices.Concat(createUserCases(), []contractCase{
		createRefused("65 characters", pageQuotas, "ValidationError", named(strings.Repeat("a", 65))),
		createRefused("a blank in the name", pageCreateUser, "ValidationError", named("bad name")),
		createRefused("an exclamation mark", pageCreateUser, "ValidationError", named("bad!")),
		createRefused("a slash in the name", pageCreateUser, "ValidationError", named("a/b")),
		createRefused("a non-Latin name", pageCreateUser, "ValidationError", named("田中")),
		createRefused("a path without slashes", pageCreateUser, "ValidationError", pathed("nopath")),
		createRefused("a path without the last slash", pageCreateUser, "ValidationError", pathed("/no/end")),
		createRefused("a path of two slashes", observed, "ValidationError", pathed("//")),
		createRefused("a path of 513 characters", pageCreateUser, "ValidationError", pathed("/"+strings.Repeat("a", 511)+"/")),
		createRefused("a non-Latin path", observed, "ValidationError", pathed("/ä/")),
		createRefused("a tag with an apostrophe", "API_Tag", "ValidationError", tagged("name", "O'Brien")),
		createRefused("a tag with a comma", "API_Tag", "ValidationError", tagged("name", "Smith, John")),
		createRefused("tag keys that differ in case", "IAM User Guide, Tags for IAM resources", "InvalidInput", tagged("Team", "a", "team", "b")),
		createRefused("51 tags", observed, "ValidationError", func(_ *lab, in *iam.CreateUserInput) {
			for i := range 51 {
				in.Tags = append(in.Tags, tagsOf(fmt.Sprintf("k%d", i), "v")...)
			}
		}),
		createRefused("a boundary that does not exist", pageCreateUser, "NoSuchEntity", func(_ *lab, in *iam.CreateUserInput) {
			in.PermissionsBoundary = aws.String("arn:aws:iam::123456789012:policy/none")
		}),
		createRefused("an existing name", pageCreateUser, "EntityAlreadyExists", func(l *lab, in *iam.CreateUserInput) {
			in.UserName = aws.String(l.user("twin"))
		}),
		createRefused("a name that differs in case only", pageCreateUser, "EntityAlreadyExists", func(l *lab, in *iam.CreateUserInput) {
			in.UserName = aws.String(strings.ToUpper(l.user("twin")))
		}),
	}, getUserCases(), listUserCases())
}

var userID = regexp.MustCompile(`^AIDA[A-Z2-7]{17}$`)

func createUserCases() []contractCase {
	return []contractCase{
		{"CreateUser", "what it answers", pageIDs, func(l *lab) {
			out, err := l.createWith(func(in *iam.CreateUserInput) { in.Path = aws.String("/people/") })
			if !l.ok(err) {
				return
			}
			u := out.User
			l.want(userID.MatchString(*u.UserId), "user id %q", *u.UserId)
			l.want(strings.HasSuffix(*u.Arn, ":user/people/"+*u.UserName), "arn %q", *u.Arn)
			l.want(time.Since(*u.CreateDate) < time.Hour, "create date %v", u.CreateDate)
		}},
		{"CreateUser", "without a path", pageCreateUser, func(l *lab) {
			out, err := l.createWith(func(*iam.CreateUserInput) {})
			l.want(l.ok(err) && *out.User.Path == "/", "path is not /")
		}},
		{"CreateUser", "64 characters", pageQuotas, func(l *lab) {
			_, err := l.createWith(func(in *iam.CreateUserInput) { in.UserName = aws.String(fmt.Sprintf("%064d", l.number)) })
			l.ok(err)
		}},
		{"CreateUser", "every special character", pageCreateUser, func(l *lab) {
			_, err := l.createWith(func(in *iam.CreateUserInput) { in.UserName = aws.String(l.name("_+=,.@-")) })
			l.ok(err)
		}},
		{"CreateUser", "two slashes inside a path", observed, func(l *lab) {
			_, err := l.createWith(func(in *iam.CreateUserInput) { in.Path = aws.String("/a//b/") })
			l.ok(err)
		}},
		{"CreateUser", "with tags", pageCreateUser, func(l *lab) {
			out, err := l.createWith(func(in *iam.CreateUserInput) { in.Tags = tagsOf("displayName", "田中 花子", "empty", "") })
			l.want(l.ok(err) && len(out.User.Tags) == 2, "tags are not answered")
		}},
		{"CreateUser", "with a boundary", pageCreateUser, func(l *lab) {
			arn := l.policy("boundary")
			out, err := l.createWith(func(in *iam.CreateUserInput) { in.PermissionsBoundary = &arn })
			l.want(l.ok(err) && *out.User.PermissionsBoundary.PermissionsBoundaryArn == arn, "boundary is not answered")
		}},
	}
}

func getUserCases() []contractCase {
	return []contractCase{
		{"GetUser", "in another case", observed, func(l *lab) {
			name := l.user("Mixed")
			got := l.get(strings.ToUpper(name))
			l.want(aws.ToString(got.UserName) == name, "got %q, want the stored spelling", aws.ToString(got.UserName))
		}},
		{"GetUser", "of nobody", "API_GetUser", func(l *lab) {
			_, err := l.iam.GetUser(l.ctx, &iam.GetUserInput{UserName: aws.String(l.name("nobody"))})
			l.refused(err, "NoSuchEntity")
		}},
		{"GetUser", "with a name of 65 characters", "API_GetUser", func(l *lab) {
			_, err := l.iam.GetUser(l.ctx, &iam.GetUserInput{UserName: aws.String(strings.Repeat("x", 65))})
			l.refused(err, "NoSuchEntity")
		}},
		{"GetUser", "with a name of 129 characters", "API_GetUser", func(l *lab) {
			_, err := l.iam.GetUser(l.ctx, &iam.GetUserInput{UserName: aws.String(strings.Repeat("x", 129))})
			l.refused(err, "ValidationError")
		}},
		{"GetUser", "without a name", "API_GetUser", func(l *lab) {
			out, err := l.iam.GetUser(l.ctx, &iam.GetUserInput{})
			l.want(l.ok(err) && out.User.Arn != nil, "the caller is not answered")
		}},
		{"GetUser", "shows tags", "API_GetUser", func(l *lab) {
			name := l.user("tagged")
			l.ok(l.tag(name, "team", "blue"))
			l.want(len(l.get(name).Tags) == 1, "no tags")
		}},
	}
}

func (l *lab) usersUnder(path string, n int) {
	for i := range n {
		_, err := l.iam.CreateUser(l.ctx, &iam.CreateUserInput{UserName: aws.String(fmt.Sprintf("u%d-%d", i, l.number)), Path: &path, Tags: tagsOf("a", "b")})
		l.ok(err)
	}
}

func listUserCases() []contractCase {
	refused := func(name, source string, in iam.ListUsersInput) contractCase {
		return contractCase{"ListUsers", name, source, func(l *lab) {
			_, err := l.iam.ListUsers(l.ctx, &in)
			l.refused(err, "ValidationError")
		}}
	}
	return []contractCase{
		refused("MaxItems 0", "API_ListUsers", iam.ListUsersInput{MaxItems: aws.Int32(0)}),
		refused("MaxItems 1001", "API_ListUsers", iam.ListUsersInput{MaxItems: aws.Int32(1001)}),
		refused("a made-up marker", observed, iam.ListUsersInput{Marker: aws.String("made-up")}),
		refused("a prefix without the first slash", "API_ListUsers", iam.ListUsersInput{PathPrefix: aws.String("people/")}),
		{"ListUsers", "in pages of two", "API_ListUsers", func(l *lab) {
			path := "/pages" + l.name("") + "/"
			l.usersUnder(path, 5)
			got := l.users(path, 2)
			l.want(len(got) == 5, "got %d users, want 5", len(got))
		}},
		{"ListUsers", "truncated", "API_ListUsers", func(l *lab) {
			path := "/cut" + l.name("") + "/"
			l.usersUnder(path, 3)
			out, err := l.iam.ListUsers(l.ctx, &iam.ListUsersInput{PathPrefix: &path, MaxItems: aws.Int32(1)})
			l.want(l.ok(err) && out.IsTruncated && out.Marker != nil, "not truncated")
		}},
		{"ListUsers", "a path prefix", "API_ListUsers", func(l *lab) {
			path := "/one" + l.name("") + "/"
			l.usersUnder(path+"deep/", 2)
			l.want(len(l.users(path, 100)) == 2, "the prefix does not select")
		}},
		{"ListUsers", "shows no tags", "API_ListUsers", func(l *lab) {
			path := "/bare" + l.name("") + "/"
			l.usersUnder(path, 1)
			got := l.users(path, 10)
			l.want(len(got) == 1 && len(got[0].Tags) == 0 && got[0].PermissionsBoundary == nil, "tags or boundary are listed")
		}},
		{"ListUsers", "a marker of another prefix", observed, func(l *lab) {
			path := "/bound" + l.name("") + "/"
			l.usersUnder(path, 3)
			out, err := l.iam.ListUsers(l.ctx, &iam.ListUsersInput{PathPrefix: &path, MaxItems: aws.Int32(1)})
			l.ok(err)
			_, err = l.iam.ListUsers(l.ctx, &iam.ListUsersInput{PathPrefix: aws.String("/"), Marker: out.Marker})
			l.refused(err, "ValidationError")
		}},
	}
}
