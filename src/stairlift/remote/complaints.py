"""What OpenSSH complains of, in our words: its own may repeat command lines and banners."""

from stairlift.model.errors import SourceTrouble, Trouble

#: A piece of ssh's message in lower case, and what it means. The first that is found counts.
_MEANINGS = (
    ("remote host identification has changed", Trouble.DENIED, "its host key is not the one in known_hosts"),
    ("host key verification failed", Trouble.DENIED, "its host key is not in known_hosts: connect once by hand"),
    ("no matching host key type", Trouble.DENIED, "it has no host key of a kind that ssh accepts"),
    ("unprotected private key file", Trouble.DENIED, "ssh refuses a private key that others may read"),
    ("too many authentication failures", Trouble.DENIED, "it closed the door after too many keys: name the right one"),
    ("permission denied", Trouble.DENIED, "it lets nobody in with this user and these keys"),
    ("could not resolve hostname", Trouble.UNREACHABLE, "its name cannot be resolved"),
    ("connection refused", Trouble.UNREACHABLE, "nothing listens on its SSH port"),
    ("no route to host", Trouble.UNREACHABLE, "there is no route to it"),
    ("network is unreachable", Trouble.UNREACHABLE, "its network cannot be reached"),
    ("timed out", Trouble.UNREACHABLE, "it does not answer"),
    ("no matching", Trouble.UNREACHABLE, "ssh and the host have no method in common"),
    ("connection closed", Trouble.UNREACHABLE, "it closed the connection"),
    ("connection reset", Trouble.UNREACHABLE, "it closed the connection"),
    ("broken pipe", Trouble.UNREACHABLE, "the connection broke"),
    ("bad configuration option", Trouble.UNREACHABLE, "ssh does not understand an option that it was given"),
)


def trouble_of(complaint: str) -> SourceTrouble:
    """The trouble behind what ssh wrote when it failed."""
    said = complaint.lower()
    for piece, trouble, brief in _MEANINGS:
        if piece in said:
            return SourceTrouble(trouble, brief)
    return SourceTrouble(Trouble.UNREACHABLE, "ssh cannot connect; try it by hand to see why")
