"""The map of a cloud: hosts by zone and role, with release, health, and what a run did to them."""

from stairlift.model.run import StepState
from stairlift.report.hosts_map import Filters, Underway, blocks_of, choices_of, legend_of, spots_of

S = StepState


def a_host(name: str, role: str = "compute", zone: str | None = "az1"):
    return {"name": name, "roles": [role], "zone": zone}


def a_service(host: str, binary: str = "nova-compute", state: str = "up", **given):
    return {
        "host": host,
        "binary": binary,
        "state": state,
        "status": "enabled",
        "version": None,
        "releases": [],
    } | given


def a_cloud(*services, hosts=None):
    names = dict.fromkeys(s["host"] for s in services)
    return {"release": {"series": "2025.1"}, "hosts": hosts or [a_host(n) for n in names], "services": list(services)}


def a_run_of(course, stages=None):
    return Underway("2025.1", "2026.1", course, stages or {})


def the_spots(*services, course=None, **given):
    return {spot.name: spot for spot in spots_of(a_cloud(*services, **given), a_run_of(course) if course else None)}


def test_the_worst_of_its_services_is_the_health_of_a_host():
    found = the_spots(
        a_service("h1"),
        a_service("h1", "neutron-l3-agent", "down"),
        a_service("h2", status="disabled"),
        a_service("h3", state="unknown"),
        a_service("h4"),
    )
    assert {name: spot.health.word for name, spot in found.items()} == {
        "h1": "service down",
        "h2": "disabled",
        "h3": "not known",
        "h4": "up",
    }
    assert found["h1"].why == "neutron-l3-agent down"


def test_the_release_is_the_one_seen_on_the_host_else_the_cloud_s():
    found = the_spots(a_service("h1", version="33.0", releases=["2026.1"]), a_service("h2", releases=["2024.1"]))
    assert (found["h1"].release, found["h2"].release) == ("2026.1", "2025.1")


def test_a_run_tells_how_far_it_is_with_a_host_but_a_service_that_is_down_tells_more():
    course = {"h1": {S.DONE: 2, S.PENDING: 2}, "h2": {S.DONE: 4}}
    found = the_spots(a_service("h1"), a_service("h2", state="down"), course=course)
    assert (found["h1"].sign.word, found["h1"].settled, found["h1"].steps) == ("begun", 2, 4)
    assert found["h2"].sign.word == "service down"
    assert found["h2"].told == "h2: 2025.1, service down, done (4 of 4): nova-compute down"


def test_while_a_run_goes_on_what_it_has_nothing_for_looks_otherwise_than_what_it_has_done():
    found = the_spots(a_service("h1"), a_service("h2"), a_service("h3", state="down"), course={"h1": {S.DONE: 1}})
    assert [spot.sign.word for spot in found.values()] == ["done", "not in the run", "service down"]


def test_hosts_that_only_a_run_knows_are_there_with_the_role_of_their_stage():
    (spot,) = spots_of({}, a_run_of({"cmp9": {S.PENDING: 1}}, {"cmp9": "compute"}))
    assert (spot.name, spot.role, spot.release, spot.sign.word) == ("cmp9", "compute", "2025.1", "to come")


def test_where_nobody_looked_the_run_tells_what_a_host_may_run():
    course = {"a": {S.DONE: 2, S.PENDING: 0}, "b": {S.DONE: 1, S.PENDING: 1}, "c": {S.PENDING: 1, S.RUNNING: 0}}
    hosts = [a_host("b"), a_host("d")]
    found = {spot.name: spot.release for spot in spots_of({"hosts": hosts}, a_run_of(course))}
    assert found == {"a": "2026.1", "b": "2025.1 and 2026.1", "c": "2025.1", "d": "unknown"}


def test_they_stand_by_zone_and_role_with_numbers_in_their_natural_order():
    hosts = [a_host("cmp10", zone="az2"), a_host("cmp9", zone="az2"), a_host("ctl1", "control", "az2"), a_host("x")]
    blocks = blocks_of(spots_of(a_cloud(a_service("x"), hosts=hosts), None))
    assert [(b.zone, b.role, [s.name for s in b.spots]) for b in blocks] == [
        ("az1", "compute", ["x"]),
        ("az2", "control", ["ctl1"]),
        ("az2", "compute", ["cmp9", "cmp10"]),
    ]
    assert blocks[2].told == "2 not known"


def test_filters_take_part_names_and_whole_words():
    spots = tuple(the_spots(a_service("cmp1"), a_service("cmp2", state="down"), a_service("net1")).values())
    assert [s.name for s in Filters(host="CMP").of(spots)] == ["cmp1", "cmp2"]
    assert [s.name for s in Filters(state="service down").of(spots)] == ["cmp2"]
    assert Filters(zone="az9").of(spots) == ()
    assert choices_of(spots)["state"] == ("up", "service down")
    assert [(sign.word, number) for sign, number in legend_of(spots)] == [("up", 2), ("service down", 1)]
