"""Builders of what a cloud carries: servers with flavors, hypervisors with room."""

from dataclasses import replace

from stairlift.model.workload import ComputeHost, Provider, Server, Workload


def server(
    name: str, host: str | None = "cmp1", *, vcpus: int = 1, ram: int = 1024, disk: int = 10, **changes
) -> Server:
    given = {"project": "p1", "status": "ACTIVE", "vm_state": "active", "task_state": None, "flavor": "m1"} | changes
    given = {key: tuple(sorted(value.items())) if isinstance(value, dict) else value for key, value in given.items()}
    made = Server(id=f"id-{name}", name=name, host=host, vcpus=vcpus, ram=ram, disk=disk, **given)
    return replace(made, zone="nova") if made.zone is None else made


def compute(name: str, *, zone: str = "nova", enabled: bool = True, up: bool = True, kind: str = "qemu") -> ComputeHost:
    return ComputeHost(name, f"{name}.example.com", zone, enabled, up, kind)


def room(
    name: str, servers=(), *, vcpus: int = 8, ram: int = 8192, disk: int = 100, traits=(), **more: int
) -> Provider:
    """A provider with the room of a host, of which these servers take their part."""
    mine = [s for s in servers if s.host == name]
    used = {
        "VCPU": sum(s.vcpus for s in mine),
        "MEMORY_MB": sum(s.ram for s in mine),
        "DISK_GB": sum(s.disk for s in mine),
    }
    capacity = {"VCPU": vcpus, "MEMORY_MB": ram, "DISK_GB": disk} | more
    return Provider(
        f"u-{name}",
        f"{name}.example.com",
        f"u-{name}",
        tuple(sorted(capacity.items())),
        tuple(sorted(used.items())),
        tuple(traits),
    )


def workload(servers=(), hosts=("cmp1", "cmp2", "cmp3"), **given) -> Workload:
    """Hosts of the same size with these servers; `sizes` are of single hosts."""
    sizes = given.pop("sizes", {})
    computes = tuple(one if isinstance(one, ComputeHost) else compute(one) for one in hosts)
    given.setdefault("providers", tuple(room(one.name, servers, **sizes.get(one.name, {})) for one in computes))
    return Workload(servers=tuple(servers), computes=computes, **given)
