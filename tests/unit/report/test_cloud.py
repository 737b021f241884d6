import pytest

from golden_text import assert_golden
from planning import seen
from stairlift.model.observation import ProcessRecord
from stairlift.report.cloud import (
    HOST_COLUMNS,
    INFRASTRUCTURE_COLUMNS,
    SERVICE_COLUMNS,
    WIDE_COLUMNS,
    cloud_document,
    host_rows,
    infrastructure_rows,
    release_line,
    service_rows,
    summary_line,
    wide_rows,
)
from stairlift.testing.clouds import CloudBuilder, a_cloud, an_ovn_cloud, the_founding_cloud


def page(built):
    cloud = seen(built).cloud
    rows = [SERVICE_COLUMNS, *service_rows(cloud)]
    rows += [INFRASTRUCTURE_COLUMNS, *infrastructure_rows(cloud)] if cloud.infrastructure else []
    rows += [HOST_COLUMNS, *host_rows(cloud)]
    return "\n".join([release_line(cloud), summary_line(cloud), *(" | ".join(row) for row in rows)]) + "\n"


@pytest.mark.parametrize(
    ("name", "built"),
    [
        ("plain", a_cloud()),
        ("founding", the_founding_cloud()),
        ("ovn", an_ovn_cloud()),
        ("empty", CloudBuilder()),
        ("infrastructure", a_cloud(compute=2).placed("ctl1", "mariadb", "rabbitmq").placed("lb1", "haproxy")),
    ],
)
def test_what_people_read(name, built):
    assert_golden(f"discover/{name}.txt", page(built))


def test_a_row_has_as_many_cells_as_there_are_columns():
    cloud = seen(a_cloud()).cloud
    assert {len(row) for row in service_rows(cloud)} == {len(SERVICE_COLUMNS)}
    assert {len(row) for row in host_rows(cloud)} == {len(HOST_COLUMNS)}
    assert {len(row) for row in wide_rows(cloud)} == {len(WIDE_COLUMNS)}


def test_a_wide_row_tells_the_version_and_what_told_it():
    built = a_cloud(control=1, network=0, compute=1).saying(
        "hosts:/etc/site/hosts.ini",
        ProcessRecord("nova-compute", "cmp1", "systemd", "nova-compute", "up", "31.0.0", "process", "33.0.0"),
        ProcessRecord("haproxy", "lb1", "systemd", "haproxy", "up", "2.6.12", "package"),
    )
    rows = {row[:2]: row[2:] for row in wide_rows(seen(built).cloud)}
    assert rows["cmp1", "nova-compute"] == ("up", "31.0.0", "process", "2025.1", "hosts:hosts.ini, nova-services")
    assert rows["ctl1", "nova-api"] == ("unknown", "", "api", "2025.1 or 2025.2", "ansible:hosts")
    assert rows["lb1", "haproxy"] == ("up", "2.6.12", "package", "", "hosts:hosts.ini")
    [row] = [s for s in cloud_document(seen(built).cloud, ())["services"] if s["binary"] == "nova-compute"]
    assert (row["version_from"], row["releases"], row["installed"]) == ("process", ["2025.1"], "33.0.0")


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
    assert set(document["release"]) == {"series", "candidates", "evidence", "proof"}
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


def test_what_a_cloud_stands_on_is_in_the_document_and_makes_no_host():
    cloud = seen(a_cloud().placed("ctl1", "mariadb").placed("lb1", "haproxy")).cloud
    document = cloud_document(cloud, ())
    assert [(s["binary"], s["host"], s["project"]) for s in document["infrastructure"]] == [
        ("haproxy", "lb1", "infra"),
        ("mariadb", "ctl1", "infra"),
    ]
    assert "lb1" not in {h["name"] for h in document["hosts"]}
    assert not {"mariadb", "haproxy"} & {s["binary"] for s in document["services"]}
    assert {len(row) for row in infrastructure_rows(cloud)} == {len(INFRASTRUCTURE_COLUMNS)}


def test_backends_are_instances_of_one_service():
    found = seen(a_cloud().storage("stor1", backends=("rbd", "lvm")))
    [volume] = [s for s in cloud_document(found.cloud, ())["services"] if s["binary"] == "cinder-volume"]
    assert volume["host"] == "stor1"
    assert {i["name"] for i in volume["instances"]} == {"stor1@rbd", "stor1@lvm"}
