"""`use = "kolla-ansible"`: steps carried out by the operator's own kolla-ansible, the one of the hop."""

from stairlift.strategy.kolla.strategy import KollaAnsibleUpgradeStrategy

__all__ = ["KollaAnsibleUpgradeStrategy"]
