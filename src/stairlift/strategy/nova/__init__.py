"""`use = "nova"`: hypervisors are taken out of Nova's choice, emptied and given back."""

from stairlift.strategy.nova.strategy import NovaUpgradeStrategy

__all__ = ["NovaUpgradeStrategy"]
