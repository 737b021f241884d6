"""A simulated OpenStack over real HTTP, for the demo, for rehearsals and for tests.

Besides discovery (version documents, registries, hypervisors) these parts behave as the real ones do:

- Nova: os-services (disabled with a reason), servers (list and detail with filters and pages, POST, DELETE, tags),
  servers/ID/action (os-migrateLive, migrate, confirmResize, revertResize, os-stop, os-start, reboot, os-resetState),
  servers/ID/migrations, os-migrations, flavors, os-server-groups, os-aggregates, os-hypervisors?with_servers. A server
  whose nova-compute is started while it is built ends in ERROR; an ended migration is only in os-migrations.
- Placement: resource_providers with inventories, usages, traits, aggregates, allocations; allocation_candidates.
- Neutron: networks, subnets, routers, ports (with bindings; POST and DELETE), agents/ID/dhcp-networks and l3-routers
  (GET, POST, DELETE), networks/ID/dhcp-agents, routers/ID/l3-agents with ha_state.
- Keystone: tokens and their validation, users, roles, role_assignments, projects. Glance: images. Cinder: volumes,
  snapshots, backups. Heat: stacks. Octavia: loadbalancers, amphorae. Manila: shares. Ironic: nodes. Masakari: PUT of a
  host's on_maintenance.
- HAProxy: `Sandbox(scenario, haproxy=PATH)` or `python -m stairlift.sandbox SCENARIO --haproxy PATH` has a runtime
  socket (`show stat`, `show info`, `set server BE/SRV state ready|drain|maint`, `shutdown sessions server BE/SRV`). Who
  is not `ready` gets no requests from the public endpoints; each backend answers at its own address all the same. BE is
  the program with underscores (nova_api), SRV the host. With `Timing.notice` > 0 a backend that went costs requests.

What users have comes from the scenario: `servers`, `flavors`, `server_groups`, `aggregates`, `networks`, `routers`,
`rows` (see tenants.py and api/rows.py; the same words in a file), `room` and `traits` of a host, and how long things
take from `Timing` (boot, live_migration, cold_migration, power, port, notice).

Faults (`client.fault(KIND, ...)`, ended by `end_fault` or `clear_faults`): http, backend, crash, mute, host-dies,
bus-away, full-disk, database, migration, sessions; what each takes is in api/disasters.py.
"""
