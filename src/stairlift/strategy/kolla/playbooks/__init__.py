"""Playbooks and programs that kolla-ansible runs for the `prepare` stage; nothing imports them."""
