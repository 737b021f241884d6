"""The shapes that the journal's tables have had."""

#: Every revision there ever was, in order; the last is the shape of `tables`. A test holds it against `migrations`.
REVISIONS = ("0001", "0002", "0003", "0004")
