"""`use = "neutron"`: what the agents of a network node do is looked after elsewhere while they are upgraded."""

from stairlift.strategy.neutron.strategy import NeutronUpgradeStrategy

__all__ = ["NeutronUpgradeStrategy"]
