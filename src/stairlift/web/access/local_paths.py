"""Where a browser is sent after it has signed in: to a page of ours, whatever an address says."""

import re

#: One slash and no other: browsers read `//` and `/\` as another site, and pass over blanks that they do not show.
_LOCAL = re.compile(r"/(?![/\\])[!-~]{0,2000}")


def local(path: str) -> str:
    """The path where it is one of ours; the first page where it is not."""
    return path if _LOCAL.fullmatch(path) and not path.startswith(("/sign-in", "/sign-out")) else "/"
