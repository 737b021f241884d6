"""Microversions, as sources ask for them."""

from stairlift.openstack.microversion import Pair, at_most, highest, maximum, pair

__all__ = ["Pair", "at_most", "highest", "maximum", "pair"]
