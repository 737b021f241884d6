"""`use = "packages"`: clouds installed from distribution packages, upgraded by playbooks of Stairlift's own."""

from stairlift.strategy.packages.strategy import PackagesUpgradeStrategy

__all__ = ["PackagesUpgradeStrategy"]
