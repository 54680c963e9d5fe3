"""Turns the JSON of iamscim conformance against this gateway into a report: own_suite.py NAME INPUT OUTPUT."""

import json
import sys

import suite

LENIENT = "iamscim conformance"

# What each suite may fail. Clients need it: docs/divergences.md, by section of
# the RFC. The strict profile meets everything.
ALLOWED = {
    LENIENT: {
        "patch/replace-no-match": suite.Allowance(
            "Entra ID changes an address so, whether there is one or not; noTarget in the strict profile (docs/divergences.md).",
            says="status 200, want 400",
        ),
        "patch/schemas": suite.Allowance(
            "Scripts and client libraries leave the schemas of a PATCH out; invalidSyntax in the strict profile (docs/divergences.md).",
            says="status 200, want 400",
        ),
        "types/multi-refused": suite.Allowance(
            "Entra ID adds scalars to complex values: one value is a list of one; invalidValue in the strict profile (docs/divergences.md).",
            says="status 201",
        ),
        "filter-error/unquoted": suite.Allowance(
            "Entra ID's documentation shows it, authentik sent it; invalidFilter in the strict profile (docs/divergences.md).",
            says="status 200, want 400",
        ),
    },
    f"{LENIENT}, strict profile": {},
}


def main(name, source, output):
    with open(source, encoding="utf-8") as f:
        results = json.load(f)["results"]
    report = suite.Report(name, "this version", ALLOWED[name])
    for r in results:
        report.add(r["name"], r["outcome"] == "pass", r.get("reason", r["outcome"]), ran=r["outcome"] != "skip")
    if report.passed < 500:
        report.demand({str(report.passed)}, "of at least 500 checks passed only")
    return report.finish(output)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
