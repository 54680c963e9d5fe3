#!/usr/bin/env bash
# with_gateway.sh OUT USERS COMMAND…: runs COMMAND against a demo gateway of
# that many users that lives as long as the command does. BASE and TOKEN say
# where it is. GATEWAY_FLAGS are more flags for it.
set -euo pipefail
out=$1 users=$2
shift 2
run=$(mktemp -d)
export TOKEN
TOKEN=$(python3 -c 'import secrets; print("suite-" + secrets.token_urlsafe(24))')
# shellcheck disable=SC2086 # a list of flags
IAMSCIM_TOKEN=$TOKEN "$out/iamscim" serve ${GATEWAY_FLAGS:-} --demo --demo-users "$users" --listen 127.0.0.1:0 >"$run/out" 2>"$run/log" &
serve=$!
finish() {
	kill "$serve" 2>/dev/null || true
	wait "$serve" 2>/dev/null || true
	cp "$run/log" "$out/gateway.log"
	rm -rf "$run"
}
trap finish EXIT
for _ in $(seq 600); do
	grep -q 'SCIM base URL' "$run/out" && break
	kill -0 "$serve" 2>/dev/null || break
	sleep 0.1
done
export BASE
BASE=$(sed -n 's/.*SCIM base URL *//p' "$run/out")
[ -n "$BASE" ] || { echo "the gateway did not start"; cat "$run/log"; exit 1; }
"$@"
if grep -E 'level=ERROR|panic' "$run/log"; then
	echo "the gateway logged an error during: $*"
	exit 1
fi
