"""Whether the APIs answer, each server of them by itself as well, and for how long their certificates hold."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from urllib.parse import urlsplit

from stairlift.check.api.finding import found
from stairlift.knowledge.checks import rule
from stairlift.model.check import ApiQuestion, CheckInfo, Judgement, Question, Reply, Scene, UrlQuestion
from stairlift.model.errors import Trouble
from stairlift.model.finding import Finding

#: What does not answer at all, or only with an error of its own. A refusal or a missing page is an answer.
_SILENT = frozenset({Trouble.TIMEOUT, Trouble.UNREACHABLE, Trouble.SERVER_ERROR})
#: HTTP's errors of the server.
_SERVER_ERROR = 500


class Endpoints:
    """Every API answers at its address, and every server of it at its own."""

    info: CheckInfo = rule("endpoint.silent").info

    def applies(self, scene: Scene) -> bool:
        """There is a catalog, or a load balancer whose servers are known."""
        return bool(scene.cloud.endpoints or scene.backends)

    def asks(self, scene: Scene) -> Mapping[str, Question]:
        """The root of each API with our token, and the root of each server without."""
        types = sorted({endpoint.service_type for endpoint in scene.cloud.endpoints})
        catalog: dict[str, Question] = {f"api {kind}": ApiQuestion(kind, "/") for kind in types}
        return catalog | {f"server {b}@{h}": UrlQuestion(url) for (b, h), url in sorted(scene.backends.items())}

    def judge(self, scene: Scene, replies: Mapping[str, Reply]) -> Judgement:
        """Any answer will do that is no error of the server: nothing more is known of what it should say."""
        servers = {key: reply for key, reply in replies.items() if key.startswith("server ")}
        asked = dict(replies) if _reachable(servers) else {k: r for k, r in replies.items() if k not in servers}
        told = tuple(_silent(scene, key, reply) for key, reply in asked.items() if _is_silent(reply))
        apart = len(servers) if len(asked) == len(replies) else f"none of the {len(servers)}"
        evidence = f"{len(replies) - len(servers)} APIs and {apart} servers asked, {len(told)} silent"
        unclear = [reply.detail for reply in asked.values() if _is_unclear(reply)]
        return Judgement(told, evidence, unclear[0] if unclear else "")


def _reachable(servers: Mapping[str, Reply]) -> bool:
    """Whether any of them answers: often nobody but the load balancer has a way to their network."""
    return any(reply.trouble is None for reply in servers.values())


def _is_unclear(reply: Reply) -> bool:
    """Whether nobody can tell if it answers: neither a status of HTTP nor silence. Not every root is JSON."""
    absent = reply.trouble in (None, Trouble.NOT_DEPLOYED)
    return not absent and reply.returncode is None and not _is_silent(reply)


def _is_silent(reply: Reply) -> bool:
    return reply.trouble in _SILENT or (reply.returncode or 0) >= _SERVER_ERROR


def _silent(scene: Scene, key: str, reply: Reply) -> Finding:
    kind, _, name = key.partition(" ")
    said = reply.detail or f"it answers {reply.returncode}"
    what = f"the API of {name}" if kind == "api" else f"{name} by its own address"
    return found(
        scene,
        "endpoint.silent",
        name,
        message=f"{what} does not answer: {said}",
        resolution="look at the service and its log there; what its neighbour has to carry alone must not be upgraded",
    )


class Certificates:
    """The certificates of the endpoints hold until after the upgrade."""

    info: CheckInfo = rule("tls.expiry").info

    def applies(self, scene: Scene) -> bool:
        """An address of the catalog is reached by TLS."""
        return bool(self.asks(scene))

    def asks(self, scene: Scene) -> Mapping[str, Question]:
        """Each address of the interface in use that has a certificate, once."""
        urls = {urlsplit(endpoint.url) for endpoint in scene.cloud.endpoints if endpoint.interface == scene.interface}
        places = sorted({f"https://{url.netloc.rpartition('@')[2]}/" for url in urls if url.scheme == "https"})
        return {place: UrlQuestion(place) for place in places}

    def judge(self, scene: Scene, replies: Mapping[str, Reply]) -> Judgement:
        """One that ends within the limit, or has ended."""
        days = rule(self.info.code).limit("days")
        ends = {place: reply.expires for place, reply in replies.items() if reply.expires}
        told = tuple(_ending(scene, place, at) for place, at in ends.items() if (at - scene.now).days < days)
        first = f"the first ends {min(ends.values()):%Y-%m-%d}" if ends else "none could be read"
        return Judgement(told, f"{len(ends)} certificates; {first}", "; ".join(_unread(replies)))


def _unread(replies: Mapping[str, Reply]) -> Iterator[str]:
    for place, reply in replies.items():
        if reply.expires is None:
            yield f"the certificate of {place} cannot be read: {reply.detail or 'it gave none'}"


def _ending(scene: Scene, place: str, at: datetime) -> Finding:
    verb = "ended" if at <= scene.now else "ends"
    return found(
        scene,
        "tls.expiry",
        place,
        message=f"the certificate of {place} {verb} on {at:%Y-%m-%d}",
        resolution=f"renew it before the upgrade: `openssl s_client -connect {urlsplit(place).netloc}` shows it",
    )
