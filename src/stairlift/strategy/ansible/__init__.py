"""`use = "ansible"`: steps carried out by playbooks of the operator's, through the operator's own Ansible."""

from stairlift.strategy.ansible.strategy import AnsibleUpgradeStrategy

__all__ = ["AnsibleUpgradeStrategy"]
