"""How each server leaves its host, whether all fit, and what the plan says of it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guests import compute, room, server, workload
from stairlift.model.plan import Binding
from stairlift.model.workload import Aggregate, MigrationUnderWay, ServerGroup, ServerPort
from stairlift.plan.draining.findings import about_guests
from stairlift.plan.draining.places import kept_away, needs, places
from stairlift.plan.draining.waves import rehearse
from stairlift.plan.draining.ways import Surroundings, way
from stairlift.reconcile import reconcile
from stairlift.testing.clouds import a_cloud
from stairlift.testing.plans import a_plan, a_step

NOBODY = frozenset()


class TestWays:
    @pytest.mark.parametrize(
        ("state", "policy", "how"),
        [
            ("active", "live-migrate", "live"),
            ("paused", "live-migrate", "live"),
            ("stopped", "live-migrate", "cold"),
            ("active", "cold", "cold"),
            ("paused", "cold", "live"),
            ("active", "wait-empty", "wait"),
            ("suspended", "live-migrate", "none"),
            ("error", "cold", "none"),
            ("rescued", "live-migrate", "none"),
        ],
    )
    def test_by_state_and_policy(self, state, policy, how):
        assert way(server("a", vm_state=state), policy).how == how

    @pytest.mark.parametrize(
        ("given", "how"),
        [
            ({"tags": ("stairlift:drain=skip",)}, "skip"),
            ({"metadata": {"stairlift:drain": "stop"}}, "stop"),
            ({"metadata": {"stairlift:drain": "stop"}, "vm_state": "stopped"}, "skip"),
            ({"tags": ("stairlift:drain=cold",)}, "cold"),
            ({"tags": ("stairlift:drain=wait",)}, "wait"),
            ({"tags": ("stairlift:drain=skip",), "metadata": {"stairlift:drain": "cold"}}, "skip"),
            ({"tags": ("stairlift:drain=nonsense",)}, "live"),
            ({"locked": True}, "none"),
            ({"locked": True, "tags": ("stairlift:drain=skip",)}, "skip"),
            ({"locked": True, "tags": ("stairlift:drain=cold",)}, "none"),
        ],
    )
    def test_its_owner_is_heard_and_what_is_locked_is_left_alone(self, given, how):
        assert way(server("a", **given), "live-migrate").how == how

    @pytest.mark.parametrize(
        ("given", "how", "word"),
        [
            ({"specs": {"pci_passthrough:alias": "gpu:1"}}, "none", "PCI"),
            ({"specs": {"accel:device_profile": "fpga"}}, "none", "Cyborg"),
            ({"image": {"hw_mem_encryption": "True"}}, "none", "SEV"),
            ({"image": {"hw_mem_encryption": "false"}}, "live", ""),
            ({"specs": {"hw:tpm_version": "2.0"}}, "none", "TPM"),
            ({"specs": {"hw:tpm_version": "2.0", "hw:tpm_secret_security": "host"}}, "live", ""),
            ({"specs": {"hw:tpm_version": "2.0"}, "tags": ("stairlift:drain=cold",)}, "cold", ""),
            ({"specs": {"accel:device_profile": "x"}, "tags": ("stairlift:drain=cold",)}, "none", "Cyborg"),
        ],
    )
    def test_what_flavor_and_image_ask_for(self, given, how, word):
        found = way(server("a", **given), "live-migrate")
        assert found.how == how
        assert word in found.why

    @pytest.mark.parametrize(
        ("specs", "kind", "name"),
        [
            ({"hw:cpu_policy": "dedicated"}, "", "pinned"),
            ({"hw:mem_page_size": "large"}, "", "numa"),
            ({"resources:VGPU": "1"}, "", "vgpu"),
            ({}, "direct", "sriov"),
            ({}, "vdpa", "vdpa"),
        ],
    )
    def test_what_moves_with_care(self, specs, kind, name):
        ports = (ServerPort("p", "id-a", kind),) if kind else ()
        found = way(server("a", specs=specs), "live-migrate", Surroundings(ports))
        assert found.how == "live"
        assert name in [one.name for one in found.care]

    def test_a_machine_of_its_own_and_a_group_on_one_host_stay(self):
        group = ServerGroup("g", "affinity", ("id-a", "id-b"))
        assert "Ironic" in way(server("a"), "live-migrate", Surroundings(kind="ironic")).why
        assert "affinity" in way(server("a"), "live-migrate", Surroundings(group=group)).why
        alone = Surroundings(group=ServerGroup("g", "affinity", ("id-a",)))
        assert way(server("a"), "live-migrate", alone).moves


class TestPlaces:
    def test_what_a_flavor_needs(self):
        assert needs(server("a", vcpus=2, ram=512, disk=0)) == {"VCPU": 2, "MEMORY_MB": 512}
        specs = {"hw:cpu_policy": "dedicated", "resources:VGPU": "1", "resources:DISK_GB": "0"}
        assert needs(server("a", vcpus=2, ram=512, disk=5, specs=specs)) == {"PCPU": 2, "MEMORY_MB": 512, "VGPU": 1}

    @pytest.mark.parametrize(
        ("given", "word"),
        [
            ({"zone": "az2"}, "zone az2"),
            ({"zone": "az2", "pinned": None}, ""),
            ({"specs": {"trait:HW_GPU": "required"}}, "lacks the trait"),
            ({"specs": {"trait:FAST": "forbidden"}}, "has the trait"),
            ({"specs": {"trait:FAST": "required"}}, ""),
            ({"specs": {"aggregate_instance_extra_specs:disk": "ssd"}}, "no aggregate"),
            ({"specs": {"aggregate_instance_extra_specs:disk": "<or> hdd <or> ssd"}}, "no aggregate"),
            ({"specs": {"aggregate_instance_extra_specs:disk": "<or> nvme <or> ssd"}}, ""),
            ({"project": "p2"}, "other projects"),
            ({"vcpus": 9}, "VCPU"),
        ],
    )
    def test_rules_that_keep_a_server_away(self, given, word):
        marks = (Aggregate("fast", ("cmp2",), None, (("disk", "nvme"), ("filter_tenant_id", "p1"))),)
        there = workload(aggregates=marks, hosts=("cmp2",), sizes={"cmp2": {"traits": ("FAST",)}})
        if given.get("specs", {}).get("aggregate_instance_extra_specs:disk", "").count("hdd"):
            marks = (Aggregate("fast", ("cmp2",), None, (("disk", "nvme"),)),)
        found = kept_away(server("a", **given), places(there)["cmp2"])
        assert (word in found) if word else found == ""

    def test_a_disabled_host_takes_nothing(self):
        there = workload(hosts=(compute("cmp2", enabled=False), compute("cmp3", up=False)))
        assert all("takes no servers" in kept_away(server("a"), place) for place in places(there).values())

    def test_room_below_the_hypervisor_counts(self):
        gpu = room("gpu", vcpus=0, ram=0, disk=0, VGPU=2)
        child = type(gpu)("u-child", "cmp2_gpu", "u-cmp2", gpu.capacity, (("VGPU", 1),), ("GPU_TYPE",))
        there = workload(hosts=("cmp2",), providers=(room("cmp2"), child))
        place = places(there)["cmp2"]
        assert place.free["VGPU"] == 1
        assert "GPU_TYPE" in place.traits


class TestWaves:
    def test_servers_go_to_upgraded_hosts_and_move_once(self):
        servers = [server("a", "cmp1"), server("b", "cmp2"), server("c", "cmp3")]
        found = rehearse([["cmp1"], ["cmp2"], ["cmp3"]], workload(servers), "live-migrate", new=NOBODY)
        assert {m.target for m in found.waves[1].moves} == {"cmp1"}
        assert {m.target for m in found.waves[2].moves} <= {"cmp1", "cmp2"}
        assert [m.source for m in found.old] == ["cmp1"]

    def test_nobody_moves_twice_where_a_new_host_is_there(self):
        servers = [server(f"s{n}", f"cmp{n % 2 + 1}") for n in range(6)]
        found = rehearse([["cmp1"], ["cmp2"]], workload(servers), "live-migrate", new=frozenset({"cmp3"}))
        assert found.twice == ()
        assert found.old == ()

    def test_sums_are_not_enough(self):
        """Two hosts with 4 GiB free each take no server of 6 GiB."""
        servers = [server("big", "cmp1", ram=6144), server("x", "cmp2", ram=4096), server("y", "cmp3", ram=4096)]
        found = rehearse([["cmp1"]], workload(servers), "live-migrate", new=NOBODY)
        [left] = found.waves[0].left
        assert left.full
        assert "6144 MEMORY_MB" in left.why

    def test_hosts_that_are_out_together_do_not_take_each_others_servers(self):
        servers = [server("a", "cmp1", ram=6144), server("b", "cmp2", ram=6144)]
        alone = rehearse([["cmp1"], ["cmp2"]], workload(servers), "live-migrate", new=NOBODY)
        assert not any(wave.left for wave in alone.waves)
        together = rehearse([["cmp1", "cmp2"]], workload(servers), "live-migrate", new=NOBODY)
        assert len(together.waves[0].left) == 1

    def test_a_group_is_kept_apart(self):
        servers = [server("a", "cmp1"), server("b", "cmp2"), server("c", "cmp3")]
        group = ServerGroup("g", "anti-affinity", tuple(s.id for s in servers))
        found = rehearse([["cmp1"]], workload(servers, groups=(group,)), "live-migrate", new=NOBODY)
        [left] = found.waves[0].left
        assert not left.full
        assert "anti-affinity" in left.why
        wider = ServerGroup("g", "anti-affinity", group.members, most=2)
        found = rehearse([["cmp1"]], workload(servers, groups=(wider,)), "live-migrate", new=NOBODY)
        assert found.waves[0].moves

    def test_the_only_host_of_a_zone_is_no_lack_of_room(self):
        servers = [server("a", "cmp1", zone="az9")]
        there = workload(servers, hosts=(compute("cmp1", zone="az9"), compute("cmp2")))
        [left] = rehearse([["cmp1"]], there, "live-migrate", new=NOBODY).waves[0].left
        assert not left.full
        assert "zone az9" in left.why


SIZES = st.tuples(st.integers(1, 4), st.sampled_from([512, 1024, 2048, 4096]))


@st.composite
def clouds(draw):
    hosts = [f"cmp{n + 1}" for n in range(draw(st.integers(2, 5)))]
    servers = []
    for host in hosts:
        ram = vcpus = 0
        for vcpu, memory in draw(st.lists(SIZES, max_size=5)):
            if vcpus + vcpu <= 8 and ram + memory <= 8192:
                vcpus, ram = vcpus + vcpu, ram + memory
                servers.append(server(f"s{len(servers)}", host, vcpus=vcpu, ram=memory, disk=1))
    members = []
    for one in servers:  # a group as Nova would have made it: one member on a host
        if all(m.host != one.host for m in members) and draw(st.booleans()):
            members.append(one)
    groups = (ServerGroup("g", "anti-affinity", tuple(m.id for m in members)),) if members else ()
    order = draw(st.permutations(hosts))
    size = draw(st.integers(1, 2))
    return workload(servers, hosts=tuple(hosts), groups=groups), [
        order[n : n + size] for n in range(0, len(order), size)
    ]


@settings(deadline=None)
@given(clouds())
def test_whatever_the_cloud_nothing_is_overfilled_and_groups_are_kept(made):
    there, waves = made
    found = rehearse(waves, there, "live-migrate", new=NOBODY)
    where = {s.id: s.host for s in there.servers}
    by_id = {s.id: s for s in there.servers}
    apart = {member for group in there.groups for member in group.members}
    done: set[str] = set()
    moved_to_new: set[str] = set()
    for wave in found.waves:
        before = dict(where)
        for move in wave.moves:
            assert move.source in wave.hosts
            assert move.target not in wave.hosts
            assert move.source not in done, "nothing leaves a host that is new"
            assert move.server.id not in moved_to_new, "who is on a new host stays there"
            where[move.server.id] = move.target
            if move.target in done:
                moved_to_new.add(move.server.id)
        for host in (one.name for one in there.computes):
            # while they move, servers take their room on both sides
            mine = [s for s in by_id.values() if host in (where[s.id], before[s.id])]
            assert sum(s.vcpus for s in mine) <= 8
            assert sum(s.ram for s in mine) <= 8192
            assert sum(where[s.id] == host for s in mine if s.id in apart) <= 1
        left = {one.server.id for one in wave.left}
        assert {s for s, host in where.items() if host in wave.hosts} <= left
        done |= set(wave.hosts)


def _plan(*hosts: str, canary: int = 0, windows=1):
    steps = [
        a_step(f"drain@{host}", action="drain", hosts=(host,), slots=("plane:resource",), strategy="nova")
        for host in hosts
    ]
    binding = Binding("nova", "nova", {}, {}, "host")
    made = a_plan(*steps, windows={"plane:resource": windows}, bindings=(binding,))
    return type(made)(**{f: getattr(made, f) for f in made.__dataclass_fields__} | {"policy": {"canary": canary}})


def _cloud():
    return reconcile(a_cloud(compute=3).observations(), name="lab").cloud


def codes(findings):
    return {(f.code, f.severity, f.subject) for f in findings}


class TestFindings:
    def test_who_stays_is_named_with_project_and_reason(self):
        servers = [server("a", "cmp1"), server("tpm", "cmp1", project="acme", specs={"hw:tpm_version": "2.0"})]
        [found] = [
            f
            for f in about_guests(_plan("cmp1"), _cloud(), workload(servers), "live-migrate")
            if f.code == "drain.stays"
        ]
        assert (found.severity, found.subject) == ("warning", "id-tpm")
        assert "tpm (project acme) cannot leave cmp1" in found.message
        assert {**found.data, "why": ""} == {"server": "tpm", "project": "acme", "host": "cmp1", "why": ""}
        assert found.message.endswith(f": {found.data['why']}")
        assert found.document()["data"] == found.data
        assert "stairlift:drain=skip" in found.resolution

    def test_a_wave_that_does_not_fit_is_an_error_by_its_host(self):
        servers = [server("big", "cmp1", ram=6144), server("x", "cmp2", ram=4096), server("y", "cmp3", ram=4096)]
        found = about_guests(_plan("cmp1"), _cloud(), workload(servers), "live-migrate")
        assert ("drain.no_room", "error", "cmp1") in codes(found)

    def test_what_fits_says_little(self):
        found = about_guests(_plan("cmp1", "cmp2", "cmp3"), _cloud(), workload([server("a", "cmp1")]), "live-migrate")
        assert codes(found) == {("drain.old_hosts", "info", "cmp1")}
        assert "1 of them would move once more" in found[0].message

    def test_windows_make_waves(self):
        servers = [server("a", "cmp1", ram=6144), server("b", "cmp2", ram=6144)]
        one = about_guests(_plan("cmp1", "cmp2"), _cloud(), workload(servers), "live-migrate")
        two = about_guests(_plan("cmp1", "cmp2", windows=2), _cloud(), workload(servers), "live-migrate")
        assert "drain.no_room" not in {f.code for f in one}
        assert "drain.no_room" in {f.code for f in two}
        canary = about_guests(_plan("cmp1", "cmp2", windows=2, canary=1), _cloud(), workload(servers), "live-migrate")
        assert "drain.no_room" not in {f.code for f in canary}

    def test_what_was_said_of_servers_and_what_is_under_way(self):
        servers = [
            server("a", "cmp1", tags=("stairlift:drain=skip",)),
            server("b", "cmp1", tags=("stairlift:drain=stop",)),
            server("c", "cmp1", specs={"hw:cpu_policy": "dedicated"}),
        ]
        migrations = (MigrationUnderWay("1", "id-a", "cmp1", "cmp2", "running", "live-migration"),)
        there = workload(
            servers, migrations=migrations, sizes={"cmp2": {"PCPU": 4}}, unseen=("ports could not be asked for: 403",)
        )
        found = codes(about_guests(_plan("cmp1"), _cloud(), there, "live-migrate"))
        assert {
            ("drain.skip", "info", "skip"),
            ("drain.stop", "warning", "stop"),
            ("drain.care", "info", "pinned"),
            ("drain.under_way", "info", "os-migrations"),
            ("drain.unseen", "warning", "ports"),
        } <= found

    def test_hosts_with_servers_of_one_group_should_not_be_out_together(self):
        servers = [server("a", "cmp1"), server("b", "cmp2")]
        apart = ServerGroup("g", "anti-affinity", ("id-a", "id-b"))

        def told(plan, group=apart, hosts=("cmp1", "cmp2", "cmp3", "cmp4")):
            there = workload(servers, groups=(group,), hosts=hosts)
            return [f for f in about_guests(plan, _cloud(), there, "live-migrate") if f.code == "drain.together"]

        [found] = told(_plan("cmp1", "cmp2", windows=2))
        assert (found.severity, found.subject) == ("warning", "cmp1")
        assert "a on cmp1, b on cmp2" in found.message
        assert told(_plan("cmp1", "cmp2")) == []
        soft = ServerGroup("g", "soft-anti-affinity", apart.members)
        assert told(_plan("cmp1", "cmp2", windows=2), soft) == []

    def test_full_hosts_are_told(self):
        servers = [server("a", "cmp1", ram=4096), server("x", "cmp2", ram=7680), server("y", "cmp3", ram=4096)]
        found = about_guests(_plan("cmp1"), _cloud(), workload(servers), "live-migrate")
        assert "drain.tight" in {f.code for f in found}

    def test_without_placement_nobody_knows(self):
        found = about_guests(_plan("cmp1"), _cloud(), workload([server("a")], providers=()), "live-migrate")
        assert ("drain.room_unknown", "warning", "placement") in codes(found)
        assert "drain.no_room" not in {f.code for f in found}

    def test_a_plan_that_moves_nobody_says_nothing(self):
        assert about_guests(a_plan(a_step("cmp1")), _cloud(), workload([server("a")]), "live-migrate") == ()
