"""The sandbox's documents of servers, room, networks and people beside those of the testbed: no field is invented.

What it keeps honest: stairlift.sandbox.guests, api/servers.py, api/migrations.py, api/placement.py, records/networks.py,
api/people.py. Only GETs are sent.
"""

from collections.abc import Callable, Iterator
from typing import Any

import openstack
import pytest

from stairlift.model.release import Release
from stairlift.sandbox.builders import COMPUTE, CONTROL, NETWORK, QUICK, hosts
from stairlift.sandbox.client import CLOUD_NAME
from stairlift.sandbox.scenario import Scenario
from stairlift.sandbox.server import Sandbox
from stairlift.sandbox.tenants import GroupSpec, RouterSpec

pytestmark = pytest.mark.real

Ask = Callable[[str, str, str | None], Any]

#: Service type, path, microversion, and the list whose rows are compared; "" for the document itself.
LISTS = (
    ("compute", "/servers/detail?all_tenants=1", "2.96", "servers"),
    ("compute", "/servers?all_tenants=1", "2.96", "servers"),
    ("compute", "/flavors/detail", "2.96", "flavors"),
    ("compute", "/os-migrations", "2.80", "migrations"),
    ("compute", "/os-server-groups?all_projects=true", "2.64", "server_groups"),
    ("compute", "/os-hypervisors?with_servers=true", "2.75", "hypervisors"),
    ("compute", "/os-aggregates", "2.41", "aggregates"),
    ("placement", "/resource_providers", "1.36", "resource_providers"),
    ("placement", "/allocation_candidates?resources=VCPU:1", "1.36", "allocation_requests"),
    ("network", "/v2.0/networks", None, "networks"),
    ("network", "/v2.0/subnets", None, "subnets"),
    ("network", "/v2.0/ports", None, "ports"),
    ("network", "/v2.0/routers", None, "routers"),
    ("image", "/v2/images", None, "images"),
    ("identity", "/users", None, "users"),
    ("identity", "/roles", None, "roles"),
    ("identity", "/projects", None, "projects"),
    ("identity", "/role_assignments?include_names=true", None, "role_assignments"),
)
#: Of a provider of the list, and the keys of the document.
OF_PROVIDER = ("inventories", "usages", "traits", "aggregates", "allocations")
MISSING = (
    ("compute", "/servers/none", "2.96"),
    ("compute", "/servers/none/migrations", "2.96"),
    ("compute", "/flavors/none", "2.96"),
    ("compute", "/servers?all_tenants=1&marker=none", "2.96"),
    ("placement", "/resource_providers/00000000-0000-0000-0000-000000000000", "1.36"),
    ("placement", "/allocation_candidates", "1.36"),
    ("placement", "/allocation_candidates?resources=VCPU:1", "1.9"),
    ("network", "/v2.0/ports/none", None),
    ("network", "/v2.0/agents/none", None),
    ("network", "/v2.0/routers/none/l3-agents", None),
    ("network", "/v2.0/agents/none/l3-routers", None),
    ("image", "/v2/images/none", None),
    ("identity", "/projects/none", None),
)


def asking(config: str, cloud: str) -> Ask:
    """GETs below the endpoints of a cloud, as keystoneauth finds them; the response as it is."""
    session = openstack.config.OpenStackConfig(config_files=[config]).get_one(cloud).get_session()

    def ask(service: str, path: str, version: str | None) -> Any:
        more = {"microversion": version} if version else {}
        spelt = {"identity": {"interface": "public"}}.get(service, {})
        filters = {"service_type": service, "interface": "public"} | spelt
        return session.get(path, endpoint_filter=filters, raise_exc=False, **more)

    return ask


@pytest.fixture(scope="module")
def fake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    """A sandbox of the testbed's kind."""
    every = hosts("ctl", 2, CONTROL + NETWORK) + hosts("cmp", 3, COMPUTE)
    scenario = Scenario(
        "shapes",
        Release(2025, 1),
        every,
        timing=QUICK,
        routers=(RouterSpec("r", ha=True),),
        server_groups=(GroupSpec("g"),),
    )
    folder = tmp_path_factory.mktemp("shapes")
    with Sandbox(scenario) as cloud:
        file = cloud.clouds_yaml(folder / "clouds.yaml", interface="public")
        yield asking(str(file), CLOUD_NAME)


@pytest.fixture(scope="module")
def real(bed: Any) -> Ask:
    return asking(bed.environ["OS_CLIENT_CONFIG_FILE"], bed.environ["OS_CLOUD"])


def rows(ask: Ask, service: str, path: str, version: str | None, name: str) -> list[dict[str, Any]]:
    answer = ask(service, path, version)
    assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text[:200]}"
    return answer.json()[name]


def keys(found: list[dict[str, Any]]) -> set[str]:
    return {key for row in found for key in row}


@pytest.mark.parametrize("asked", LISTS, ids=lambda asked: f"{asked[0]}{asked[1]}")
def test_no_field_of_a_list_is_invented(real: Ask, fake: Ask, asked: tuple[str, str, str | None, str]) -> None:
    ours, theirs = rows(fake, *asked), rows(real, *asked)
    if not theirs:
        pytest.skip("the testbed has none of these")
    assert keys(ours) <= keys(theirs) | {"fault"}


@pytest.mark.parametrize("part", OF_PROVIDER)
def test_the_parts_of_a_provider_have_the_same_form(real: Ask, fake: Ask, part: str) -> None:
    def document(ask: Ask) -> Any:
        uuid = rows(ask, "placement", "/resource_providers", "1.36", "resource_providers")[0]["uuid"]
        return ask("placement", f"/resource_providers/{uuid}/{part}", "1.36").json()

    ours, theirs = document(fake), document(real)
    assert ours.keys() == theirs.keys()
    if part == "inventories":
        assert ours[part].keys() == theirs[part].keys()
        assert ours[part]["VCPU"].keys() == theirs[part]["VCPU"].keys()
    if part == "usages":
        assert ours[part].keys() == theirs[part].keys()


@pytest.mark.parametrize(("service", "path", "version"), MISSING, ids=[f"{s}{p}" for s, p, _ in MISSING])
def test_what_is_not_there_has_the_same_status(
    real: Ask, fake: Ask, service: str, path: str, version: str | None
) -> None:
    assert fake(service, path, version).status_code == real(service, path, version).status_code


def test_the_state_of_a_server_is_spelt_the_same(real: Ask, fake: Ask) -> None:
    def states(ask: Ask) -> set[tuple[Any, ...]]:
        names = ("status", "OS-EXT-STS:vm_state", "OS-EXT-STS:task_state", "OS-EXT-STS:power_state")
        found = rows(ask, "compute", "/servers/detail?all_tenants=1&status=ACTIVE", "2.96", "servers")
        return {tuple(row[name] for name in names) for row in found}

    assert states(fake) <= states(real)


def test_a_hypervisors_provider_is_the_hypervisor(real: Ask, fake: Ask) -> None:
    for ask in (real, fake):
        providers = rows(ask, "placement", "/resource_providers", "1.36", "resource_providers")
        hypervisors = rows(ask, "compute", "/os-hypervisors", "2.53", "hypervisors")
        assert {(p["uuid"], p["name"]) for p in providers} == {(h["id"], h["hypervisor_hostname"]) for h in hypervisors}
