#!/usr/bin/env bash
# Other people's suites and clients, and our own, against a demo gateway each.
# Every one writes a report to $1/report, from which docs/conformance.md is made.
set -euo pipefail
out=$1
export PYTHONDONTWRITEBYTECODE=1
against() { bash .ci/with_gateway.sh "$out" "$@"; }
mkdir -p "$out/report"

echo "-- scim2-tester"
tester() { against "$1" "$out/scim2tester/bin/python" .ci/scim2tester.py "$2" "$out/report/$3.json"; }
tester 50 "scim2-tester, readOnly extensions marked so" 10-scim2-tester-marked
tester 50 "scim2-tester" 11-scim2-tester
tester 200 "scim2-tester, 200 users" 12-scim2-tester-200

echo "-- scim-sanity"
against 50 python3 .ci/scim_sanity.py "$out/sanity/bin/scim-sanity" "$out/report/20-scim-sanity.json"

echo "-- scim2-cli"
against 50 "$out/scim2tester/bin/python" .ci/scim2cli.py "$out/scim2tester/bin/scim2" "$out/report/30-scim2-cli.json"

echo "-- elimity's recordings of Entra ID and Okta"
go test -count=1 -v -run '^TestIdentityProviders$' ./cmd/iamscim >"$out/elimity.txt" || { cat "$out/elimity.txt"; exit 1; }
python3 .ci/gotest.py "elimity-com/scim, recorded requests of Entra ID and Okta" "$(go list -m -f '{{.Version}}' github.com/elimity-com/scim)" \
	18 "$out/elimity.txt" "$out/report/40-elimity.json"

# own NAME REPORT FLAGS: our suite against a gateway with those flags.
own() {
	rm -f "$out/own.json"
	# shellcheck disable=SC2016 # expanded when there is a gateway
	GATEWAY_FLAGS=$3 against 50 bash -c 'IAMSCIM_CONFORMANCE_TOKEN=$TOKEN "$1/iamscim" conformance "$BASE" --settle 0s --format json --output "$1/own.json" || true' own "$out"
	python3 .ci/own_suite.py "$1" "$out/own.json" "$out/report/$2.json"
}
echo "-- iamscim conformance"
own "iamscim conformance" 00-own ""
own "iamscim conformance, strict profile" 01-own-strict "--profile strict --draft-features"
