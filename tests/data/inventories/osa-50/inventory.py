#!/usr/bin/env python3
"""Prints an inventory in the manner of openstack-ansible's own script: 3 infra hosts with a container for each service,
2 network nodes and 45 hypervisors on metal, which names its groups as it did before 2026.1, some with '-'."""

import json

INFRA = [f"infra{n}" for n in range(1, 4)]
NETWORK = [f"net{n}" for n in range(1, 3)]
COMPUTE = [f"compute{n:02}" for n in range(1, 46)]
#: Container type: the components in it.
CONTAINERS = {
    "galera": ["galera"],
    "rabbit-mq": ["rabbitmq"],
    "memcached": ["memcached"],
    "repo": ["pkg_repo"],
    "utility": ["utility"],
    "keystone": ["keystone"],
    "glance": ["glance_api"],
    "placement": ["placement_api"],
    "cinder-api": ["cinder_api", "cinder_scheduler"],
    "cinder-volumes": ["cinder_volume", "cinder_backup"],
    "nova-api": ["nova_api_os_compute", "nova_api_metadata", "nova_conductor", "nova_scheduler", "nova_console"],
    "neutron-server": ["neutron_server"],
    "heat-api": ["heat_api", "heat_api_cfn", "heat_engine"],
    "horizon": ["horizon"],
}
METAL = {
    "haproxy": INFRA,
    "neutron_openvswitch_agent": [*NETWORK, *COMPUTE],
    "neutron_l3_agent": NETWORK,
    "neutron_dhcp_agent": NETWORK,
    "neutron_metadata_agent": NETWORK,
    "nova_compute": COMPUTE,
}
ALL = {
    "keystone_all": ["keystone"],
    "glance_all": ["glance_api"],
    "placement_all": ["placement_api"],
    "cinder_all": ["cinder_api", "cinder_scheduler", "cinder_volume", "cinder_backup"],
    "nova_all": [*CONTAINERS["nova-api"], "nova_compute"],
    "neutron_all": ["neutron_server", *(group for group in METAL if group.startswith("neutron"))],
    "heat_all": CONTAINERS["heat-api"],
    "horizon_all": ["horizon"],
    "galera_all": ["galera"],
    "rabbitmq_all": ["rabbitmq"],
    "memcached_all": ["memcached"],
    "repo_all": ["pkg_repo"],
    "utility_all": ["utility"],
    "haproxy_all": ["haproxy"],
}
PHYSICAL = {
    "os-infra_hosts": INFRA,
    "shared-infra_hosts": INFRA,
    "haproxy_hosts": INFRA,
    "storage_hosts": INFRA,
    "network_hosts": NETWORK,
    "compute_hosts": COMPUTE,
}


def container(node, kind):
    """Its name ends in digits that are the same in every cloud, unlike real ones."""
    return f"{node}-{kind}-container-{sum(map(ord, node + kind)) * 7919 % 16**8:08x}"


def hostvars():
    """Two networks of the range that documentation may use: one of nodes, one of containers."""
    for n, node in enumerate([*INFRA, *NETWORK, *COMPUTE], 11):
        yield node, {"ansible_host": f"192.0.2.{n}", "physical_host": node, "is_metal": True}
    inside = [(node, kind) for node in INFRA for kind in CONTAINERS]
    for n, (node, kind) in enumerate(inside, 11):
        address = f"198.51.100.{n}"
        yield container(node, kind), {"ansible_host": address, "physical_host": node, "container_tech": "lxc"}


def groups():
    for kind, components in CONTAINERS.items():
        names = [container(node, kind) for node in INFRA]
        yield f"{kind.replace('-', '_')}_container", {"hosts": names}
        for component in components:
            yield component, {"hosts": names}
    for component, hosts in METAL.items():
        yield component, {"hosts": hosts}
    for name, children in ALL.items():
        yield name, {"children": children}
    for name, hosts in PHYSICAL.items():
        yield name, {"hosts": hosts}
    yield "all_containers", {"hosts": [container(node, kind) for node in INFRA for kind in CONTAINERS]}


print(json.dumps({"_meta": {"hostvars": dict(hostvars())}, **dict(groups())}))
