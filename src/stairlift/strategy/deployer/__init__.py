"""What the strategies for deployers (kolla-ansible, openstack-ansible) share: one deployer per hop, the operator's own.

`hops` reads the `[[hop]]` tables, `names` says what a host is called there, `record` freezes what a deployer is,
`review` finds what is wrong with it before the first step, `shell` turns command lines into a job and a runbook.
"""
