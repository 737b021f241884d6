import pytest

from golden_text import assert_golden
from planning import seen
from stairlift.report.cloud import (
    HOST_COLUMNS,
    SERVICE_COLUMNS,
    cloud_document,
    host_rows,
    release_line,
    service_rows,
    summary_line,
)
from stairlift.testing.clouds import CloudBuilder, a_cloud, an_ovn_cloud, the_founding_cloud


def page(built):
    cloud = seen(built).cloud
    rows = [SERVICE_COLUMNS, *service_rows(cloud), HOST_COLUMNS, *host_rows(cloud)]
    return "\n".join([release_line(cloud), summary_line(cloud), *(" | ".join(row) for row in rows)]) + "\n"


@pytest.mark.parametrize(
    ("name", "built"),
    [("plain", a_cloud()), ("founding", the_founding_cloud()), ("ovn", an_ovn_cloud()), ("empty", CloudBuilder())],
)
def test_what_people_read(name, built):
    assert_golden(f"discover/{name}.txt", page(built))


def test_a_row_has_as_many_cells_as_there_are_columns():
    cloud = seen(a_cloud()).cloud
    assert {len(row) for row in service_rows(cloud)} == {len(SERVICE_COLUMNS)}
    assert {len(row) for row in host_rows(cloud)} == {len(HOST_COLUMNS)}


def test_a_binary_is_one_row_with_its_states():
    built = a_cloud(compute=4).row("nova-compute", "cmp9", state="down")
    [row] = [row for row in service_rows(seen(built).cloud) if row[2] == "nova-compute"]
    assert row == ("resource", "nova", "nova-compute", "5: cmp1 .. cmp9", "4 up, 1 down")


def test_hosts_are_told_in_the_order_of_their_numbers():
    [row] = [r for r in service_rows(seen(a_cloud(compute=12)).cloud) if r[2] == "nova-compute"]
    assert row[3] == "12: cmp1 .. cmp12"


def test_the_document_has_what_the_contract_promises():
    found = seen(the_founding_cloud())
    document = cloud_document(found.cloud, found.findings)
    assert document["schema"] == "stairlift.cloud/1"
    assert set(document["release"]) == {"series", "candidates", "evidence"}
    assert document["release"]["series"] == "2016.1"
    assert len([s for s in document["services"] if s["sources"]]) == 13
    for service in document["services"]:
        assert {"binary", "project", "host", "plane", "status", "state", "updated_at", "sources"} <= set(service)
        assert service["state"] in {"up", "down", "unknown"}
    planes = {h["name"]: h["planes"] for h in document["hosts"]}
    assert planes["devstack-1.coreitpro.com"] == ["control", "resource"]
    assert planes["devstack-3.coreitpro.com"] == ["resource"]
    for finding in document["findings"]:
        assert set(finding) == {"code", "severity", "subject", "message", "resolution"}


def test_backends_are_instances_of_one_service():
    found = seen(a_cloud().storage("stor1", backends=("rbd", "lvm")))
    [volume] = [s for s in cloud_document(found.cloud, ())["services"] if s["binary"] == "cinder-volume"]
    assert volume["host"] == "stor1"
    assert {i["name"] for i in volume["instances"]} == {"stor1@rbd", "stor1@lvm"}
