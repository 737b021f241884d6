"""Gates that ask the cloud and not its hosts: API servers by themselves, counts, and what is not to be had."""

import asyncio
from collections.abc import Callable, Mapping, Sequence

from stairlift.drive.background import in_background
from stairlift.model.check import CheckResult
from stairlift.model.plan import Step
from stairlift.ports import Inquiry, Looked, UrlReader

_ANSWER_WITHIN = 15.0
#: Answers from here on are a server's own trouble; what is below them is an answer, be it that one has to log in.
_SERVER_ERROR = 500


class ApiGate:
    """Fills StepGate: each API server that was upgraded answers by itself.

    `backends` are addresses by (binary, host).
    """

    name = "api"

    def __init__(self, urls: UrlReader, backends: Mapping[tuple[str, str], str]) -> None:
        self._urls = urls
        self._backends = backends

    def concerns(self, step: Step) -> bool:
        """Servers whose address is known."""
        return any((service, host) in self._backends for service in step.services for host in step.hosts)

    async def look(self, inquiry: Inquiry) -> Looked:
        """See ports.StepGate."""
        known = [part for part in inquiry.parts if part in self._backends]
        told = await asyncio.gather(*(self._one(*part) for part in known))
        return Looked(missing=tuple(text for text in told if text))

    async def _one(self, service: str, host: str) -> str:
        url = self._backends[service, host]
        reply = await in_background(lambda: self._urls.get(url, timeout=_ANSWER_WITHIN), f"canary {service}")
        if reply.trouble is not None:
            return f"{service} on {host} does not answer at {url}: {reply.detail or reply.trouble}"
        if reply.returncode is None or reply.returncode >= _SERVER_ERROR:
            return f"{service} on {host} answers with {reply.returncode} at {url}"
        return ""


class CheckedGate:
    """Fills StepGate by checks that are compared with how it was before the run. `ask` blocks.

    `known` are the subjects of what each check found before: an upgrade need not mend what it did not break.
    """

    def __init__(
        self,
        name: str,
        ask: Callable[[], Sequence[CheckResult]],
        known: Mapping[str, Sequence[str]],
        concerns: Callable[[Step], bool],
    ) -> None:
        self.name = name
        self._ask = ask
        self._known = known
        self._concerns = concerns

    def concerns(self, step: Step) -> bool:
        """See ports.StepGate."""
        return self._concerns(step)

    async def look(self, inquiry: Inquiry) -> Looked:  # noqa: ARG002
        """See ports.StepGate."""
        results = await in_background(self._ask, f"gate {self.name}")
        grave = [f for one in results for f in one.judgement.findings if f.severity != "info"]
        new = [f.message for f in grave if f.subject not in self._known.get(f.code, ())]
        unknown = [f"{one.info.title}: {one.judgement.unknown}" for one in results if one.judgement.unknown]
        return Looked(missing=tuple(new), unknown=tuple(unknown))


class Lacking:
    """Fills StepGate for one that was asked for by name and cannot be asked: it says so behind every step."""

    def __init__(self, name: str, why: str) -> None:
        self.name = name
        self._why = why

    def concerns(self, step: Step) -> bool:  # noqa: ARG002
        """Every step that is waited for."""
        return True

    async def look(self, inquiry: Inquiry) -> Looked:  # noqa: ARG002
        """See ports.StepGate."""
        return Looked(unknown=(f"gate {self.name}: {self._why}",))
