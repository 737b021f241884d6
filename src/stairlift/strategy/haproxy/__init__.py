"""`use = "haproxy"`: API backends are taken out of load balancers and given back, by HAProxy's runtime API."""

from stairlift.strategy.haproxy.strategy import HaproxyUpgradeStrategy

__all__ = ["HaproxyUpgradeStrategy"]
