"""What an upgrade of Neutron leaves behind or breaks: Linux bridge, and routers that are active twice or nowhere."""

from collections import Counter
from collections.abc import Mapping

from stairlift.check.answers import Row, rows
from stairlift.check.api.finding import bounded, each, found, named
from stairlift.knowledge.checks import rule
from stairlift.model.check import ApiQuestion, CheckInfo, Judgement, Question, Reply, Scene
from stairlift.model.finding import Finding

#: So many routers are asked about, one by one.
_ROUTERS = 500


def _has_neutron(scene: Scene) -> bool:
    return any(endpoint.service_type == "network" for endpoint in scene.cloud.endpoints)


class LinuxBridge:
    """No agent and no port of the Linux bridge driver, which 2025.1 no longer has (Neutron 26.0.0)."""

    info: CheckInfo = rule("linuxbridge.left").info

    def applies(self, scene: Scene) -> bool:
        """The way ends where the driver is gone."""
        return rule(self.info.code).concerns(scene.target) and _has_neutron(scene)

    def asks(self, scene: Scene) -> Mapping[str, Question]:
        """Its agents."""
        path = "/agents?agent_type=Linux+bridge+agent&fields=id&fields=host"
        return {"agents": ApiQuestion("network", path, collection="agents")}

    def asks_next(self, scene: Scene, replies: Mapping[str, Reply]) -> Mapping[str, Question]:
        """Where there are any, the ports as well: all of them, since Neutron cannot be asked by how one is plugged."""
        if not list(rows(replies["agents"])):
            return {}
        path = "/ports?fields=id&fields=binding:host_id&fields=binding:vif_type"
        return {"ports": ApiQuestion("network", path, collection="ports")}

    def judge(self, scene: Scene, replies: Mapping[str, Reply]) -> Judgement:
        """The agents by their hosts; the ports by their number on each."""
        agents = list(rows(replies["agents"]))
        ports = [row for row in rows(replies.get("ports", Reply(body=[]))) if row.get("binding:vif_type") == "bridge"]
        on = Counter(str(row.get("binding:host_id")) for row in ports)
        plugged = [_ports(scene, host, count) for host, count in sorted(on.items())]
        told = (*each(agents, lambda row: _agent(scene, row)), *bounded(plugged))
        return Judgement(told, f"{len(agents)} agents, {len(ports)} ports of theirs")


def _agent(scene: Scene, row: Row) -> Finding:
    return found(
        scene,
        "linuxbridge.left",
        str(row["host"]),
        message=f"the Linux bridge agent runs on {row['host']}, and the target has none",
        resolution="move to another mechanism driver while the cloud still runs an older release",
    )


def _ports(scene: Scene, host: str, count: int) -> Finding:
    return found(
        scene,
        "linuxbridge.left",
        f"{host}:ports",
        message=f"{count} port{'s' if count > 1 else ''} on {host} are plugged into a Linux bridge",
        resolution="migrate them to another mechanism driver before the upgrade",
    )


class ActiveRouters:
    """Each highly available router is active on exactly one of its L3 agents.

    Before the run it notes of which that is not so: an upgrade need not mend what it did not break.
    """

    info: CheckInfo = rule("routers.active").info

    def applies(self, scene: Scene) -> bool:
        """There are L3 agents; with OVN the chassis decide and no agent tells."""
        return _has_neutron(scene) and any(s.binary == "neutron-l3-agent" for s in scene.cloud.services)

    def asks(self, scene: Scene) -> Mapping[str, Question]:
        """All routers: Neutron cannot be asked for the highly available ones alone."""
        path = "/routers?fields=id&fields=name&fields=ha&fields=admin_state_up"
        return {"routers": ApiQuestion("network", path, collection="routers")}

    def asks_next(self, scene: Scene, replies: Mapping[str, Reply]) -> Mapping[str, Question]:
        """Of each the agents that have it, with the state that each sees itself in."""
        return {key: ApiQuestion("network", f"/routers/{key}/l3-agents", collection="agents", paged=False)
                for key in map(_id, _asked(replies))}  # fmt: skip

    def judge(self, scene: Scene, replies: Mapping[str, Reply]) -> Judgement:
        """One with two active agents answers twice for an address, one with none not at all.

        One that no agent was ever given is no matter of agents.
        """
        routers = _asked(replies)
        placed = {_id(row): list(rows(replies[_id(row)])) for row in routers}
        active = {key: _active(agents) for key, agents in placed.items() if agents}
        wrong = [row for row in routers if len(active.get(_id(row), [""])) != 1]
        before = scene.baseline.get(self.info.code, {}).get("wrong", ())
        told = each([row for row in wrong if _id(row) not in before], lambda row: _router(scene, row, active[_id(row)]))
        evidence = f"{len(routers)} of {len(_available(replies))} highly available routers asked about"
        return Judgement(told, evidence, facts={"wrong": sorted(map(_id, wrong))})


def _id(row: Row) -> str:
    return str(row["id"])


def _asked(replies: Mapping[str, Reply]) -> list[Row]:
    return _available(replies)[:_ROUTERS]


def _available(replies: Mapping[str, Reply]) -> list[Row]:
    """Those that are to be active; one that its owner has switched off is active nowhere."""
    return [row for row in rows(replies["routers"]) if row.get("ha") is True and row.get("admin_state_up") is not False]


def _active(agents: list[Row]) -> list[str]:
    return sorted(str(row.get("host")) for row in agents if row.get("ha_state") == "active")


def _router(scene: Scene, row: Row, hosts: list[str]) -> Finding:
    where = f"active on {' and on '.join(hosts)}" if hosts else "active nowhere"
    return found(
        scene,
        "routers.active",
        _id(row),
        message=f"the highly available router {named(row)} is {where}",
        resolution=f"`openstack network agent list --router {_id(row)} --long`; look at keepalived there",
    )
