package iamsim

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// rule is what AWS's model demands of a parameter. Parameter names mean the
// same in every action; where one action is stricter, its rule is under
// "Action/Parameter".
type rule struct {
	min, max int            // of length; of value where number is set
	number   bool           // an integer
	boolean  bool           // true or false
	enum     []string       // the allowed values
	pattern  *regexp.Regexp // nil: any
	sentence string         // AWS's words when the pattern fails
}

var (
	namePattern = regexp.MustCompile(`^[\w+=,.@-]+$`)
	// Path: a string of / or of printable ASCII that begins and ends with /
	// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_User.html);
	// "//" alone is refused, DEL too (observed).
	pathPattern   = regexp.MustCompile(`^(/|/[\x21-\x7e]*[\x21-\x2e\x30-\x7e][\x21-\x7e]*/)$`)
	prefixPattern = regexp.MustCompile(`^/[\x21-\x7f]*$`)
	idPattern     = regexp.MustCompile(`^\w+$`)
	tagPattern    = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$`)
	codePattern   = regexp.MustCompile(`^\d{6}$`)
	aliasPattern  = regexp.MustCompile(`^[a-z0-9]([a-z0-9]|-[a-z0-9])*$`)
	serialPattern = regexp.MustCompile(`^[\w+=/:,.@-]+$`)
	docPattern    = regexp.MustCompile(`^[\t\n\r\x20-\x{ff}]+$`)
	textPattern   = regexp.MustCompile(`^[\t\n\r\x20-\x7e\x{a1}-\x{ff}]*$`)
	extIDPattern  = regexp.MustCompile(`^[\w+=,.@:/-]*$`)
)

const (
	nameSentence = "The specified value for %s is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-"
	pathSentence = "The specified value for %s is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters."
)

func name(limit int) rule {
	return rule{min: 1, max: limit, pattern: namePattern, sentence: nameSentence}
}

func oneOf(values ...string) rule { return rule{enum: values} }
func number(low, high int) rule   { return rule{number: true, min: low, max: high} }
func document(limit int) rule     { return rule{min: 1, max: limit, pattern: docPattern} }

var (
	flag   = rule{boolean: true}
	path   = rule{min: 1, max: 512, pattern: pathPattern, sentence: pathSentence}
	prefix = rule{min: 1, max: 512, pattern: prefixPattern}
	arn    = rule{min: 20, max: 2048}
	status = oneOf("Active", "Inactive")
	entity = oneOf("User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy")
)

// rules covers every parameter of every supported action. The limits are those
// of the API reference pages and
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html:
// a user name is made with at most 64 characters but looked up with up to 128.
var rules = map[string]rule{
	"UserName": name(128), "CreateUser/UserName": name(64), "NewUserName": name(64),
	"GroupName": name(128), "NewGroupName": name(128),
	"RoleName": name(64), "PolicyName": name(128), "VirtualMFADeviceName": name(226),
	"Path": path, "NewPath": path, "PathPrefix": prefix,
	"Marker": {min: 1}, "MaxItems": number(1, 1000),
	"PolicyArn": arn, "PermissionsBoundary": arn, "Arn": arn, "PolicySourceArn": arn, "CallerArn": {min: 1, max: 2048},
	"PolicyDocument": document(131072), "AssumeRolePolicyDocument": document(131072),
	"VersionId":   {min: 1, max: 64, pattern: regexp.MustCompile(`^v[1-9][0-9]*(\.[A-Za-z0-9-]*)?$`)},
	"Description": {max: 1000, pattern: textPattern},
	"Scope":       oneOf("All", "AWS", "Local"), "OnlyAttached": flag,
	"PolicyUsageFilter": oneOf("PermissionsPolicy", "PermissionsBoundary"),
	"EntityFilter":      entity, "Filter.member.N": entity,
	"AssignmentStatus": oneOf("Assigned", "Unassigned", "Any"),
	"AccessKeyId":      {min: 16, max: 128, pattern: idPattern}, "Status": status,
	"UpdateAccessKey/Status":                 oneOf("Active", "Inactive", "Expired"),
	"UpdateServiceSpecificCredential/Status": oneOf("Active", "Inactive", "Expired"),
	"UpdateSSHPublicKey/Status":              oneOf("Active", "Inactive", "Expired"),
	"UpdateSigningCertificate/Status":        oneOf("Active", "Inactive", "Expired"),
	"SerialNumber":                           {min: 9, max: 256, pattern: serialPattern},
	"AuthenticationCode1":                    {min: 6, max: 6, pattern: codePattern}, "AuthenticationCode2": {min: 6, max: 6, pattern: codePattern},
	"SSHPublicKeyId": {min: 20, max: 128, pattern: idPattern}, "SSHPublicKeyBody": {min: 1, max: 16384}, "Encoding": oneOf("SSH", "PEM"),
	"CertificateId": {min: 24, max: 128, pattern: idPattern}, "CertificateBody": {min: 1, max: 16384},
	"ServiceName": {min: 1}, "ServiceSpecificCredentialId": {min: 20, max: 128, pattern: idPattern},
	"AllUsers": flag, "CredentialAgeDays": number(1, 36600),
	"Password": {min: 1, max: 128}, "OldPassword": {min: 1, max: 128}, "NewPassword": {min: 1, max: 128}, "PasswordResetRequired": flag,
	"Tags.member.N.Key": {min: 1, max: 128, pattern: tagPattern}, "Tags.member.N.Value": {max: 256, pattern: tagPattern},
	"TagKeys.member.N": {min: 1, max: 128, pattern: tagPattern},
	"SetAsDefault":     flag, "MaxSessionDuration": number(3600, 43200),
	"AllowUsersToChangePassword": flag, "HardExpiry": flag, "MaxPasswordAge": number(1, 1095),
	"MinimumPasswordLength": number(6, 128), "PasswordReusePrevention": number(1, maxReuse),
	"RequireLowercaseCharacters": flag, "RequireUppercaseCharacters": flag, "RequireNumbers": flag, "RequireSymbols": flag,
	"AccountAlias": {min: 3, max: 63, pattern: aliasPattern},
	"Granularity":  oneOf("SERVICE_LEVEL", "ACTION_LEVEL"), "JobId": {min: 36, max: 36},

	"ActionNames.member.N": {min: 3, max: 128}, "ResourceArns.member.N": {min: 1, max: 2048},
	"PolicyInputList.member.N": document(131072), "PermissionsBoundaryPolicyInputList.member.N": document(131072),
	"ResourcePolicy":                         document(131072),
	"ContextEntries.member.N.ContextKeyName": {min: 5, max: 256}, "ContextEntries.member.N.ContextKeyValues.member.N": {},
	"ContextEntries.member.N.ContextKeyType": oneOf("string", "stringList", "numeric", "numericList", "boolean", "booleanList",
		"ip", "ipList", "binary", "binaryList", "date", "dateList"),
	"PolicyExclusionList.member.N.PolicyType": {}, "PolicyExclusionList.member.N.PolicyArn": {}, "PolicyExclusionList.member.N.PolicyName": {},

	"RoleArn": arn, "RoleSessionName": {min: 2, max: 64, pattern: namePattern}, "DurationSeconds": number(900, 43200),
	"GetSessionToken/DurationSeconds": number(900, 129600),
	"ExternalId":                      {min: 2, max: 1224, pattern: extIDPattern}, "Policy": document(2048), "PolicyArns.member.N.arn": arn,
	"SourceIdentity": {min: 2, max: 64, pattern: namePattern}, "TokenCode": {min: 6, max: 6, pattern: codePattern},
}

func lowerFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

var indexPattern = regexp.MustCompile(`\.\d+(\.|$)`)

// shape replaces list positions by N: Tags.member.1.Key is Tags.member.N.Key.
func shape(key string) string {
	return indexPattern.ReplaceAllString(key, ".N$1")
}

// validate refuses parameters the action does not know, then missing ones,
// then values outside their rule. Nothing is ever ignored.
func (op *operation) validate(params url.Values) *apiError {
	names := make([]string, 0, len(params))
	for key := range params {
		names = append(names, key)
	}
	slices.Sort(names)
	for _, key := range names {
		if err := op.validateOne(key, params.Get(key)); err != nil {
			return err
		}
	}
	for _, key := range op.required() {
		if !present(params, key) {
			return invalid("1 validation error detected: Value null at '%s' failed to satisfy constraint: Member must not be null",
				lowerFirst(key))
		}
	}
	return nil
}

func present(params url.Values, key string) bool {
	if params.Has(key) {
		return true
	}
	for k := range params {
		if strings.HasPrefix(k, key+".member.") {
			return true
		}
	}
	return false
}

func (op *operation) validateOne(key, value string) *apiError {
	if key == "Action" || key == "Version" {
		return nil
	}
	s := shape(key)
	// The serialisers send an empty list as the bare name.
	if value == "" && op.knowsList(s) {
		return nil
	}
	if first, _, _ := strings.Cut(s, "."); slices.Contains(strings.Fields(op.refuses), first) {
		return invalid("Parameter %s is not supported by the simulated account", first)
	}
	if !op.knows(s) {
		return invalid("Unknown parameter %q for action %s", key, op.name)
	}
	r, ok := rules[op.name+"/"+s]
	if !ok {
		r = rules[s]
	}
	return r.check(key, value)
}

func (r rule) check(key, value string) *apiError {
	switch {
	case r.boolean:
		if value != "true" && value != "false" {
			return constraint(key, "be a boolean")
		}
		return nil
	case r.number:
		return r.checkNumber(key, value)
	case r.enum != nil:
		if !slices.Contains(r.enum, value) {
			return constraint(key, "satisfy enum value set: [%s]", strings.Join(r.enum, ", "))
		}
		return nil
	}
	n := utf8.RuneCountInString(value)
	if n < r.min {
		return constraint(key, "have length greater than or equal to %d", r.min)
	}
	if r.max > 0 && n > r.max {
		return constraint(key, "have length less than or equal to %d", r.max)
	}
	if r.pattern == nil || r.pattern.MatchString(value) {
		return nil
	}
	if r.sentence != "" {
		return invalid(r.sentence, lowerFirst(key))
	}
	return constraint(key, "satisfy regular expression pattern: %s", strings.Trim(r.pattern.String(), "^$"))
}

func (r rule) checkNumber(key, value string) *apiError {
	n, err := strconv.Atoi(value)
	switch {
	case err != nil:
		return constraint(key, "be a number")
	case n < r.min:
		return constraint(key, "have value greater than or equal to %d", r.min)
	case n > r.max:
		return constraint(key, "have value less than or equal to %d", r.max)
	}
	return nil
}
