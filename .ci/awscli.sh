#!/usr/bin/env bash
# The life of a user, told with the AWS CLI: created, tagged, put into a group,
# given policies and every kind of credential, not deletable, and deleted in
# order. Endpoint and credentials are in the environment (AWS_ENDPOINT_URL,
# AWS_ACCESS_KEY_ID, …); `aws` is on the path. Each step is checked.
set -euo pipefail
: "${AWS_ENDPOINT_URL:?the endpoint to talk to}"
export AWS_PAGER='' AWS_DEFAULT_OUTPUT=text AWS_DEFAULT_REGION=${AWS_DEFAULT_REGION:-us-east-1} AWS_MAX_ATTEMPTS=1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
user=cli.user@example.com
group=cli-group
checks=0

fail() { echo "FAIL: $*" >&2; exit 1; }

# is NAME WANT GOT: one checked fact.
is() {
	checks=$((checks + 1))
	[ "$2" = "$3" ] || fail "$1: want '$2', got '$3'"
	echo "ok $checks $1"
}

# refused NAME CODE COMMAND…: the command must fail with the error code.
refused() {
	local name=$1 code=$2
	shift 2
	if "$@" >"$work/out" 2>"$work/err"; then fail "$name: succeeded, want $code"; fi
	grep -q "($code)" "$work/err" || fail "$name: want $code, got $(cat "$work/err")"
	checks=$((checks + 1))
	echo "ok $checks $name is refused with $code"
}

iam() { aws iam "$@"; }
count() { wc -w | tr -d ' '; }

echo "-- who am I"
account=$(aws sts get-caller-identity --query Account)
is "the account id has twelve digits" 12 "${#account}"

echo "-- create and tag"
id=$(iam create-user --user-name "$user" --path /people/ --tags Key=department,Value=Engineering --query User.UserId)
is "a user id begins with AIDA" AIDA "${id:0:4}"
refused "a name that differs in case only" EntityAlreadyExists iam create-user --user-name CLI.User@example.com
refused "a bad path" ValidationError iam create-user --user-name cli-other --path people
iam tag-user --user-name "$user" --tags 'Key=displayName,Value=Zoë Müller' Key=Department,Value=Platform
is "tag keys ignore case" "Platform" "$(iam list-user-tags --user-name "$user" --query "Tags[?Key=='Department'].Value|[0]")"
refused "an apostrophe in a tag" ValidationError iam tag-user --user-name "$user" --tags "[{\"Key\":\"name\",\"Value\":\"O'Brien\"}]"
is "the ARN holds the path" "arn:aws:iam::$account:user/people/$user" "$(iam get-user --user-name CLI.USER@EXAMPLE.COM --query User.Arn)"
is "the user is listed under the path" "$user" "$(iam list-users --path-prefix /people/ --query "Users[?UserId=='$id'].UserName")"

echo "-- group"
iam create-group --group-name "$group" --query Group.GroupId >"$work/gid"
is "a group id begins with AGPA" AGPA "$(cut -c1-4 <"$work/gid")"
iam add-user-to-group --user-name "$user" --group-name "$group"
iam add-user-to-group --user-name "$user" --group-name "$group"
is "the group has one member" "$id" "$(iam get-group --group-name "$group" --query 'Users[].UserId')"
is "the user has one group" "$group" "$(iam list-groups-for-user --user-name "$user" --query 'Groups[].GroupName')"

echo "-- policies"
document='{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:ListBucket","Resource":"*"}]}'
arn=$(iam create-policy --policy-name cli-policy --policy-document "$document" --query Policy.Arn)
iam attach-user-policy --user-name "$user" --policy-arn "$arn"
iam attach-group-policy --group-name "$group" --policy-arn arn:aws:iam::aws:policy/IAMReadOnlyAccess
iam put-user-policy --user-name "$user" --policy-name inline --policy-document "$document"
is "the policy is attached" "$arn" "$(iam list-attached-user-policies --user-name "$user" --query 'AttachedPolicies[].PolicyArn')"
is "the inline policy is there" inline "$(iam list-user-policies --user-name "$user" --query 'PolicyNames[]')"
is "attachments are counted" 1 "$(iam get-policy --policy-arn "$arn" --query Policy.AttachmentCount)"
refused "a malformed policy" MalformedPolicyDocument iam put-user-policy --user-name "$user" --policy-name bad --policy-document '{}'
is "the simulator allows through the group" allowed \
	"$(iam simulate-principal-policy --policy-source-arn "arn:aws:iam::$account:user/people/$user" --action-names iam:ListUsers --query 'EvaluationResults[0].EvalDecision')"
is "the simulator denies the rest" implicitDeny \
	"$(iam simulate-principal-policy --policy-source-arn "arn:aws:iam::$account:user/people/$user" --action-names iam:DeleteUser --query 'EvaluationResults[0].EvalDecision')"

