#!/usr/bin/env bash
# Runs every fuzz target for a moment (the argument), seeds and corpus included.
set -euo pipefail
time=${1:-5s}
ran=0
while IFS=: read -r file target; do
	go test -run '^$' -fuzz "^${target}\$" -fuzztime "$time" "./$(dirname "$file")"
	ran=$((ran + 1))
done < <(git ls-files '*_test.go' | xargs grep -oE '^func Fuzz[A-Za-z0-9]+' | sed 's/func //')
[ "$ran" -gt 0 ] || { echo "no fuzz target was found"; exit 1; }
echo "$ran fuzz targets ran"
