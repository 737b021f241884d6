"""Gates that look at the hosts of a step: the code that its processes run, and what they log."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial

from stairlift.check.gates.logs import Window, judge_logs, logs_script
from stairlift.check.gates.processes import judge_processes
from stairlift.drive.background import in_background
from stairlift.model.errors import SourceTrouble
from stairlift.model.observation import Fact
from stairlift.model.plan import Step
from stairlift.ports import Clock, Inquiry, Looked, Remote

_TIMEOUT = 60.0
#: Hosts of one step that are looked at side by side.
_AT_ONCE = 16
#: What one host tells: sentences of what is missing, and of what is unknown.
Told = tuple[list[str], list[str]]


class ProcessGate:
    """Fills StepGate: after its upgrade a process runs the code that it should. `look` blocks, and may raise."""

    name = "process"

    def __init__(self, look: Callable[[str], Sequence[Fact]], hosts: Collection[str]) -> None:
        self._look = look
        self._hosts = hosts

    def concerns(self, step: Step) -> bool:
        """Any host that lets us look, or nobody could tell."""
        return any(host in self._hosts for host in step.hosts)

    async def look(self, inquiry: Inquiry) -> Looked:
        """See ports.StepGate. A host that cannot be asked is unknown, and keeps nobody waiting."""
        return await _on_each(inquiry, self._hosts, partial(self._on, inquiry))

    def _on(self, inquiry: Inquiry, host: str, services: Sequence[str]) -> Told:
        return judge_processes(host, services, self._look(host), inquiry.release)


class LogGate:
    """Fills StepGate: after its upgrade a service logs no more errors than before, and none that mean a mixed cloud."""

    name = "logs"

    def __init__(self, remote: Remote, hosts: Collection[str], clock: Clock) -> None:
        self._remote = remote
        self._hosts = hosts
        self._clock = clock

    def concerns(self, step: Step) -> bool:
        """Any host that lets us look."""
        return any(host in self._hosts for host in step.hosts)

    async def look(self, inquiry: Inquiry) -> Looked:
        """See ports.StepGate. A host that cannot be asked is unknown, and keeps nobody waiting."""
        window = Window(inquiry.began, inquiry.since, self._clock.now())
        return await _on_each(inquiry, self._hosts, partial(self._on, window))

    def _on(self, window: Window, host: str, services: Sequence[str]) -> Told:
        ended = self._remote.run(host, logs_script(services, window), timeout=_TIMEOUT)
        return judge_logs(host, services, ended.out.decode(errors="replace"), window)


async def _on_each(inquiry: Inquiry, hosts: Collection[str], on: Callable[[str, Sequence[str]], Told]) -> Looked:
    """The same on all hosts of a step, side by side as far as there is room."""
    by_host: Mapping[str, list[str]] = defaultdict(list)
    for service, host in inquiry.parts:
        by_host[host].append(service)
    asked = [host for host in by_host if host in hosts]
    room = asyncio.Semaphore(_AT_ONCE)
    told = await asyncio.gather(*(_one(host, by_host[host], on, room) for host in asked))
    unseen = [f"{host}: there is no shell on it" for host in by_host if host not in hosts]
    return Looked(
        missing=tuple(text for missing, _ in told for text in missing),
        unknown=(*(text for _, unknown in told for text in unknown), *unseen),
    )


async def _one(
    host: str, services: Sequence[str], on: Callable[[str, Sequence[str]], Told], room: asyncio.Semaphore
) -> Told:
    async with room:
        try:
            return await in_background(lambda: on(host, services), f"gate on {host}")
        except SourceTrouble as trouble:
            return [], [f"{host}: {trouble.brief}"]
