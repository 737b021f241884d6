"""What a host answered, as something that can be looked up; and judging many hosts one by one."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from stairlift.check.answers import MALFORMED, Unanswered, nonsense
from stairlift.model.check import Judgement, Reply
from stairlift.model.finding import Finding

_SAID = 200
_NAMED = 4
#: How env, timeout, runuser, docker and podman leave where they could not run what they were given (POSIX, docker run).
NOT_RUN = frozenset({125, 126, 127})
#: In front of what a program says where it warns about itself.
_LOG = re.compile(r"^\d{4}-\d\d-\d\d |Warning:|^\s*$|^@")

#: A name and a password in an address, such as that of a database.
_USERINFO = re.compile(r"(?<=://)[^\s/@]+@")


@dataclass(frozen=True, slots=True)
class Survey:
    """The sections of a script's output, by name; the lines of each without the empty ones."""

    sections: Mapping[str, tuple[str, ...]]
    reply: Reply

    def lines(self, section: str) -> tuple[str, ...]:
        """The lines of a section, none where the host has nothing to say there."""
        return self.sections.get(section, ())

    def first(self, section: str) -> str:
        """The first line of a section, "" without one."""
        return next(iter(self.lines(section)), "")

    def rows(self, section: str) -> tuple[tuple[str, ...], ...]:
        """The lines of a section as fields between tabs."""
        return tuple(tuple(line.split("\t")) for line in self.lines(section))

    def pairs(self, section: str) -> Mapping[str, str]:
        """The lines of a section as KEY=VALUE."""
        return {key: value for key, _, value in (line.partition("=") for line in self.lines(section))}


@dataclass(frozen=True, slots=True)
class Ran:
    """How a project's program ended on a host, and what it said. `how` is the command line that ran it there."""

    how: str
    code: int
    said: str

    @property
    def brief(self) -> str:
        """The last thing that it said, for people, without passwords of addresses."""
        lines = [line.strip() for line in self.said.splitlines() if not _LOG.search(line)]
        return _USERINFO.sub("***@", lines[-1])[:_SAID] if lines else f"exit code {self.code}"


def survey_of(reply: Reply) -> Survey:
    """The sections of an answer. Raises Unanswered for a host that gave none, or only half of them."""
    demand_answer(reply)
    found: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in reply.out.splitlines():
        if line.startswith("@"):
            lines = found.setdefault(line[1:].partition(" ")[0], [])
        elif line.strip():
            lines.append(line)
    if "none" in found:
        raise Unanswered(next(line[6:] for line in reply.out.splitlines() if line.startswith("@none ")))
    if "end" not in found:
        raise Unanswered(f"its answer is cut off (exit code {reply.returncode}){_complaint(reply)}")
    return Survey({name: tuple(told) for name, told in found.items()}, reply)


def ran_of(reply: Reply) -> Ran:
    """How a program ended. Raises Unanswered where it was not run, with the reason."""
    demand_answer(reply)
    lines = reply.out.splitlines()
    none = next((line[6:] for line in lines if line.startswith("@none ")), "")
    begun = next((n for n, line in enumerate(lines) if line.startswith("@ran ")), None)
    ended = next((n for n, line in enumerate(lines) if line.startswith("@ended ")), None)
    late = next((line[6:] for line in lines if line.startswith("@late ")), "")
    if begun is None:
        raise Unanswered(none or f"nothing was run (exit code {reply.returncode}){_complaint(reply)}")
    if late:
        raise Unanswered(f"its program had not ended after {late} seconds: `within` of [checks] gives it longer")
    if ended is None:
        raise Unanswered("its program was cut off")
    return Ran(lines[begun][5:], int(lines[ended][7:]), "\n".join(lines[begun + 1 : ended]).strip())


def demand_answer(reply: Reply) -> None:
    """Raise Unanswered for a host that could not be asked."""
    if reply.trouble is not None:
        raise Unanswered(reply.detail or str(reply.trouble))


def _complaint(reply: Reply) -> str:
    if "sudo" in reply.err or "doas" in reply.err:
        return ": sudo does not let this user run sh without a password"
    return ""


def one_by_one(replies: Mapping[str, Reply], look: Callable[[str, Reply], Iterable[Finding | str]]) -> Judgement:
    """Judge every answer by itself: findings, texts as evidence, and what was not seen of whom."""
    findings: list[Finding] = []
    evidence: list[str] = []
    remedies: list[str] = []
    unseen: dict[str, list[str]] = {}
    for subject in sorted(replies):
        try:
            for told in look(subject, replies[subject]):
                if isinstance(told, Finding):
                    findings.append(told)
                else:
                    evidence.append(f"{subject}: {told}")
        except Unanswered as why:
            unseen.setdefault(str(why), []).append(subject)
            remedies += [why.remedy] if why.remedy else []
        except MALFORMED as error:
            unseen.setdefault(nonsense(error), []).append(subject)
    unknown = (f"{few(subjects)}: {why}" for why, subjects in unseen.items())
    return Judgement(tuple(findings), few(evidence, "; "), "; ".join(unknown), remedy=next(iter(remedies), ""))


def few(texts: Iterable[str], between: str = ", ") -> str:
    """The first few, and how many more there are."""
    given = list(texts)
    left = len(given) - _NAMED
    return between.join(given[:_NAMED]) + (f"{between}and {left} more" if left > 0 else "")
