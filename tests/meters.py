"""What a meter writes, made by hand: sessions, seconds full of answers, failures."""

from stairlift.model.availability import Bucket, Failure, Session, Tally, Target, grade

NOVA = Target("nova.servers", "nova", "public", "http://cloud/compute")
GLANCE = Target("glance.images", "glance", "public", "http://cloud/image")
BACKEND = Target("nova@ctl1", "nova", "backend", "http://ctl1:8774")
TARGETS = (NOVA, GLANCE, BACKEND)


def session(at: float = 0.0, baseline: float = 5.0, targets=TARGETS) -> Session:
    return Session(at, targets, 20.0, baseline)


def answers(at: float, *targets: Target, took: float = 10.0, **others: int) -> Bucket:
    """A second in which each of these was right, after so many milliseconds, and `others` came back besides."""
    ok = Tally({grade(took): 2}, others)
    return Bucket(at, 1.0, {target.id: ok for target in targets or TARGETS})


def seconds(begin: int, end: int, *targets: Target, **given) -> list[Bucket]:
    return [answers(float(at), *targets, **given) for at in range(begin, end)]


def failure(at: float, target: Target = NOVA, took: float = 0.1, why: str = "HTTP 503") -> list:
    """A request that failed, as a line of its own and in the second that it came back in."""
    return [Failure(at, target.id, took, why), Bucket(at, 1.0, {target.id: Tally({}, {"failed": 1})})]
