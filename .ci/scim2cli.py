"""Follows a user and a group through scim2-cli, against $BASE: scim2cli.py CLI OUTPUT.

The client builds its commands from the server's own /Schemas and refuses
answers that do not follow them.
"""

import importlib.metadata
import json
import os
import subprocess
import sys

import suite


class Client:
    def __init__(self, cli, report):
        self.cli, self.report = cli, report
        headers = f"Authorization: Bearer {os.environ['TOKEN']}"
        self.env = os.environ | {"SCIM_CLI_URL": os.environ["BASE"], "SCIM_CLI_HEADERS": headers}

    def run(self, name, *args, found=lambda answer: True, refused=None):
        """Runs one command; found says whether its answer is right, refused the status of the error wanted."""
        done = subprocess.run([self.cli, *args], env=self.env, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
        said = (done.stdout + done.stderr).strip()
        try:
            answer = json.loads(done.stdout) if done.stdout.strip() else {}
            ok = answer["status"] == refused if refused else done.returncode == 0 and bool(found(answer))
        except (ValueError, KeyError, IndexError) as err:
            answer, ok, said = {}, False, f"{err!r}: {said}"
        self.report.add(name, ok, f"status {done.returncode}: {said}")
        return answer


def follow(c):
    emails = json.dumps([{"value": "babs@example.com", "type": "work", "primary": True}])
    user = c.run("create a user", "create", "user", "--user-name", "babs", "--display-name", "Babs", "--emails", emails,
        found=lambda a: a["userName"] == "babs" and a["active"] and a["emails"][0]["value"] == "babs@example.com")  # fmt: skip
    id = user.get("id", "none")
    c.run("create the same user", "create", "user", "--user-name", "babs", refused="409")
    c.run("query the user", "query", "user", id, found=lambda a: a["displayName"] == "Babs")
    c.run("query one attribute", "query", "user", id, "--attribute", "userName", found=lambda a: "displayName" not in a)
    c.run("filter", "query", "user", "--filter", 'userName eq "babs"', found=lambda a: [r["id"] for r in a["Resources"]] == [id])
    c.run("page", "query", "user", "--count", "2", "--start-index", "2", found=lambda a: a["itemsPerPage"] == 2 and a["startIndex"] == 2)
    c.run("search", "search", "user", "--filter", 'emails.value eq "babs@example.com"', found=lambda a: a["totalResults"] == 1)
    c.run("modify the user", "modify", "user", id, "replace", "title", "Boss", "remove", "displayName",
        found=lambda a: a["title"] == "Boss" and "displayName" not in a)  # fmt: skip
    c.run("replace the user", "replace", "user", "--id", id, "--user-name", "barbara", "--active", "true",
        found=lambda a: a["userName"] == "barbara" and a["id"] == id and "title" not in a)  # fmt: skip

    members = json.dumps([{"value": id}])
    group = c.run("create a group", "create", "group", "--display-name", "Tour Guides", "--members", members,
        found=lambda a: a["members"][0]["value"] == id)  # fmt: skip
    gid = group.get("id", "none")
    c.run("query the group", "query", "group", gid, found=lambda a: a["members"][0]["value"] == id)
    c.run("the user is in the group", "query", "user", id, found=lambda a: [g["value"] for g in a["groups"]] == [gid])
    c.run("take the user out", "modify", "group", gid, "remove", f'members[value eq "{id}"]', found=lambda a: not a.get("members"))
    c.run("replace the group", "replace", "group", "--id", gid, "--display-name", "Guides", found=lambda a: a["displayName"] == "Guides")
    read_only_resources(c)
    c.run("delete the group", "delete", "group", gid)
    c.run("the group is gone", "query", "group", gid, refused="404")
    c.run("delete the user", "delete", "user", id)
    c.run("the user is gone", "query", "user", id, refused="404")
    c.run("deleting again fails", "delete", "user", id, refused="404")


def read_only_resources(c):
    c.run("entitlements can be read", "query", "entitlement", "--count", "1", found=lambda a: len(a["Resources"]) == 1)
    c.run("roles can be read", "query", "role", "--count", "1", found=lambda a: len(a["Resources"]) == 1)


def main(cli, output):
    report = suite.Report("scim2-cli", importlib.metadata.version("scim2-cli"), {})
    follow(Client(cli, report))
    return report.finish(output)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
