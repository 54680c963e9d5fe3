"""Counts the cases in the output of go test -v: gotest.py NAME VERSION MINIMUM INPUT OUTPUT.

A case is a test without subtests. Fewer than MINIMUM is a suite that did not run.
"""

import re
import sys

import suite


def main(name, version, minimum, source, output):
    with open(source, encoding="utf-8") as f:
        verdicts = dict(reversed(m) for m in re.findall(r"^ *--- (PASS|FAIL|SKIP): (\S+)", f.read(), re.M))
    parents = {test.rpartition("/")[0] for test in verdicts}
    report = suite.Report(name, version, {})
    for test, verdict in verdicts.items():
        if test not in parents:
            report.add(test, verdict == "PASS", "failed", ran=verdict != "SKIP")
    if report.passed < int(minimum):
        report.demand({str(report.passed)}, f"of at least {minimum} cases passed only")
    return report.finish(output)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
