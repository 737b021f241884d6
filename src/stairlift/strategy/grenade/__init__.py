"""`use = "grenade"`: one DevStack node, upgraded by OpenStack's own upgrade test. Never for production."""

from stairlift.strategy.grenade.strategy import GrenadeUpgradeStrategy

__all__ = ["GrenadeUpgradeStrategy"]
