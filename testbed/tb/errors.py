"""The one error that people see."""


class TestbedError(Exception):
    """Something that stops a command; its text says what and, if known, what to do."""
