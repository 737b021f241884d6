"""Checks that the cloud's own APIs answer."""
