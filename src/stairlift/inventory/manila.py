"""Manila's registry of its services; a share host with several backends has a row for each (`host@backend`)."""

from stairlift.inventory.microversion import Pair
from stairlift.inventory.registry import Question, Registry
from stairlift.inventory.rows import service

#: From here on the list has a path without the extension's prefix (Manila REST API history, 2.7).
PLAIN_PATH = (2, 7)


def _ask(offered: Pair | None) -> Question:
    if offered and offered >= PLAIN_PATH:
        return Question("/services", "services", microversion="{}.{}".format(*PLAIN_PATH))
    return Question("/os-services", "services", microversion="{}.{}".format(*offered) if offered else None)


#: `GET /v2/services`; before 2.7 `GET /v2/os-services`.
MANILA = Registry(
    name="manila-services",
    service_type="shared-file-system",
    question=_ask(PLAIN_PATH),
    record=lambda row, _: service(row),
    ask=_ask,
)
