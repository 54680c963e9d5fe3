#!/usr/bin/env bash
# with_sim.sh OUT COMMAND…: runs COMMAND with the environment of a simulated
# account that lives as long as the command does.
set -euo pipefail
out=$1
shift
"$out/iamscim" sim --listen 127.0.0.1:0 >"$out/sim.env" 2>"$out/sim.log" &
sim=$!
trap 'kill "$sim" 2>/dev/null || true; wait "$sim" 2>/dev/null || true' EXIT
for _ in $(seq 100); do
	grep -q IAMSCIM_READONLY_ROLE_ARN "$out/sim.env" && break
	sleep 0.1
done
grep -q IAMSCIM_READONLY_ROLE_ARN "$out/sim.env" || { echo "the simulator did not start"; cat "$out/sim.log"; exit 1; }
# shellcheck disable=SC1091
. "$out/sim.env"
export PATH="$out/awscli/bin:$PATH"
"$@"
