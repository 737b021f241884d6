"""`use = "openstack-ansible"`: steps carried out by the openstack-ansible of the hop, through its own wrapper."""

from stairlift.strategy.openstack_ansible.strategy import OpenstackAnsibleUpgradeStrategy

__all__ = ["OpenstackAnsibleUpgradeStrategy"]
