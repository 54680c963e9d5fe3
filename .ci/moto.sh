#!/usr/bin/env bash
# Somebody else's IAM: the contract suite and the gateway itself against moto.
set -euo pipefail
out=$1
mkdir -p "$out/report"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
MOTO_IAM_LOAD_MANAGED_POLICIES=true "$out/moto/bin/moto_server" -H 127.0.0.1 -p "$port" >"$out/moto.log" 2>&1 &
moto=$!
serve=
trap 'kill $serve "$moto" 2>/dev/null || true; wait 2>/dev/null || true' EXIT
export AWS_ENDPOINT_URL=http://127.0.0.1:$port AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1 AWS_ACCESS_KEY_ID=testing AWS_SECRET_ACCESS_KEY=testing
for _ in $(seq 150); do
	curl -fsS "$AWS_ENDPOINT_URL/moto-api/" >/dev/null 2>&1 && break
	sleep 0.2
done

echo "-- contract suite"
IAMSCIM_CONTRACT_ENDPOINT=$AWS_ENDPOINT_URL go test -count=1 -run 'Contract' -v ./provisioner/iamsim 2>&1 | tee "$out/contract.txt" | tail -n 5
python3 .ci/gotest.py "the provisioner's contract cases against moto" "$("$out/moto/bin/python" -c 'import moto; print(moto.__version__)')" \
	150 "$out/contract.txt" "$out/report/70-moto.json"

echo "-- the gateway over moto"
curl -fsS -X POST "$AWS_ENDPOINT_URL/moto-api/reset" >/dev/null
aws() { "$out/awscli/bin/aws" "$@"; }
for user in ann bob carol; do aws iam create-user --user-name "$user" >/dev/null; done
aws iam create-group --group-name dev >/dev/null
aws iam add-user-to-group --user-name ann --group-name dev
rm -rf "$out/moto-data"
IAMSCIM_TOKEN=moto-check-bootstrap-token "$out/iamscim" serve --listen 127.0.0.1:0 --data-dir "$out/moto-data" \
	>"$out/moto-serve.txt" 2>"$out/moto-serve.log" &
serve=$!
for _ in $(seq 300); do
	grep -q 'SCIM base URL' "$out/moto-serve.txt" && break
	kill -0 "$serve" 2>/dev/null || break
	sleep 0.1
done
base=$(sed -n 's/.*SCIM base URL *//p' "$out/moto-serve.txt")
[ -n "$base" ] || { echo "the gateway did not start over moto"; cat "$out/moto-serve.log"; exit 1; }
get() { curl -fsS -G -H 'Authorization: Bearer moto-check-bootstrap-token' "$@"; }
get "$base/Users" >"$out/moto-users.json"
get "$base/Groups" --data-urlencode 'filter=displayName eq "dev"' >"$out/moto-groups.json"
python3 - "$out" <<'EOF'
import json, sys
out = sys.argv[1]
users = json.load(open(out + "/moto-users.json"))
names = sorted(u["userName"] for u in users["Resources"])
assert names == ["ann", "bob", "carol"], names
group = json.load(open(out + "/moto-groups.json"))["Resources"][0]
ann = next(u for u in users["Resources"] if u["userName"] == "ann")
assert [m["value"] for m in group["members"]] == [ann["id"]], group
assert [g["display"] for g in ann["groups"]] == ["dev"], ann
print("the gateway serves moto's", len(names), "users and their group")
EOF
