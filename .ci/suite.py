"""What the suites of other people have in common: a verdict and a JSON file.

A failure is allowed by its exact name and with a reason, both data of the
suite's script. An allowance that nothing used fails too: it would hide the
next failure of that name.
"""

import dataclasses
import json
import sys


@dataclasses.dataclass
class Allowance:
    """A failure that is right. says is in its message, so that no other failure of the name is meant."""

    reason: str
    says: str = ""


class Report:
    def __init__(self, suite, version, allowed):
        self.suite, self.version, self.allowances = suite, version, allowed
        self.passed, self.skipped = 0, 0
        self.failed, self.allowed = {}, {}
        self.missing = []

    def add(self, name, ok, reason="", ran=True):
        """Counts one result. A check that fails twice counts once."""
        if not ran:
            self.skipped += 1
        elif ok:
            self.passed += 1
        elif name in self.allowances and self.allowances[name].says in reason:
            self.allowed[name] = self.allowances[name].reason
        else:
            self.failed[name] = reason

    def demand(self, missing, what):
        """Fails the run if anything is missing: a suite that did not run proves nothing."""
        if missing:
            self.missing.append(f"{what}: {', '.join(sorted(missing))}")

    def finish(self, output):
        unused = set(self.allowances) - set(self.allowed)
        self.demand(unused, "allowances that nothing used")
        if self.passed == 0:
            self.missing.append("no check passed")
        with open(output, "w", encoding="utf-8") as f:
            json.dump(
                {
                    "suite": self.suite,
                    "version": self.version,
                    "passed": self.passed,
                    "skipped": self.skipped,
                    "failed": self.failed,
                    "allowed": self.allowed,
                },
                f,
                indent=1,
                sort_keys=True,
            )
            f.write("\n")
        print(
            f"{self.suite} {self.version}: {self.passed} passed, {len(self.failed)} failed, "
            f"{len(self.allowed)} allowed, {self.skipped} skipped"
        )
        for name, reason in self.failed.items():
            print(f"FAIL {name}: {reason}")
        for line in self.missing:
            print(line)
        return 1 if self.failed or self.missing else 0


def counted(name, version, output, passed):
    """Writes the report of a suite that ends at its first failure and has come to its end."""
    report = Report(name, version, {})
    report.passed = int(passed)
    return report.finish(output)


if __name__ == "__main__":
    sys.exit(counted(*sys.argv[1:]))
