#!/usr/bin/env python3
"""Prints an inventory in the manner of openstack-ansible's own script: services in containers on physical hosts."""

import json

NODES = {"infra1": "192.0.2.11", "infra2": "192.0.2.12", "compute1": "192.0.2.21"}
CONTAINERS = {
    "infra1-nova-api-container-0a1b2c3d": ("infra1", "192.0.2.111", ("nova_api_os_compute", "nova_conductor")),
    "infra2-nova-api-container-4e5f6071": ("infra2", "192.0.2.112", ("nova_api_os_compute", "nova_conductor")),
    "infra1-keystone-container-8293a4b5": ("infra1", "192.0.2.113", ("keystone",)),
    "infra2-neutron-server-container-c6d7e8f9": ("infra2", "192.0.2.114", ("neutron_server",)),
}
METAL = {"compute1": ("nova_compute", "neutron_openvswitch_agent")}


def hostvars():
    for node, address in NODES.items():
        yield node, {"ansible_host": address, "physical_host": node, "is_metal": True, "container_name": node}
    for container, (node, address, _) in CONTAINERS.items():
        yield (
            container,
            {
                "ansible_host": address,
                "physical_host": node,
                "container_tech": "lxc",
                "galera_root_password": "hunter2",
            },
        )


def groups():
    yield "os-infra_hosts", {"hosts": ["infra1", "infra2"]}
    yield "compute_hosts", {"hosts": ["compute1"]}
    yield "all_containers", {"hosts": sorted(CONTAINERS)}
    yield "nova_all", {"children": ["nova_api_os_compute", "nova_conductor", "nova_compute"]}
    components = {g for _, _, named in CONTAINERS.values() for g in named} | {
        g for named in METAL.values() for g in named
    }
    for group in sorted(components):
        inside = [name for name, (_, _, named) in CONTAINERS.items() if group in named]
        yield group, {"hosts": inside + [name for name, named in METAL.items() if group in named]}


print(json.dumps({"_meta": {"hostvars": dict(hostvars())}, **dict(groups())}))