echo "-- access keys"
read -r key secret <<<"$(iam create-access-key --user-name "$user" --query '[AccessKey.AccessKeyId,AccessKey.SecretAccessKey]')"
is "the key works" "arn:aws:iam::$account:user/people/$user" \
	"$(AWS_ACCESS_KEY_ID=$key AWS_SECRET_ACCESS_KEY=$secret AWS_SESSION_TOKEN='' aws sts get-caller-identity --query Arn)"
iam create-access-key --user-name "$user" --query AccessKey.AccessKeyId >"$work/second"
refused "a third key" LimitExceeded iam create-access-key --user-name "$user"
iam update-access-key --user-name "$user" --access-key-id "$key" --status Inactive
refused "an inactive key" InvalidClientTokenId env AWS_ACCESS_KEY_ID="$key" AWS_SECRET_ACCESS_KEY="$secret" AWS_SESSION_TOKEN='' aws sts get-caller-identity

echo "-- password"
refused "a weak password" PasswordPolicyViolation iam create-login-profile --user-name "$user" --password short
iam create-login-profile --user-name "$user" --password 'Correct-Horse-7-Battery' --password-reset-required >/dev/null
is "a reset is required" True "$(iam get-login-profile --user-name "$user" --query LoginProfile.PasswordResetRequired)"
refused "a second password" EntityAlreadyExists iam create-login-profile --user-name "$user" --password 'Correct-Horse-7-Battery'

echo "-- MFA"
serial=$(iam create-virtual-mfa-device --virtual-mfa-device-name cli-device --outfile "$work/seed" --bootstrap-method Base32StringSeed --query VirtualMFADevice.SerialNumber)
read -r one two <<<"$(python3 - "$work/seed" <<'PY'
import base64, hashlib, hmac, struct, sys, time
seed = open(sys.argv[1]).read().strip()
key = base64.b32decode(seed + "=" * (-len(seed) % 8))
def code(step):
    digest = hmac.new(key, struct.pack(">Q", step), hashlib.sha1).digest()
    at = digest[-1] & 15
    return "%06d" % ((struct.unpack(">I", digest[at:at + 4])[0] & 0x7FFFFFFF) % 1000000)
now = int(time.time()) // 30
print(code(now - 1), code(now))
PY
)"
refused "wrong codes" InvalidAuthenticationCode iam enable-mfa-device --user-name "$user" --serial-number "$serial" --authentication-code1 000000 --authentication-code2 000000
iam enable-mfa-device --user-name "$user" --serial-number "$serial" --authentication-code1 "$one" --authentication-code2 "$two"
is "the device is enabled" "$serial" "$(iam list-mfa-devices --user-name "$user" --query 'MFADevices[].SerialNumber')"

echo "-- rename"
iam update-user --user-name "$user" --new-user-name cli.renamed
user=cli.renamed
is "the id survives a rename" "$id" "$(iam get-user --user-name "$user" --query User.UserId)"
is "the keys survive a rename" 2 "$(iam list-access-keys --user-name "$user" --query 'AccessKeyMetadata[].AccessKeyId' | count)"
is "the tags survive a rename" 2 "$(iam list-user-tags --user-name "$user" --query 'Tags[].Key' | count)"

echo "-- deleting what is in use fails"
refused "delete the user" DeleteConflict iam delete-user --user-name "$user"
refused "delete the group" DeleteConflict iam delete-group --group-name "$group"
refused "delete the policy" DeleteConflict iam delete-policy --policy-arn "$arn"
refused "delete the device" DeleteConflict iam delete-virtual-mfa-device --serial-number "$serial"

echo "-- orderly delete"
iam attach-user-policy --user-name "$user" --policy-arn arn:aws:iam::aws:policy/AWSDenyAll
iam delete-login-profile --user-name "$user"
for each in $(iam list-access-keys --user-name "$user" --query 'AccessKeyMetadata[].AccessKeyId'); do
	iam delete-access-key --user-name "$user" --access-key-id "$each"
done
iam deactivate-mfa-device --user-name "$user" --serial-number "$serial"
iam delete-virtual-mfa-device --serial-number "$serial"
iam remove-user-from-group --user-name "$user" --group-name "$group"
iam remove-user-from-group --user-name "$user" --group-name "$group"
iam delete-user-policy --user-name "$user" --policy-name inline
iam detach-user-policy --user-name "$user" --policy-arn "$arn"
refused "one policy is left" DeleteConflict iam delete-user --user-name "$user"
iam detach-user-policy --user-name "$user" --policy-arn arn:aws:iam::aws:policy/AWSDenyAll
iam delete-user --user-name "$user"
refused "the user is gone" NoSuchEntity iam get-user --user-name "$user"
iam detach-group-policy --group-name "$group" --policy-arn arn:aws:iam::aws:policy/IAMReadOnlyAccess
iam delete-group --group-name "$group"
iam delete-policy --policy-arn "$arn"
refused "the policy is gone" NoSuchEntity iam get-policy --policy-arn "$arn"

echo "$checks checks passed"
