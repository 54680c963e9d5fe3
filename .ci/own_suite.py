"""Turns the JSON of iamscim conformance against this gateway into a report: own_suite.py NAME INPUT OUTPUT."""

import json
import sys

import suite

CLIENTS = "Older clients send this, and what they mean is clear"

ALLOWED = {
    "patch/replace-no-match": suite.Allowance(
        "Entra ID changes an address so, whether there is one or not; noTarget in the strict profile (docs/divergences.md).",
        says="status 200, want 400",
    ),
    "patch/schemas": suite.Allowance(f"{CLIENTS}: a PATCH without schemas.", says="status 200, want 400"),
    "types/multi-refused": suite.Allowance(f"{CLIENTS}: one value is a list of one.", says="status 201"),
    "filter-error/single-quotes": suite.Allowance(f"{CLIENTS}.", says="status 200, want 400"),
    "filter-error/unquoted": suite.Allowance("Entra ID sends this, and what it means is clear.", says="status 200, want 400"),
}


def main(name, source, output):
    with open(source, encoding="utf-8") as f:
        results = json.load(f)["results"]
    report = suite.Report(name, "this version", ALLOWED)
    for r in results:
        report.add(r["name"], r["outcome"] == "pass", r.get("reason", r["outcome"]), ran=r["outcome"] != "skip")
    if report.passed < 500:
        report.demand({str(report.passed)}, "of at least 500 checks passed only")
    return report.finish(output)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
