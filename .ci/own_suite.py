"""Turns the JSON of iamscim conformance against this gateway into a report: own_suite.py NAME INPUT OUTPUT."""

import json
import sys

import suite

ENTRA = "Lenient by default, because Entra ID, Okta and older clients send this; a credential with the strict profile is refused"

ALLOWED = {
    "patch/replace-no-match": suite.Allowance(
        f"{ENTRA}. replace emails[type eq \"work\"].value makes the address that is not there yet.", says="status 200, want 400"
    ),
    "patch/schemas": suite.Allowance(f"{ENTRA}. schemas may be left out of a PATCH.", says="status 200, want 400"),
    "types/multi-refused": suite.Allowance(f"{ENTRA}. One value is taken for a list of one.", says="status 201"),
    "filter-error/single-quotes": suite.Allowance(f"{ENTRA}. The value is understood.", says="status 200, want 400"),
    "filter-error/unquoted": suite.Allowance(f"{ENTRA}. The value is understood.", says="status 200, want 400"),
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
