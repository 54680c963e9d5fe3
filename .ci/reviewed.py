"""Compares a report of the conformance suite with the failures that were reviewed."""

import json
import sys

reviewed = json.load(open(sys.argv[1]))
report = json.load(open(sys.argv[2]))
results = {r["name"]: r for r in report["results"]}
known = {v["check"]: v for v in reviewed["failures"]}
found = {name for name, r in results.items() if r["outcome"] in ("fail", "error")}
passed = sum(r["outcome"] == "pass" for r in results.values())

problems = [f"not reviewed: {name}: {results[name]['reason']}" for name in sorted(found - known.keys())]
problems += [f"reviewed, but does not fail any more: {name}" for name in sorted(known.keys() - found)]
problems += [f"not found to be true: {name}" for name, v in sorted(known.items()) if v["verdict"] != "true" or not v["why"]]
if passed < reviewed["passes_at_least"]:
    problems.append(f"only {passed} checks passed, want {reviewed['passes_at_least']}")
print(f"{reviewed['server']}: {report['summary']}")
for p in problems:
    print("  " + p)
# 3: nothing is wrong but that some requests got no answer at all.
unanswered = [p for p in problems if p.startswith("not reviewed: ") and ": no answer: " in p]
sys.exit(0 if not problems else 3 if unanswered == problems else 1)
