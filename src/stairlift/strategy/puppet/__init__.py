"""`use = "puppet"`: steps carried out by the operator's own Puppet code, by agent or apply, over SSH or here."""

from stairlift.strategy.puppet.strategy import PuppetUpgradeStrategy

__all__ = ["PuppetUpgradeStrategy"]
