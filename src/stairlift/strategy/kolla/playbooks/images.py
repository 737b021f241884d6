"""Whether all hosts have the same images of a release: `images.py FOLDER TAG-GLOB [DIGESTS] HOST,HOST,...`.

FOLDER holds a file per host with lines "NAME:TAG DIGEST ID", as docker and podman list them. DIGESTS is a file with
lines "NAME:TAG DIGEST". An image that was built on the host has no digest; its ID counts instead. Exit status 1, with
a line on stderr for each image that differs, is missing everywhere, or is not the one that it is to be.
"""

import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

_NONE = ("", "<none>", "<missing>")


def main(arguments: Sequence[str]) -> int:
    """Compare, and say what is wrong."""
    folder, tag, digests, hosts = arguments
    found = {host: images(Path(folder, host).read_text(), tag) for host in hosts.split(",")}
    wanted = dict(_lines(Path(digests).read_text())) if digests else {}
    wrong = [*_without(found, tag), *_differing(found), *_not_wanted(found, wanted)]
    sys.stderr.writelines(f"{line}\n" for line in wrong)
    return 1 if wrong else 0


def images(listed: str, tag: str) -> Mapping[str, str]:
    """Digest, or ID, of the images whose tag the glob matches, by name without a registry."""
    found = {}
    for name, words in ((line.split()[0], line.split()[1:]) for line in listed.splitlines() if line.strip()):
        if fnmatchcase(name.rpartition(":")[2], tag):
            found[_short(name)] = next((word for word in words if word not in _NONE), "unknown")
    return found


def _lines(text: str) -> Iterator[tuple[str, str]]:
    for words in (line.split() for line in text.splitlines() if line.strip() and not line.startswith("#")):
        yield _short(words[0]), words[-1]


def _short(name: str) -> str:
    """A registry's address is where an image came from, not what it is."""
    return name.rpartition("/")[2]


def _without(found: Mapping[str, Mapping[str, str]], tag: str) -> Iterator[str]:
    yield from (f"{host} has no image with a tag like {tag}" for host, mine in found.items() if not mine)


def _differing(found: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    digests: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for host, mine in found.items():
        for name, digest in mine.items():
            digests[name][digest].append(host)
    for name, by_digest in sorted(digests.items()):
        if len(by_digest) > 1:
            told = "; ".join(f"{digest} on {', '.join(hosts)}" for digest, hosts in by_digest.items())
            yield f"{name} is not the same everywhere: {told}"


def _not_wanted(found: Mapping[str, Mapping[str, str]], wanted: Mapping[str, str]) -> Iterator[str]:
    for host, mine in found.items():
        for name, digest in mine.items():
            if name in wanted and wanted[name] != digest:
                yield f"{host}: {name} is {digest}, and is to be {wanted[name]}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
