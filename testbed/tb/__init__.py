"""A small, real OpenStack on one machine: seven hosts that are network namespaces with their own root and sshd."""
