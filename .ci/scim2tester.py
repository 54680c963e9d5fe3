"""Runs scim2-tester against $BASE and writes what it found to a JSON file.

scim2tester.py NAME OUTPUT: NAME chooses the row of ALLOWED. The package
reports and leaves the verdict to its caller, so this fails on every ERROR and
CRITICAL that is not allowed by its exact name, on allowances that nothing
used, and on a run in which the core checks did not take place.

Every version from 0.2.8 on writes each extension as one value, though nothing in
it be writable: it asks only whether the member of the resource is, and
scim2-models gives that member no mutability. So there are two runs. MARKED
tells the models what /Schemas says of such an extension, readOnly, and allows
nothing. The other is the package as it is, and allows those six by name.
"""

import importlib.metadata
import os
import sys

import httpx2
import suite
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_models import Mutability
from scim2_tester import Status, check_server

CORE = {
    "service_provider_config_endpoint",
    "query_all_resource_types",
    "query_all_schemas",
    "object_creation",
    "object_query",
    "object_query_without_id",
    "object_replacement",
    "object_deletion",
    "check_add_attribute",
    "check_remove_attribute",
    "check_replace_attribute",
}

AWS = "urn:iamscim:params:scim:schemas:extension:aws:2.0:"

# What a run may report, by the exact name and with the reason.
WHOLE_EXTENSION = {
    f"{check} {kind} {AWS}{kind}": suite.Allowance(
        "It writes the extension as one value and wants back only what it wrote. All attributes of this extension are "
        "readOnly, so it writes none, and wants the ARN to be gone; readOnly attributes are the server's (RFC 7643 §7).",
        says=says,
    )
    for kind in ("User", "Group")
    for check, says in (
        ("check_add_attribute", "PATCH modify() returned unexpected value for"),
        ("check_replace_attribute", "PATCH modify() returned unexpected value for"),
        ("check_remove_attribute", "PATCH modify() did not remove attribute"),
    )
}
FIRST_PAGE = {
    f"{check} {kind}": suite.Allowance(
        "It looks for the resource it made on the first page of an unfiltered list only. A page has 100 resources, "
        "and the newest is on the last one (RFC 7644 §3.4.2.4 lets a server page).",
        says="ould not find",
    )
    for check, kind in (
        ("object_query_without_id", "User"),
        ("object_list_with_attributes", "User"),
        ("search_with_attributes", "User"),
        ("search_with_attributes", "Group"),
    )
}
MARKED = "scim2-tester, readOnly extensions marked so"
ALLOWED = {
    MARKED: {},
    "scim2-tester": WHOLE_EXTENSION,
    "scim2-tester, 200 users": WHOLE_EXTENSION | FIRST_PAGE,
}


def name_of(result):
    """A result has no name of its own: check, resource type, and the attribute it was about."""
    parts = [result.title, result.resource_type]
    if isinstance(result.data, dict) and "urn" in result.data:
        parts.append(result.data["urn"])
    return " ".join(p for p in parts if p)


# Checks of both resource types that a full run has, so that one that lost its paths cannot pass.
CHECKS = 120


def mark(client):
    """Gives each extension whose attributes are all readOnly that mutability, and returns their names."""
    marked = set()
    client.discover()
    for resource_type in client.provider.resource_types:
        model = client.provider.model_for(resource_type.name)
        for extension in model.get_extension_models().values():
            attributes = [a for a in extension.model_fields if a != "schemas"]
            if all(extension.get_field_annotation(a, Mutability) == Mutability.read_only for a in attributes):
                model.model_fields[extension.__name__].metadata.append(Mutability.read_only)
                marked.add(str(extension.__schema__))
    return marked


def main(name, output):
    http = httpx2.Client(base_url=os.environ["BASE"], headers={"Authorization": "Bearer " + os.environ["TOKEN"]}, timeout=60)
    client = SyncSCIMClient(http)
    unmarked = {AWS + "User", AWS + "Group"} - mark(client) if name == MARKED else set()
    results = check_server(client, resource_types=["User", "Group"])
    succeeded = {r.title for r in results if r.status in (Status.SUCCESS, Status.COMPLIANT, Status.ACCEPTABLE)}
    report = suite.Report(name, importlib.metadata.version("scim2-tester"), ALLOWED[name])
    for r in results:
        report.add(name_of(r), r.status not in (Status.ERROR, Status.CRITICAL), r.reason, ran=r.status != Status.SKIPPED)
    report.demand(CORE - succeeded, "core checks did not succeed")
    report.demand(unmarked, "extensions that are not readOnly")
    if report.passed < CHECKS:
        report.demand({str(report.passed)}, f"of at least {CHECKS} checks passed only")
    return report.finish(output)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
