#!/usr/bin/env bash
# fuzz.sh TIME [OUT]: runs every fuzz target for a moment, seeds and the corpus
# in testdata/fuzz included.
set -euo pipefail
time=${1:-5s}
out=${2:-}
ran=
while IFS=: read -r file target; do
	go test -run '^$' -fuzz "^${target}\$" -fuzztime "$time" "./$(dirname "$file")"
	ran="$ran $target"
done < <(git ls-files '*_test.go' | xargs grep -oE '^func Fuzz[A-Za-z0-9]+' | sed 's/func //')
for target in FuzzHTTP FuzzHTTPWrites; do
	[[ " $ran " == *" $target "* ]] || { echo "$target did not run, only:$ran"; exit 1; }
done
count=$(echo "$ran" | wc -w)
echo "$count fuzz targets ran"
[ -z "$out" ] || python3 .ci/suite.py "fuzz targets, FuzzHTTP and FuzzHTTPWrites over the routes among them" "Go" "$out/report/80-fuzz.json" "$count"
