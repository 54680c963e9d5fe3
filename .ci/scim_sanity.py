"""Runs scim-sanity's probe against $BASE: scim_sanity.py PROBE OUTPUT, PROBE being its program."""

import json
import os
import subprocess
import sys

import suite

ALLOWED = {
    "PATCH /Groups/{id} add member": suite.Allowance(
        "It adds the member fake-member-id and expects 200. IAM cannot hold a member that is not a user, "
        "and RFC 7644 §3.5.2 lets a server refuse the value: 400 invalidValue naming the id.",
        says="Expected 200, got 400",
    ),
}

# All that the probe had to say of this server, so that a run that ended early cannot pass.
RESULTS = 31


def main(probe, output):
    version = subprocess.run([probe, "--version"], capture_output=True, text=True, check=True).stdout.split()[-1]
    command = [probe, "probe", os.environ["BASE"], "--token", os.environ["TOKEN"], "--i-accept-side-effects", "--json-output"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # its status is 1 for what is allowed, too
    try:
        results = json.loads(done.stdout)["results"]
    except ValueError:
        sys.exit(f"scim-sanity did not report: {done.stdout}{done.stderr}")
    report = suite.Report("scim-sanity", version, ALLOWED)
    for r in results:
        report.add(r["name"], r["status"] in ("pass", "warn"), r.get("message", ""), ran=r["status"] != "skip")
    if len(results) < RESULTS:
        report.demand({f"{len(results)} of {RESULTS}"}, "results")
    return report.finish(output)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
