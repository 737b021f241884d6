"""Stairlift carries an OpenStack cloud up to the next release while its users keep working."""

__version__ = "0.1.0"
