#!/usr/bin/env bash
# The conformance suite against other people's servers. Every failure it
# reports there was looked at and is listed in conformance/testdata/reviewed;
# one that is not listed, or a listed one that is gone, fails this script.
set -euo pipefail
cd "$(dirname "$0")/.."
out=$1
[ -x "$out/iamscim" ] || CGO_ENABLED=0 go build -trimpath -o "$out/iamscim" ./cmd/iamscim

scim2=scim2-server==0.8.3
models=scim2-models==0.12.3
if [ "$(cat "$out/scim2/installed" 2>/dev/null)" != "$scim2 $models" ]; then
	python3 -m venv "$out/scim2"
	"$out/scim2/bin/pip" install --quiet --disable-pip-version-check "$scim2" "$models"
	echo "$scim2 $models" >"$out/scim2/installed"
fi
scimmy="express@4.22.3 scimmy@1.3.5 scimmy-routers@1.3.2"
if [ "$(cat "$out/scimmy/installed" 2>/dev/null)" != "$scimmy" ]; then
	mkdir -p "$out/scimmy"
	echo '{"private": true}' >"$out/scimmy/package.json"
	# shellcheck disable=SC2086
	(cd "$out/scimmy" && npm install --silent --no-fund --no-audit --save-exact $scimmy)
	echo "$scimmy" >"$out/scimmy/installed"
fi
cp .ci/scimmy.mjs "$out/scimmy/server.mjs"

port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
token=$(head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n')
started=
trap 'kill $started 2>/dev/null || true; wait 2>/dev/null || true' EXIT

# check NAME URL: waits for the server, runs the suite, compares with the review.
check() {
	for _ in $(seq 100); do
		curl -s -o /dev/null "$2/ServiceProviderConfig" && break
		sleep 0.2
	done
	local rc=0
	once "$1" "$2" || rc=$?
	if [ "$rc" = 3 ]; then # node resets some connections of requests that are too long
		echo "some requests got no answer: once more"
		rc=0
		once "$1" "$2" || rc=$?
	fi
	return "$rc"
}

once() {
	IAMSCIM_CONFORMANCE_TOKEN=$token "$out/iamscim" conformance "$2" --settle 0s --format json --output "$out/conformance-$1.json" || true
	python3 .ci/reviewed.py "conformance/testdata/reviewed/$1.json" "$out/conformance-$1.json"
}

p=$(port)
"$out/scim2/bin/scim2-server" --hostname 127.0.0.1 --port "$p" --bearer-token "$token" >"$out/scim2.log" 2>&1 &
started="$started $!"
check scim2-server "http://127.0.0.1:$p/v2"

p=$(port)
TOKEN=$token PORT=$p node "$out/scimmy/server.mjs" >"$out/scimmy.log" 2>&1 &
started="$started $!"
check scimmy-routers "http://127.0.0.1:$p/scim/v2"
